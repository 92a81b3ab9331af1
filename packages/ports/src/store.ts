/**
 * The journal: what was intended, before it was done.
 *
 * Duties: `append` resolves only when the record would survive the death of this process; records of one move keep
 * their order; nothing is ever changed or removed. One writer at a time: `open` of a second one fails with
 * `store.locked` and says who holds it; a holder that is dead is replaced.
 */
import type { MoveState, MoveEvent } from "@trunkline/migration";
import type { MoveId, MoveReport, MoveRequest } from "@trunkline/model";

export interface Journal {
  readonly readOnly: boolean;
  addMove(request: MoveRequest, state: MoveState): Promise<void>;
  append(id: MoveId, event: MoveEvent, state: MoveState): Promise<void>;
  addReport(id: MoveId, report: MoveReport): Promise<void>;
  /** Newest first. */
  listMoves(limit: number): Promise<readonly JournalMove[]>;
  findMove(id: MoveId): Promise<JournalMove | undefined>;
  transitions(id: MoveId): Promise<readonly Transition[]>;
  /** Moves whose last state is not an end. */
  unfinished(): Promise<readonly JournalMove[]>;
  close(): Promise<void>;
}

export interface JournalMove {
  readonly request: MoveRequest;
  readonly state: MoveState;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly report: MoveReport | null;
}

export interface Transition {
  readonly sequence: number;
  readonly at: string;
  readonly event: MoveEvent | null;
  readonly state: MoveState;
}
