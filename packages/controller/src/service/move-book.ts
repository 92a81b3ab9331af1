/**
 * The moves that are not over, in memory: who waits, who runs, what was left by a dead process. The journal is the
 * truth; this is the desk on which it is worked on.
 *
 * A move is in exactly one of the three lists, or over.
 */
import type { MoveState } from "@trunkline/migration";
import type { MoveId, MoveRequest, Prediction, WaitReason } from "@trunkline/model";
import type { JournalMove, TransferProgress } from "@trunkline/ports";

export interface WaitingMove {
  readonly request: MoveRequest;
  /** When it was asked for, ISO 8601: equals are served in this order. */
  readonly askedAt: string;
  /** Orders what was asked for in the same millisecond. */
  readonly sequence: number;
  waitsFor: readonly WaitReason[];
  /** Not before this time of the clock: the store could not be written. */
  notBeforeMs: number;
}

export interface RunningMove {
  /** As asked for, then with what its host said when its turn came. */
  request: MoveRequest;
  /** What admission promised it of the links on its way: for the budgets it has this, whatever it gets beyond. */
  readonly shareBps?: number;
  readonly cancel: AbortController;
  progress: TransferProgress | null;
  hasBegun: boolean;
}

/** Both hosts have to be asked what became of it. */
export interface LeftMove {
  readonly request: MoveRequest;
  state: MoveState;
  readonly cancel: AbortController;
  predicted: Prediction | null;
  isBeingSettled: boolean;
  againAtMs: number;
  /** How often it was asked about in vain. */
  tries: number;
}

export class MoveBook {
  readonly waiting = new Map<MoveId, WaitingMove>();
  readonly running = new Map<MoveId, RunningMove>();
  readonly left = new Map<MoveId, LeftMove>();
  #count = 0;

  /** Takes a move into the queue, behind those that are there. */
  enqueue({ request, createdAt }: Pick<JournalMove, "request" | "createdAt">): void {
    this.#count += 1;
    this.waiting.set(request.id, { request, askedAt: createdAt, sequence: this.#count, waitsFor: [], notBeforeMs: 0 });
  }

  /** Requests that hold their VM and their place on hosts and links, in the order in which they got it. */
  placed(): readonly MoveRequest[] {
    return [...this.left.values(), ...this.running.values()].map((move) => move.request);
  }

  /** The same, with what is known of their end. */
  inFlight(): readonly (MoveRequest & { readonly isUnsettled: boolean })[] {
    const of =
      (isUnsettled: boolean) =>
      ({ request, shareBps }: { readonly request: MoveRequest; readonly shareBps?: number }) => ({
        ...request,
        ...(shareBps === undefined ? {} : { maxRateBps: shareBps }),
        isUnsettled,
      });
    return [...[...this.left.values()].map(of(true)), ...[...this.running.values()].map(of(false))];
  }

  /** Those of them that got their place before this one. */
  placedBefore(id: MoveId): readonly MoveRequest[] {
    const placed = this.placed();
    const at = placed.findIndex((request) => request.id === id);
    return at < 0 ? placed : placed.slice(0, at);
  }

  isIdle(): boolean {
    return this.waiting.size + this.running.size + this.left.size === 0;
  }
}

export const leftMove = ({ request, state, report }: JournalMove): LeftMove => ({
  request,
  state,
  cancel: new AbortController(),
  predicted: report?.predicted ?? null,
  isBeingSettled: false,
  againAtMs: 0,
  tries: 0,
});
