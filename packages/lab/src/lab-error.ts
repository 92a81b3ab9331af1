/**
 * What can go wrong while a lab is built, used or removed. The code is stable and meant for programs; the message says
 * what happened to which object; the hint names the next step.
 */

export type LabErrorCode =
  | "lab.topology"
  | "lab.topology-changed"
  | "lab.not-found"
  | "lab.not-root"
  | "lab.tool-missing"
  | "lab.no-guest-kernel"
  | "lab.path-too-long"
  | "lab.hidden-root"
  | "lab.name"
  | "lab.busy"
  | "lab.namespace-taken"
  | "lab.command"
  | "lab.daemon"
  | "lab.guest"
  | "lab.state"
  | "lab.left-over"
  | "lab.cancelled";

export type LabErrorOptions = {
  readonly hint: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
};

export class LabError extends Error {
  readonly code: LabErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: LabErrorCode, message: string, options: LabErrorOptions) {
    super(message, { cause: options.cause });
    this.name = "LabError";
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }
}
