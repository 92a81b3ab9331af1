/**
 * Opens a session: dial, authenticate, ask for keepalive, open the driver. The order is libvirt's: keepalive has to be
 * asked for before the driver is opened, every other feature after it.
 */
import { RpcConnection } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { LibvirtError } from "./errors.ts";
import { CONNECT_TIMEOUT_MS, KEEPALIVE_COUNT, KEEPALIVE_INTERVAL_MS } from "./limits.ts";
import { openFlags } from "./protocol/host-constants.ts";
import { authType, feature } from "./protocol/programs.ts";
import type { KeepaliveOptions } from "./rpc/keepalive.ts";
import { dial } from "./transport/dial.ts";
import type { DialOptions } from "./transport/dial.ts";
import { parseLibvirtUri } from "./transport/uri.ts";

export interface ConnectOptions extends DialOptions {
  readonly signal?: AbortSignal;
  /** For all of it, from the first packet to the opened driver. */
  readonly connectTimeoutMs?: number;
  /** Deadline of calls that name none. */
  readonly callTimeoutMs?: number;
  /** false: neither side asks the other for signs of life. */
  readonly keepalive?: KeepaliveOptions | false;
}

export async function connect(uriText: string, options: ConnectOptions = {}): Promise<Connection> {
  const uri = parseLibvirtUri(uriText);
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  let connection: RpcConnection | undefined;
  try {
    connection = new RpcConnection(await dial(uri, options, signal), uriText, options.callTimeoutMs);
    await authenticate(connection, signal);
    const keepalive = options.keepalive ?? { intervalMs: KEEPALIVE_INTERVAL_MS, count: KEEPALIVE_COUNT };
    if (keepalive !== false && (await supportsKeepalive(connection, signal))) connection.startKeepalive(keepalive);
    const flags = options.readOnly === true ? openFlags.readOnly : 0;
    await connection.call("connectOpen", { name: uri.name, flags }, { timeoutMs: null, signal });
    return connection;
  } catch (error) {
    await connection?.close();
    if (options.signal?.aborted === true) {
      throw new LibvirtError("libvirt.aborted", `The caller gave up while ${uriText} was being connected.`, {
        cause: error,
      });
    }
    if (deadline.aborted) {
      throw new LibvirtError("libvirt.timeout", `${uriText} did not open a session within ${timeoutMs} ms.`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** The daemon decides by who we are (the user behind the socket, the certificate) which ways it offers. */
async function authenticate(connection: RpcConnection, signal: AbortSignal): Promise<void> {
  const { types } = await connection.call("authList", {}, { timeoutMs: null, signal });
  if (types.length === 0 || types.includes(authType.none)) return;
  if (!types.includes(authType.polkit)) {
    throw new LibvirtError(
      "libvirt.auth",
      `${connection.uri} asks for ${types.includes(authType.sasl) ? "SASL" : `an unknown authentication (${types.join(", ")})`}, which this client does not speak.`,
      { hint: "Reach this host by qemu+ssh:// or qemu+tls://, or set the daemon's auth_tcp or auth_tls to none." },
    );
  }
  try {
    await connection.call("authPolkit", {}, { timeoutMs: null, signal });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.remote === undefined) throw error;
    throw new LibvirtError("libvirt.auth", `polkit let ${connection.uri} refuse us: ${error.remote.message}.`, {
      remote: error.remote,
      hint: "Use root or a member of the group libvirt, or allow org.libvirt.unix.manage in a polkit rule.",
      cause: error,
    });
  }
}

/** Asking is what makes the daemon send pings of its own. */
async function supportsKeepalive(connection: RpcConnection, signal: AbortSignal): Promise<boolean> {
  try {
    const { supported } = await connection.call(
      "connectSupportsFeature",
      { feature: feature.keepalive },
      { timeoutMs: null, signal },
    );
    return supported === 1;
  } catch (error) {
    if (error instanceof LibvirtError && error.code === "libvirt.remote") return false;
    throw error;
  }
}
