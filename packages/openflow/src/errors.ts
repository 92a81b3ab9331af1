/**
 * The one error family of this package. A code is stable and may be matched by programs; the message says what happened
 * to which object, the hint what to do next. A failed call never leaves this family, whatever the peer sent.
 */
export type OpenFlowErrorCode =
  | "openflow.transport"
  | "openflow.timeout"
  | "openflow.aborted"
  | "openflow.closed"
  | "openflow.protocol"
  | "openflow.remote"
  | "openflow.address"
  | "openflow.refused";

/** Plain data for a record; `openflow.remote` has `type` and `code` of the switch's error message here. */
export type OpenFlowErrorDetails = Readonly<Record<string, string | number>>;

export interface OpenFlowErrorOptions {
  readonly hint?: string;
  readonly details?: OpenFlowErrorDetails;
  readonly cause?: unknown;
}

const defaultHints: Readonly<Record<OpenFlowErrorCode, string>> = {
  "openflow.transport":
    "Check that ovs-vswitchd runs, that the bridge exists, and that this process may open the socket.",
  "openflow.timeout": "The switch may be overloaded or stopped; what was asked for may still have happened.",
  "openflow.aborted": "The caller gave up; what was asked for may still have happened.",
  "openflow.closed": "Open a new connection, delete the flows of your cookie, and add them again.",
  "openflow.protocol": "Check that the address leads to a bridge's OpenFlow socket and not to some other service.",
  "openflow.remote": "Read the flows with ovs-ofctl dump-flows; the log of ovs-vswitchd may say more.",
  "openflow.address": "Write unix:/run/openvswitch/BRIDGE.mgmt or tcp:host:port; an IPv6 address goes in brackets.",
  "openflow.refused": "Nothing was sent; correct the request.",
};

export class OpenFlowError extends Error {
  readonly code: OpenFlowErrorCode;
  readonly hint: string;
  readonly details: OpenFlowErrorDetails;

  constructor(code: OpenFlowErrorCode, message: string, options: OpenFlowErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "OpenFlowError";
    this.code = code;
    this.hint = options.hint ?? defaultHints[code];
    this.details = options.details ?? {};
  }
}

/** Whatever was thrown, as text: for the tail of a message. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
