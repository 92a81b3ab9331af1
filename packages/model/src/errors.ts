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
  "fabric.missing": {
    meaning: "No fabric document is known, or the file that was named cannot be read.",
    hint: "Name one with --file FILE, or as fabric in the inventory; docs/fabric-document.md shows a small one.",
  },
  "fabric.invalid": {
    meaning:
      "The fabric document does not have the shape that docs/fabric-document.md describes, or contradicts itself.",
    hint: "Correct what is named above; docs/fabric-document.md shows every field.",
  },
  "fabric.import": {
    meaning: "What was to be imported is not what its format says.",
    hint: "The message names the place; docs/fabric-import.md says what is read of each format.",
  },
  "fabric.unknown": {
    meaning: "A device, endpoint, flow or segment was named that the fabric does not contain.",
    hint: "See what it contains with: trunkline fabric show",
  },
  "fabric.changed": {
    meaning: "A port is not as it was when the change was worked out. Nothing was changed there.",
    hint: "Look again with: trunkline fabric check",
  },
  "fabric.not-applied": {
    meaning: "A change of a switch did not take effect, or cannot be made from here.",
    hint: "Enter the printed commands on the device itself.",
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
  "host.invalid": {
    meaning: "What was said of a host cannot be: its name, URI or addresses.",
    hint: "A libvirt URI looks like qemu+ssh://root@host/system; docs/inventory.md shows every field.",
  },
  "host.exists": {
    meaning: "A host of that name or URI is known already.",
    hint: "See it with: trunkline host list",
  },
  "host.declared": {
    meaning: "The host stands in the inventory file, so it cannot be removed by a command.",
    hint: "Take it out of the file and start the controller again.",
  },
  "host.busy": {
    meaning: "Moves to or from the host are waiting or under way.",
    hint: "Wait for them or cancel them: trunkline move list",
  },
  "host.in-maintenance": {
    meaning: "The host is in maintenance, or being emptied for it, and takes no VM.",
    hint: "Choose another target, or end it with: trunkline host maintenance exit HOST",
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
  "move.deadline": {
    meaning: "The copy had not ended when its deadline passed, so the move was called off. The VM runs where it was.",
    hint: "Give it more time, a higher --rate or a longer --max-downtime; trunkline migrate --dry-run predicts what it needs.",
  },
  "move.too-late": {
    meaning: "The move can no longer be cancelled: it is switching over or has ended.",
    hint: "Wait for it to end and move the VM back.",
  },
  "move.not-waiting": {
    meaning: "The move has started or ended, so its place in the queue cannot be changed.",
    hint: "See it with: trunkline move show ID",
  },
  "batch.refused": {
    meaning: "Not every VM of the batch can go where it is to go. Nothing was touched.",
    hint: "Mend what is named for each VM, or leave the VM out; trunkline batch run --dry-run shows the whole plan.",
  },
  "batch.unknown": {
    meaning: "The store holds no batch with that id.",
    hint: "List the batches with: trunkline batch list",
  },
  "batch.over": {
    meaning: "The batch has ended, so it cannot be called off.",
    hint: "See it with: trunkline batch show ID",
  },
  "queue.full": {
    meaning: "As many moves wait as the queue holds.",
    hint: "Wait until some have ended, or cancel some: trunkline move list",
  },
  "request.invalid": {
    meaning: "The request does not have the shape that the API describes.",
    hint: "The details name each field that is wrong; the API's document is at /api/v1/openapi.json.",
  },
  "request.unknown-path": {
    meaning: "There is nothing at that address.",
    hint: "The API's document at /api/v1/openapi.json lists every operation.",
  },
  "request.too-large": {
    meaning: "The request is larger than the service accepts.",
    hint: "Send less at once.",
  },
  "request.too-many": {
    meaning: "More requests came from there than the service accepts in that time.",
    hint: "Wait as long as the Retry-After header says.",
  },
  "request.key-reused": {
    meaning: "The idempotency key was used for another request.",
    hint: "Use a new key for each new request; the same key only to repeat the same request.",
  },
  "request.in-doubt": {
    meaning: "A request under that key was begun and its end is not recorded.",
    hint: "Look whether it took effect, for example with: trunkline move list; then use a new key.",
  },
  "auth.missing": {
    meaning: "The request does not say who makes it.",
    hint: "Send an Authorization header with a bearer token, or log in.",
  },
  "auth.invalid": {
    meaning: "The token or password is wrong, revoked or expired.",
    hint: "Log in again, or ask an admin for a new token: trunkline token add NAME",
  },
  "auth.forbidden": {
    meaning: "The role of whoever makes the request does not allow it.",
    hint: "Ask an admin for a role that does.",
  },
  "auth.cross-site": {
    meaning: "A request that acts came with a browser's cookie from another site.",
    hint: "Only the pages of this service may act for a browser that is logged in.",
  },
  "account.unknown": {
    meaning: "There is no user or token of that name.",
    hint: "List them with: trunkline user list, trunkline token list",
  },
  "account.exists": {
    meaning: "A user or token of that name exists.",
    hint: "Choose another name, or remove it first.",
  },
  "service.unavailable": {
    meaning: "The service is starting or stopping.",
    hint: "Ask again in a moment.",
  },
  "service.unreachable": {
    meaning: "The controller that was named does not answer.",
    hint: "Check the address and that trunkline serve runs there.",
  },
  "config.invalid": {
    meaning: "The configuration file does not have the shape that docs/operations.md describes.",
    hint: "Correct the lines named above.",
  },
  "snapshot.invalid": {
    meaning: "The file is not a snapshot of a cluster, or one of another version.",
    hint: "Write one with: trunkline snapshot save FILE",
  },
  "listen.refused": {
    meaning: "The service cannot or may not listen at that address.",
    hint: "Choose a free port; addresses other than loopback need TLS in the configuration.",
  },
  "store.locked": {
    meaning: "Another Trunkline process owns this journal and is moving VMs.",
    hint: "Wait for it to end, or cancel its move: trunkline move list",
  },
  "store.foreign": {
    meaning: "The file is not a store of Trunkline, or one of a newer version.",
    hint: "Use the version that wrote it, or another state folder with --state.",
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
