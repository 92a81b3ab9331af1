/**
 * TLS from the first byte on. When the handshake is done the daemon judges the client's certificate by its own rules
 * (tls_allowed_dn_list) and sends one byte 0x01 for "accepted"; only then may the client speak. A rejected client is
 * simply cut off (libvirt, src/rpc/virnettlscontext.c and virnetserverclient.c).
 */
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { LibvirtError, reasonOf } from "../errors.ts";
import { openSocket, untilEvent } from "./socket.ts";
import type { LibvirtUri } from "./uri.ts";

/** PEM texts to use in place of the files. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly crl?: string;
  /** Name that the daemon's certificate must carry, when it is not the host of the URI. */
  readonly serverName?: string;
}

const TLS_PORT = 16514;
const ACCEPTED = 1;

export async function dialTls(uri: LibvirtUri, options: TlsOptions, signal: AbortSignal): Promise<Duplex> {
  const peer = `${uri.host}:${uri.port ?? TLS_PORT}`;
  const credentials = await readCredentials(uri, options);
  const plain = await openSocket({ host: uri.host, port: uri.port ?? TLS_PORT }, peer, signal);
  const name = options.serverName ?? uri.host;
  const settings: ConnectionOptions = {
    ...credentials,
    socket: plain,
    host: name,
    minVersion: "TLSv1.2",
    rejectUnauthorized: uri.isVerified,
    // Server name indication carries names, never addresses (RFC 6066 section 3).
    ...(isIP(name) === 0 ? { servername: name } : {}),
  };
  const socket = openTls(settings, peer);
  await untilEvent(socket, "secureConnect", signal, (error) => failed(peer, "the handshake failed", error));
  await awaitVerdict(socket, peer, signal);
  return socket;
}

/** Broken PEM texts make `connect` throw at once. */
function openTls(settings: ConnectionOptions, peer: string): TLSSocket {
  try {
    return connect(settings);
  } catch (error) {
    settings.socket?.destroy();
    throw failed(peer, "the certificates cannot be used", error);
  }
}

async function awaitVerdict(socket: TLSSocket, peer: string, signal: AbortSignal): Promise<void> {
  let verdict: Buffer | null = null;
  while (verdict === null) {
    await untilEvent(socket, "readable", signal, (error) => failed(peer, "it rejected our certificate", error));
    verdict = socket.read(1) as Buffer | null;
    if (verdict === null && socket.readableEnded)
      throw failed(peer, "it rejected our certificate", new Error("closed"));
  }
  if (verdict[0] === ACCEPTED) return;
  socket.destroy();
  throw failed(peer, "it rejected our certificate", new Error(`its verdict was ${verdict[0]}`));
}

interface Credentials {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly crl?: string;
}

/** libvirt's places (docs/tlscerts.html): ?pkipath=, else the user's own folder, else the system's. */
async function readCredentials(uri: LibvirtUri, given: TlsOptions): Promise<Credentials> {
  const files = credentialFiles(uri.pkiPath);
  const ca = given.ca ?? (await firstOf(files.ca));
  const cert = given.cert ?? (await firstOf(files.cert));
  const key = given.key ?? (await firstOf(files.key));
  const crl = given.crl ?? (await firstOf(files.crl));
  if (ca === undefined && uri.isVerified) {
    throw new LibvirtError(
      "libvirt.tls",
      `No certificate authority to verify ${uri.host} with: there is no ${files.ca.join(" nor ")}.`,
    );
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(crl === undefined ? {} : { crl }),
  };
}

function credentialFiles(pkiPath: string | undefined): Readonly<Record<keyof Credentials, readonly string[]>> {
  const folder = pkiPath ?? (process.getuid?.() === 0 ? undefined : join(homedir(), ".pki/libvirt"));
  const own = (name: string): readonly string[] => (folder === undefined ? [] : [join(folder, name)]);
  const systems = (path: string): readonly string[] => (pkiPath === undefined ? [path] : []);
  return {
    ca: [...own("cacert.pem"), ...systems("/etc/pki/CA/cacert.pem")],
    crl: [...own("cacrl.pem"), ...systems("/etc/pki/CA/cacrl.pem")],
    cert: [...own("clientcert.pem"), ...systems("/etc/pki/libvirt/clientcert.pem")],
    key: [...own("clientkey.pem"), ...systems("/etc/pki/libvirt/private/clientkey.pem")],
  };
}

async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw new LibvirtError("libvirt.tls", `${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
    }
  }
  return undefined;
}

function failed(peer: string, what: string, error: unknown): LibvirtError {
  return new LibvirtError("libvirt.tls", `No TLS connection to ${peer}: ${what}: ${reasonOf(error)}.`, {
    cause: error,
  });
}
