/**
 * One move as a state machine: `step(state, event)` gives the next state and the effects that it asks for. Total, pure
 * and serialisable; whoever runs it writes the new state to the journal before it carries out the effects.
 *
 * Duties of the runner:
 * 1. Start at `initialState`, feed `start`.
 * 2. Journal every state that `step` returns before its effects run.
 * 3. Run each effect at most once and feed its result: a call's success or `call-failed`, `unwound`, `sighted`,
 *    `settled`, `verified`.
 * 4. Feed the hypervisors' events as they come; late, doubled and unexpected ones are ignored here.
 * 5. After a crash feed `restarted` to every state that is not `isOver`; all that was in memory is forgotten.
 *
 * What it guarantees: Confirm, which lets the source's copy go, is asked for only after the target's Finish succeeded;
 * the source is resumed only after the target itself said that it has no copy.
 */
import type { MoveDriver, MoveFailure, Sighting, Whereabouts } from "@trunkline/model";
import { limits } from "../limits.ts";
import { settle } from "../settle/settle.ts";
import type { Cause, MoveEffect, MoveEvent, MoveState, Reconciling, Step } from "./state.ts";

export const initialState = (driver: MoveDriver): MoveState => ({ phase: "queued", driver });

/** Nothing more will happen to it in this process or a later one. */
export const isOver = (state: MoveState): boolean =>
  state.phase === "completed" || state.phase === "failed" || state.phase === "cancelled";

/** Nothing more will happen to it in this process. */
export const isAtRest = (state: MoveState): boolean =>
  isOver(state) || (state.phase === "reconciling" && state.step === "unsettled");

/** True until the source is paused for good: after that the move can only be seen through. */
export const isCancellable = (state: MoveState): boolean =>
  state.phase === "queued" || state.phase === "preparing" || state.phase === "copying";

export function step(state: MoveState, event: MoveEvent): Step {
  if (isOver(state)) return stay(state);
  if (event.kind === "restarted") return afterRestart(state);
  switch (state.phase) {
    case "queued":
      return fromQueued(state, event);
    case "preparing":
      return fromPreparing(state, event);
    case "copying":
      return fromCopying(state, event);
    case "switching":
      return fromSwitching(state, event);
    case "announcing":
      return fromAnnouncing(state, event);
    case "reconciling":
      return fromReconciling(state, event);
    case "completed":
    case "failed":
    case "cancelled":
      return stay(state);
  }
}

function fromQueued(state: MoveState & { phase: "queued" }, event: MoveEvent): Step {
  if (event.kind === "cancel-requested") return to({ phase: "cancelled" });
  if (event.kind !== "start") return stay(state);
  if (state.driver === "peer-to-peer")
    return to({ phase: "copying", driver: state.driver, cancelRequested: false }, { kind: "perform-peer-to-peer" });
  return to({ phase: "preparing", driver: state.driver, step: "begin", cancelRequested: false }, { kind: "begin" });
}

function fromPreparing(state: MoveState & { phase: "preparing" }, event: MoveEvent): Step {
  switch (event.kind) {
    case "cancel-requested":
      return to({ ...state, cancelRequested: true });
    case "begun":
      if (state.step !== "begin") return stay(state);
      if (state.cancelRequested) return unwind({ kind: "cancel" });
      return to({ ...state, step: "prepare" }, { kind: "prepare" });
    case "prepared":
      if (state.step !== "prepare") return stay(state);
      if (state.cancelRequested) return unwind({ kind: "cancel" });
      return to({ phase: "copying", driver: state.driver, cancelRequested: false }, { kind: "perform" });
    case "call-failed":
      return unwind({ kind: "failure", failure: event.failure });
    default:
      return stay(state);
  }
}

function fromCopying(state: MoveState & { phase: "copying" }, event: MoveEvent): Step {
  switch (event.kind) {
    case "cancel-requested":
      if (state.cancelRequested) return stay(state);
      return to({ ...state, cancelRequested: true }, { kind: "abort" });
    case "source-suspended":
      return to({ phase: "switching", driver: state.driver, step: "last-pass" });
    // The suspension is an event and may be overtaken by the reply, or be lost with a broken event stream.
    case "performed":
      return afterPerform(state.driver);
    case "call-failed":
      return afterFailedPerform(
        state.driver,
        state.cancelRequested ? { kind: "cancel" } : { kind: "failure", failure: event.failure },
      );
    default:
      return stay(state);
  }
}

function fromSwitching(state: MoveState & { phase: "switching" }, event: MoveEvent): Step {
  switch (event.kind) {
    case "performed":
      return state.step === "last-pass" ? afterPerform(state.driver) : stay(state);
    case "finished":
      return state.step === "finish" ? to({ ...state, step: "confirm" }, { kind: "confirm" }) : stay(state);
    case "confirmed":
      return state.step === "confirm" ? announce(null, null) : stay(state);
    case "call-failed":
      if (state.step === "last-pass")
        return afterFailedPerform(state.driver, { kind: "failure", failure: event.failure });
      // Finish may have been carried out although its answer never came: Confirm is withheld until both were asked.
      return ask({ kind: "failure", failure: event.failure }, { mayRunOnTarget: true, transferIsOurs: true });
    default:
      return stay(state);
  }
}

