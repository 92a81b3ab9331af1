/**
 * The one error family of this package. A code is stable and may be matched by programs; the message says what happened
 * to which object, the hint what to do next. A failed call never leaves this family, whatever the peer sent.
 */
import { remoteErrorCode } from "./protocol/error-codes.ts";

export type LibvirtErrorCode =
  /** libvirt answered with an error of its own, found in `remote`. The connection goes on. */
  | "libvirt.remote"
  /** The peer broke the protocol. The connection is closed. */
  | "libvirt.protocol"
  /** No way to the peer, or the way broke. */
  | "libvirt.transport"
  | "libvirt.timeout"
  | "libvirt.aborted"
  | "libvirt.closed"
  | "libvirt.auth"
  | "libvirt.tls"
  | "libvirt.uri"
  /** A value that the protocol cannot carry; nothing was sent. */
  | "libvirt.argument"
  /** Too many calls at once; nothing was sent. */
  | "libvirt.overload";

/** What libvirt itself said; `code` is one of `remoteErrorCode`, `domain` the part of libvirt that failed. */
export interface RemoteError {
  readonly code: number;
  readonly domain: number;
  readonly level: number;
  readonly message: string;
}

export interface LibvirtErrorOptions {
  readonly hint?: string;
  readonly remote?: RemoteError;
  readonly cause?: unknown;
}

const defaultHints: Readonly<Record<LibvirtErrorCode, string>> = {
  "libvirt.remote": "Read the message of libvirt; the daemon's log on that host may say more.",
  "libvirt.protocol": "Check that the address leads to libvirt and not to some other service.",
  "libvirt.transport":
    "Check that the daemon runs, that it listens on this address, and that no firewall is in between.",
  "libvirt.timeout": "The daemon may be overloaded or stopped; what was asked for may still have happened.",
  "libvirt.aborted": "The caller gave up; what was asked for may still have happened.",
  "libvirt.closed": "Open a new connection, register its events, and read the state again before acting.",
  "libvirt.auth": "Connect as a user whom libvirt accepts without a password, or by ssh or TLS.",
  "libvirt.tls":
    "Check the certificates of both sides: authority, expiry, names, and tls_allowed_dn_list of the daemon.",
  "libvirt.uri": "Write qemu:///system, or qemu+unix, +tcp, +tls or +ssh://[user@]host[:port]/system.",
  "libvirt.argument": "Mend the value; nothing was sent.",
  "libvirt.overload": "Wait for earlier calls to finish, or open a second connection.",
};

const remoteHints: ReadonlyMap<number, string> = new Map([
  [remoteErrorCode.noSupport, "This libvirt or its driver is too old for the call."],
  [remoteErrorCode.argumentUnsupported, "This libvirt or its emulator does not know a parameter or flag of the call."],
  [remoteErrorCode.operationUnsupported, "This libvirt or its emulator does not support the call."],
  [remoteErrorCode.noDomain, "List the domains of the host; it may have been moved, stopped or undefined meanwhile."],
  [remoteErrorCode.operationInvalid, "Read the state of the object; it is not one in which the call is allowed."],
  [remoteErrorCode.operationTimeout, "Another job holds the domain; wait for it or abort it."],
  [remoteErrorCode.migrateUnsafe, "Put the disks on shared storage with cache=none, or copy them with the migration."],
  [remoteErrorCode.accessDenied, "Use a user with the right for it; read-only connections change nothing."],
  [remoteErrorCode.authUnavailable, "Nobody can be asked to confirm: use a user whom polkit's rules allow, or root."],
]);

export class LibvirtError extends Error {
  readonly code: LibvirtErrorCode;
  readonly hint: string;
  readonly remote?: RemoteError;

  constructor(code: LibvirtErrorCode, message: string, options: LibvirtErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "LibvirtError";
    this.code = code;
    const { remote } = options;
    this.hint = options.hint ?? (remote && remoteHints.get(remote.code)) ?? defaultHints[code];
    if (remote !== undefined) this.remote = remote;
  }
}

/** Whether libvirt itself answered with this code: the way to branch on its errors, never on their text. */
export function isRemoteError(error: unknown, code: number): boolean {
  return error instanceof LibvirtError && error.remote?.code === code;
}

/** Whatever was thrown, as text: for the tail of a message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
