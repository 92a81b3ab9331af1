/**
 * The one error family of this package. A code is stable and may be matched by programs; the message says what happened
 * to which object, the hint what to do next. A failed call never leaves this family, whatever the peer sent.
 */
import type { JsonObject } from "./json/value.ts";

export type OvsdbErrorCode =
  | "ovsdb.transport"
  | "ovsdb.timeout"
  | "ovsdb.aborted"
  | "ovsdb.closed"
  | "ovsdb.protocol"
  | "ovsdb.remote"
  | "ovsdb.address"
  | "ovsdb.overload"
  | "ovsdb.not-found"
  | "ovsdb.conflict"
  | "ovsdb.refused";

export interface OvsdbErrorOptions {
  readonly hint?: string;
  readonly details?: JsonObject;
  readonly cause?: unknown;
}

const defaultHints: Readonly<Record<OvsdbErrorCode, string>> = {
  "ovsdb.transport": "Check that the daemon runs, that it listens on this address, and that no firewall is in between.",
  "ovsdb.timeout": "The daemon may be overloaded or stopped; what was asked for may still have happened.",
  "ovsdb.aborted": "The caller gave up; what was asked for may still have happened.",
  "ovsdb.closed": "Open a new connection and read the state again before writing.",
  "ovsdb.protocol": "Check that the address leads to Open vSwitch and not to some other service.",
  "ovsdb.remote": "Read the message of the daemon; its log may say more.",
  "ovsdb.address": "Write unix:/path, tcp:host:port or ssl:host:port; an IPv6 address goes in brackets.",
  "ovsdb.overload": "Wait for earlier calls to finish, or open a second connection.",
  "ovsdb.not-found": "List what exists with ovs-vsctl show, and check the spelling.",
  "ovsdb.conflict": "Somebody else keeps changing the same row; read it again and decide anew.",
  "ovsdb.refused": "Read the port with ovs-vsctl list port, and set its VLANs as a whole.",
};

export class OvsdbError extends Error {
  readonly code: OvsdbErrorCode;
  readonly hint: string;
  readonly details: JsonObject;

  constructor(code: OvsdbErrorCode, message: string, options: OvsdbErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "OvsdbError";
    this.code = code;
    this.hint = options.hint ?? defaultHints[code];
    this.details = options.details ?? {};
  }
}

/** Whatever was thrown, as text: for the tail of a message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