function fromAnnouncing(state: MoveState & { phase: "announcing" }, event: MoveEvent): Step {
  if (event.kind !== "verified") return stay(state);
  const verdict = settle(event.source, event.target, { mayRunOnTarget: true, transferIsOurs: false, attempt: 0 });
  if (verdict.kind === "moved") return to({ ...state, phase: "completed" });
  return ask({ kind: "doubt" }, { mayRunOnTarget: true, transferIsOurs: false });
}

function fromReconciling(state: Reconciling, event: MoveEvent): Step {
  switch (event.kind) {
    case "unwound":
      return state.step === "unwind" ? to({ ...state, step: "ask" }, askNow) : stay(state);
    case "settled": {
      if (state.step !== "settle") return stay(state);
      const why = event.problem ?? state.why;
      return to({ ...state, step: "ask", why }, event.problem === null ? askNow : askLater);
    }
    case "sighted":
      return state.step === "ask" ? judge(state, event.source, event.target) : stay(state);
    default:
      return stay(state);
  }
}

/** Applies the decision table, and bounds how long it is asked. */
function judge(state: Reconciling, source: Sighting, target: Sighting): Step {
  const verdict = settle(source, target, state);
  const attempt = state.attempt + 1;
  if (verdict.kind === "moved") return announce(state.alarm, noteOf(state.cause));
  if (verdict.kind === "stayed") return over(state, "source");
  if (verdict.kind === "nowhere") return over(state, "nowhere", verdict.why);
  if (verdict.kind === "stuck" || attempt >= limits.reconcileAttempts)
    return to({ ...state, step: "unsettled", attempt, why: verdict.why });
  if (verdict.kind === "wait") return to({ ...state, attempt, why: verdict.why }, askLater);
  const alarm = verdict.kind === "release-source" && verdict.alarm ? verdict.why : state.alarm;
  return to({ ...state, step: "settle", attempt, why: verdict.why, alarm }, { kind: verdict.kind });
}

function over(state: Reconciling, runsOn: Whereabouts, why?: string): Step {
  if (state.cause.kind === "cancel" && runsOn === "source") return to({ phase: "cancelled" });
  const failure = failureOf(state.cause);
  const message = why === undefined ? failure.message : `${failure.message}; ${why}`;
  return to({ phase: "failed", runsOn, failure: { ...failure, message }, alarm: state.alarm });
}

function afterPerform(driver: MoveDriver): Step {
  if (driver === "peer-to-peer") return announce(null, null);
  return to({ phase: "switching", driver, step: "finish" }, { kind: "finish" });
}

function afterFailedPerform(driver: MoveDriver, cause: Cause): Step {
  if (driver === "peer-to-peer") return ask(cause, { mayRunOnTarget: true, transferIsOurs: false });
  return unwind(cause);
}

function afterRestart(state: MoveState): Step {
  const cause: Cause = state.phase === "reconciling" ? state.cause : { kind: "restart", phase: state.phase };
  const alarm = state.phase === "reconciling" ? state.alarm : null;
  // Only before Finish was sent is it certain that the target was never told to run.
  const mayRunOnTarget =
    state.phase === "reconciling"
      ? state.mayRunOnTarget
      : !(state.phase === "queued" || ("driver" in state && state.driver === "client" && !isFinishing(state)));
  return ask(cause, { mayRunOnTarget, transferIsOurs: false, alarm });
}

const isFinishing = (state: MoveState): boolean => state.phase === "switching" && state.step !== "last-pass";

const stay = (state: MoveState): Step => ({ state, effects: [] });
const to = (state: MoveState, ...effects: MoveEffect[]): Step => ({ state, effects });

const askNow: MoveEffect = { kind: "ask-both", afterMs: 0 };
const askLater: MoveEffect = { kind: "ask-both", afterMs: limits.reconcilePauseMs };

const announce = (alarm: string | null, note: string | null): Step =>
  to({ phase: "announcing", alarm, note }, { kind: "verify" });

const unwind = (cause: Cause): Step =>
  to(
    {
      phase: "reconciling",
      cause,
      step: "unwind",
      attempt: 0,
      mayRunOnTarget: false,
      transferIsOurs: true,
      why: "the transfer is being called off",
      alarm: null,
    },
    { kind: "unwind" },
  );

const ask = (cause: Cause, known: { mayRunOnTarget: boolean; transferIsOurs: boolean; alarm?: string | null }): Step =>
  to(
    { phase: "reconciling", cause, step: "ask", attempt: 0, why: "both hosts are being asked", alarm: null, ...known },
    askNow,
  );

function failureOf(cause: Cause): MoveFailure {
  switch (cause.kind) {
    case "failure":
      return cause.failure;
    case "cancel":
      return { code: "move.cancelled", message: "it was cancelled" };
    case "restart":
      return { code: "move.failed", message: `the process that drove it died while it was ${cause.phase}` };
    case "doubt":
      return { code: "move.failed", message: "every call said it was done, yet it does not run on the target" };
  }
}

function noteOf(cause: Cause): string | null {
  if (cause.kind === "cancel") return "it had already switched over when it was cancelled";
  return cause.kind === "doubt" ? null : `settled afterwards: ${failureOf(cause).message}`;
}
