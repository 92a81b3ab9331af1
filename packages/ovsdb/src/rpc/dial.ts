/** Opens the byte stream to a daemon: a unix socket, TCP or TLS, within a deadline and until the caller gives up. */
import net from "node:net";
import tls from "node:tls";
import { OvsdbError, reasonOf } from "../errors.ts";
import { CONNECT_TIMEOUT_MS } from "../limits.ts";
import { parseAddress } from "./address.ts";
import type { OvsdbAddress } from "./address.ts";

/** Key and certificates for `ssl:` addresses, as PEM text or bytes. */
export interface OvsdbTlsOptions {
  readonly ca?: string | Uint8Array;
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  /**
   * Certificates made by ovs-pki carry no host name, and Open vSwitch's own programs check the chain only. The default
   * here is to check the name as well; false accepts any certificate that the CA signed.
   */
  readonly checkHostName?: boolean;
}

export interface DialOptions {
  readonly signal?: AbortSignal;
  readonly connectTimeoutMs?: number;
  readonly tls?: OvsdbTlsOptions;
}

export async function dial(address: string, options: DialOptions = {}): Promise<net.Socket> {
  const parsed = parseAddress(address);
  const { signal } = options;
  if (signal?.aborted === true) throw aborted(address);
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const socket = open(parsed, address, options.tls ?? {});
  return new Promise((resolve, reject) => {
    const readyEvent = parsed.kind === "ssl" ? "secureConnect" : "connect";
    const timer = setTimeout(() => {
      giveUp(
        new OvsdbError("ovsdb.timeout", `No connection to ${address} within ${timeoutMs} ms.`, {
          details: { address },
        }),
      );
    }, timeoutMs);
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      socket.off("close", onClose);
      socket.off(readyEvent, onReady);
    };
    const giveUp = (error: OvsdbError): void => {
      settle();
      // A late error of a socket nobody listens to would end the process.
      socket.on("error", () => {});
      socket.destroy();
      reject(error);
    };
    const onError = (error: Error): void => giveUp(refused(address, error));
    const onClose = (): void => giveUp(refused(address, new Error("the connection was closed while it was opened")));
    const onAbort = (): void => giveUp(aborted(address));
    const onReady = (): void => {
      settle();
      resolve(socket);
    };
    socket.once("error", onError);
    socket.once("close", onClose);
    socket.once(readyEvent, onReady);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function open(parsed: OvsdbAddress, address: string, options: OvsdbTlsOptions): net.Socket {
  switch (parsed.kind) {
    case "unix":
      return net.connect({ path: parsed.path });
    case "tcp":
      return net.connect({ host: parsed.host, port: parsed.port, noDelay: true });
    case "ssl":
      return openTls(parsed.host, parsed.port, address, options);
    default:
      return parsed satisfies never;
  }
}

function openTls(host: string, port: number, address: string, options: OvsdbTlsOptions): tls.TLSSocket {
  const { ca, cert, key, checkHostName } = options;
  try {
    return tls.connect({
      host,
      port,
      ...(net.isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca: Buffer.from(ca) }),
      ...(cert === undefined ? {} : { cert: Buffer.from(cert) }),
      ...(key === undefined ? {} : { key: Buffer.from(key) }),
      ...(checkHostName === false ? { checkServerIdentity: () => undefined } : {}),
    });
  } catch (error) {
    throw new OvsdbError("ovsdb.transport", `TLS to ${address} cannot be set up: ${reasonOf(error)}.`, {
      hint: "Check that key, certificate and CA are PEM and belong together.",
      details: { address },
      cause: error,
    });
  }
}

function refused(address: string, error: Error): OvsdbError {
  return new OvsdbError("ovsdb.transport", `No connection to ${address}: ${reasonOf(error)}.`, {
    details: { address },
    cause: error,
  });
}

function aborted(address: string): OvsdbError {
  return new OvsdbError("ovsdb.aborted", `The connection to ${address} was given up by the caller.`, {
    details: { address },
  });
}
