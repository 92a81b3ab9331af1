/** Opens the service to others. Tokens and passwords do not travel in the clear, so plain HTTP stays on this machine. */
import { lookup } from "node:dns/promises";
import { Server as TlsServer } from "node:https";
import { BlockList, isIP } from "node:net";
import type { FastifyInstance } from "fastify";
import { TrunklineError, messageOf } from "@trunkline/model";

export interface ListenWish {
  readonly host: string;
  /** 0: the system chooses one. */
  readonly port: number;
}

/** @returns the URL it is reached at. @throws listen.refused. */
export async function listen(app: FastifyInstance, { host, port }: ListenWish): Promise<string> {
  const isSecure = app.server instanceof TlsServer;
  if (!isSecure && !(await isLoopback(host)))
    throw new TrunklineError("listen.refused", `without TLS the service listens on loopback only, not at ${host}`, {
      hint: "Give a certificate and its key in the configuration (listen.tls), or listen at 127.0.0.1.",
    });
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    throw refused(host, port, cause);
  }
}

/** A name counts only when every address that it stands for does. */
async function isLoopback(host: string): Promise<boolean> {
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8, "ipv4");
  loopback.addAddress("::1", "ipv6");
  const addresses = isIP(host) === 0 ? await addressesOf(host) : [host];
  return (
    addresses.length > 0 && addresses.every((address) => loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4"))
  );
}

async function addressesOf(name: string): Promise<readonly string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch (cause) {
    throw new TrunklineError("listen.refused", `${name} is no address of this machine: ${messageOf(cause)}`, { cause });
  }
}

function refused(host: string, port: number, cause: unknown): TrunklineError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const message = (() => {
    switch (code) {
      case "EADDRINUSE":
        return `port ${port} of ${host} is taken by another process`;
      case "EACCES":
        return `this process may not listen at port ${port} of ${host}`;
      case "EADDRNOTAVAIL":
        return `${host} is no address of this machine`;
      default:
        return `the service cannot listen at port ${port} of ${host}: ${messageOf(cause)}`;
    }
  })();
  return new TrunklineError("listen.refused", message, { cause });
}
