/**
 * Every error that Trunkline shows to a person or a program. The table below is the single source of the stable codes:
 * the command line, the JSON output and docs/error-codes.md are made from it, and a test holds the page against it.
 */

export interface ErrorEntry {
  /** What the code means, in one sentence. */
  readonly meaning: string;
  /** What to do next when the place that raised it knew nothing better. */
  readonly hint: string;
}

export const errorTable = {
  "usage.invalid": {
    meaning: "The command line does not say what it must, or says what it may not.",
    hint: "Run the command with --help.",
  },
  "inventory.missing": {
    meaning: "No hosts are known: there is no inventory file and no lab is running.",
    hint: "Give one with --inventory FILE, or build a lab with: trunkline lab up",
  },
  "inventory.invalid": {
    meaning: "The inventory file does not have the shape that docs/inventory.md describes.",
    hint: "Correct the lines named above; docs/inventory.md shows every field.",
  },
  "host.unknown": {
    meaning: "A host was named that the inventory does not contain.",
    hint: "List the hosts with: trunkline host list",
  },
  "host.unreachable": {
    meaning: "A host's libvirt does not answer, so nothing may be concluded about its VMs.",
    hint: "Check that libvirtd runs there and that its URI can be opened: virsh -c URI list",
  },
  "host.failed": {
    meaning: "A host's libvirt answered a request with an error.",
    hint: "The message is libvirt's own; its log on that host says more.",
  },
  "vm.unknown": {
    meaning: "No reachable host knows a VM of that name or UUID.",
    hint: "List the VMs with: trunkline vm list",
  },
  "vm.ambiguous": {
    meaning: "More than one VM answers to that name.",
    hint: "Use the UUID; trunkline vm list shows it.",
  },
  "move.refused": {
    meaning: "A check blocks the move. Nothing was touched.",
    hint: "Every blocking check names its fix; apply it and run the command again.",
  },
  "move.failed": {
    meaning: "The move did not complete. The record says where the VM runs.",
    hint: "See the whole story with: trunkline move show ID",
  },
  "move.cancelled": {
    meaning: "The move was cancelled before the switch-over; the VM runs on its source.",
    hint: "Run the command again when you are ready.",
  },
  "move.unsettled": {
    meaning: "The two hosts could not both be asked, so the end of the move is not known yet. Nothing will be guessed.",
    hint: "Bring the silent host's libvirtd back and run the same command again: it settles what was left.",
  },
  "move.unknown": {
    meaning: "The journal holds no move with that id.",
    hint: "List the moves with: trunkline move list",
  },
  "move.too-late": {
    meaning: "The move can no longer be cancelled: it is switching over or has ended.",
    hint: "Wait for it to end and move the VM back.",
  },
  "store.locked": {
    meaning: "Another Trunkline process owns this journal and is moving VMs.",
    hint: "Wait for it to end, or cancel its move: trunkline move list",
  },
  "store.failed": {
    meaning: "The journal could not be read or written. No effect is carried out that was not recorded first.",
    hint: "Check the free space and the permissions of the state folder.",
  },
  "lab.failed": {
    meaning: "The lab could not be built, asked or removed.",
    hint: "The log file is named in the message; trunkline lab down removes what was made.",
  },
  "internal.defect": {
    meaning: "Trunkline itself is wrong here. The operation was abandoned.",
    hint: "Please report it with the message and the journal's record of the move.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** JSON-safe facts that a program may read from an error. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export interface ErrorOptions {
  readonly hint?: string;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/** The one exception family: what happened and to which object in `message`, what to do next in `hint`. */
export class TrunklineError extends Error {
  override readonly name = "TrunklineError";
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? errorTable[code].hint;
    this.details = options.details ?? {};
  }

  /** The shape of the command line's `--json` errors and, later, of HTTP problem bodies. */
  toJSON(): { code: ErrorCode; message: string; hint: string; details: ErrorDetails } {
    return { code: this.code, message: this.message, hint: this.hint, details: this.details };
  }
}

/** @returns the message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
