/**
 * The running batch, one step at a time: from what was known of it and what became of its moves to what is known now, which
 * moves to ask for, and which to take back. Pure and replayable.
 *
 * DUTIES OF THE CALLER
 * 1. `moves` has every move that a step names, as far as the journal knows it.
 * 2. The batch that comes back is stored, then the requests are made, each under the id that its step names. A process that
 *    dies in between loses nothing: a move that the journal does not know is asked for again, under the same id.
 *
 * INVARIANTS
 * - A step is asked for once, after all of its `after` have completed and all of its `roomAfter` have ended.
 * - Once the batch is called off, no step is asked for that was not.
 * - The batch ends when no step waits or moves.
 */
import type { Batch, BatchStep, HostName, MoveId, Outcome } from "@trunkline/model";

export interface BatchMove {
  readonly id: MoveId;
  /** In the queue: it can be taken back and nothing has happened. */
  readonly isWaiting: boolean;
  /** null: it waits, is under way, or its end is not known. */
  readonly end: { readonly outcome: Exclude<Outcome, "unsettled">; readonly why: string | null } | null;
}

export interface BatchRequest {
  readonly step: BatchStep;
  readonly move: MoveId;
  readonly target: HostName;
}

export interface BatchTurn {
  readonly batch: Batch;
  /** In the order in which they are to be asked for. */
  readonly request: readonly BatchRequest[];
  /** Moves in the queue that are not to start any more. */
  readonly takeBack: readonly MoveId[];
}

/** @param newId gives another id with each call. */
export function nextBatchTurn(before: Batch, moves: readonly BatchMove[], newId: () => MoveId): BatchTurn {
  if (before.state !== "running") return { batch: before, request: [], takeBack: [] };
  const known = new Map(moves.map((move) => [move.id, move]));
  const seen = before.steps.map((step) => ended(step, known, before));
  const calledOff = before.calledOff ?? failureOf(before, seen);
  const steps = calledOff === null ? released(seen, newId) : seen.map((step) => givenUp(step, calledOff.why));
  const open = steps.filter(({ state }) => state === "moving");
  const takeBack =
    calledOff === null ? [] : open.flatMap(({ move }) => (isWaiting(move, known) && move !== null ? [move] : []));
  // One that the journal does not know: asked for just now, or before a process died that had not come to it.
  const request = open.flatMap((step) => {
    const { move, target } = step;
    return move === null || target === null || known.has(move) ? [] : [{ step, move, target }];
  });
  const unasked = calledOff === null ? [] : request.map(({ move }) => move);
  const final = steps.map((step) =>
    step.move !== null && unasked.includes(step.move) ? neverAsked(step, calledOff?.why ?? "") : step,
  );
  const batch = { ...before, steps: final, calledOff, state: stateOf(final, calledOff) };
  return { batch, request: calledOff === null ? request : [], takeBack };
}

/** Called off by somebody: what has not begun does not begin. */
export const callOff = (batch: Batch, by: string): Batch => ({
  ...batch,
  calledOff: batch.calledOff ?? { kind: "cancel", why: `the batch was called off by ${by}` },
});

const isWaiting = (move: MoveId | null, known: ReadonlyMap<MoveId, BatchMove>): boolean =>
  move !== null && known.get(move)?.isWaiting === true;

function ended(step: BatchStep, known: ReadonlyMap<MoveId, BatchMove>, { calledOff }: Batch): BatchStep {
  const end = step.state !== "moving" || step.move === null ? undefined : known.get(step.move)?.end;
  if (end === undefined || end === null) return step;
  if (end.outcome === "completed") return { ...step, state: "moved" };
  const isTakenBack = calledOff !== null && end.outcome === "cancelled";
  const why = isTakenBack ? calledOff.why : (end.why ?? `its move was ${end.outcome}`);
  return { ...step, state: isTakenBack ? "called-off" : "failed", why };
}

function failureOf({ onFailure }: Batch, steps: readonly BatchStep[]): Batch["calledOff"] {
  const failed = steps.find(({ state }) => state === "failed");
  if (onFailure === "continue" || failed === undefined) return null;
  return { kind: "failure", why: `not started, because ${failed.name} was not moved (${failed.why})` };
}

const givenUp = (step: BatchStep, why: string): BatchStep =>
  step.state === "waiting" ? { ...step, state: "called-off", why } : step;

const neverAsked = (step: BatchStep, why: string): BatchStep => ({ ...step, state: "called-off", move: null, why });

function released(before: readonly BatchStep[], newId: () => MoveId): readonly BatchStep[] {
  const steps = orphaned(before);
  const stateOfStep = new Map(steps.map(({ step, state }) => [step, state]));
  return steps.map((step): BatchStep => {
    const isDue =
      step.state === "waiting" &&
      step.after.every((other) => stateOfStep.get(other) === "moved") &&
      step.roomAfter.every((other) => isOver(stateOfStep.get(other)));
    return isDue ? { ...step, state: "moving", move: newId() } : step;
  });
}

/** Steps that were to come after one that did not complete: they never will. */
function orphaned(steps: readonly BatchStep[]): readonly BatchStep[] {
  const lost = new Map(
    steps.filter(({ state }) => state === "failed" || state === "called-off").map((step) => [step.step, step]),
  );
  let isNew = false;
  const next = steps.map((step): BatchStep => {
    const missing = step.after.map((other) => lost.get(other)).find((other) => other !== undefined);
    if (step.state !== "waiting" || missing === undefined) return step;
    isNew = true;
    return { ...step, state: "called-off", why: `it was to go after ${missing.name}, which was not moved` };
  });
  return isNew ? orphaned(next) : next;
}

const isOver = (state: BatchStep["state"] | undefined): boolean => state !== "waiting" && state !== "moving";

function stateOf(steps: readonly BatchStep[], calledOff: Batch["calledOff"]): Batch["state"] {
  if (steps.some(({ state }) => !isOver(state))) return "running";
  if (steps.every(({ state }) => state === "moved")) return "completed";
  return calledOff?.kind === "cancel" ? "cancelled" : "failed";
}
