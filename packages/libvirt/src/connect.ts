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
  return withinDeadline(uriText, timeoutMs, options.signal, async (signal) => {
    const connection = new RpcConnection(await dial(uri, options, signal), uriText, options.callTimeoutMs);
    try {
      await openSession(connection, uri.name, options, signal);
      return connection;
    } catch (error) {
      connection.abandon(
        error instanceof LibvirtError
          ? error
          : new LibvirtError("libvirt.closed", `No session was opened with ${uriText}.`, { cause: error }),
      );
      throw error;
    }
  });
}

async function openSession(
  connection: RpcConnection,
  name: string,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<void> {
  await authenticate(connection, signal);
  const keepalive = options.keepalive ?? { intervalMs: KEEPALIVE_INTERVAL_MS, count: KEEPALIVE_COUNT };
  if (keepalive !== false && (await supportsKeepalive(connection, signal))) connection.startKeepalive(keepalive);
  const flags = options.readOnly === true ? openFlags.readOnly : 0;
  await connection.call("connectOpen", { name, flags }, { timeoutMs: null, signal });
}

/** Runs `work` under one signal for the caller's patience and our own, and says which of them ended it. */
async function withinDeadline<T>(
  uri: string,
  timeoutMs: number,
  callersSignal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = (): void =>
    controller.abort(new LibvirtError("libvirt.aborted", `The caller gave up while ${uri} was being connected.`));
  const timer = setTimeout(() => {
    controller.abort(new LibvirtError("libvirt.timeout", `${uri} did not open a session within ${timeoutMs} ms.`));
  }, timeoutMs);
  callersSignal?.addEventListener("abort", onAbort, { once: true });
  try {
    if (callersSignal?.aborted === true) onAbort();
    return await work(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    callersSignal?.removeEventListener("abort", onAbort);
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
