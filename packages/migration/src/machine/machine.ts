/**
 * One move as a state machine: `step(state, event)` gives the next state and the effects that it asks for. Total, pure
 * and serialisable; whoever runs it writes the new state to the journal before it carries out the effects.
 *
 * Duties of the runner:
 * 1. Start at `initialState`, feed `start`.
 * 2. Journal every state that `step` returns before its effects run.
 * 3. Run each effect at most once and feed its result: a call's success or `call-failed`, `unwound`, `sighted`,
 *    `settled`, `verified`.
 * 4. Feed the hypervisors' events as they come, and what a host reported before it answered before its answer; late,
 *    doubled and unexpected ones are ignored here.
 * 5. After a crash feed `restarted` to every state that is not `isOver`; all that was in memory is forgotten.
 *
 * A post-copy that may have begun is never called off: nothing is unwound once `start-post-copy` was asked for, until the source
 * itself says that its guest runs.
 *
 * What it guarantees: Confirm, which lets the source's copy go, is asked for only after the target's Finish succeeded;
 * the source is resumed only after the target itself said that it has no copy, and never once the VM is known to have
 * run there.
 */
import type { MoveDriver, MoveFailure, Sighting, Whereabouts } from "@trunkline/model";
import { limits } from "../limits.ts";
import { settle } from "../settle/settle.ts";
import type { Cause, MoveEffect, MoveEvent, MoveState, Reconciling, Step, Switching } from "./state.ts";

export const initialState = (driver: MoveDriver): MoveState => ({ phase: "queued", driver });

/** Nothing more will happen to it in this process or a later one. */
export const isOver = (state: MoveState): boolean =>
  state.phase === "completed" || state.phase === "failed" || state.phase === "cancelled" || state.phase === "refused";

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
    case "post-copy":
      return fromSwitching(state, event);
    case "announcing":
      return fromAnnouncing(state, event);
    case "reconciling":
      return fromReconciling(state, event);
    case "completed":
    case "failed":
    case "cancelled":
    case "refused":
      return stay(state);
  }
}

function fromQueued(state: MoveState & { phase: "queued" }, event: MoveEvent): Step {
  if (event.kind === "cancel-requested") return to({ phase: "cancelled" });
  if (event.kind === "already-there") return to({ phase: "completed", alarm: null, note: "it was there already" });
  if (event.kind === "refused") return to({ phase: "refused", failure: event.failure });
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
      if (event.call !== state.step) return stay(state);
      return unwind({ kind: "failure", failure: event.failure });
    default:
      return stay(state);
  }
}

function fromCopying(state: MoveState & { phase: "copying" }, event: MoveEvent): Step {
  switch (event.kind) {
    case "cancel-requested":
      if (state.cancelRequested) return stay(state);
      // libvirt refuses it once post-copy has begun, so it does no harm then.
      return to({ ...state, cancelRequested: true }, { kind: "abort" });
    case "post-copy-requested":
      if (state.postCopy === true || state.cancelRequested || state.driver !== "client") return stay(state);
      return to({ ...state, postCopy: true }, { kind: "start-post-copy" });
    case "source-suspended":
      return to(lastPass(state));
    // The suspension is an event and may be overtaken by the reply, or be lost with a broken event stream.
    case "target-resumed":
      return state.driver === "client" ? stay(state) : fromSwitching(lastPass(state), event);
    case "performed":
      return fromSwitching(lastPass(state), event);
    case "call-failed":
      return event.call === "perform" ? fromSwitching(lastPass(state), event) : stay(state);
    default:
      return stay(state);
  }
}

function fromSwitching(state: Switching, event: MoveEvent): Step {
  switch (event.kind) {
    case "target-resumed":
      // Before Finish was sent no word of ours can have told the target to run: then it speaks of somebody else's move.
      if (state.driver === "client" && state.step === "last-pass") return stay(state);
      return state.ranOnTarget ? stay(state) : to({ ...state, ranOnTarget: true });
    case "performed":
      if (state.step !== "last-pass") return stay(state);
      if (state.driver === "peer-to-peer") return announce({ attempt: 0, alarm: null, note: tooLateNote(state) });
      return to(
        { ...state, phase: state.postCopy === true ? "post-copy" : "switching", step: "finish" },
        { kind: "finish" },
      );
    case "finished":
      return state.step === "finish"
        ? to({ ...state, phase: "switching", step: "confirm", ranOnTarget: true }, { kind: "confirm" })
        : stay(state);
    case "confirmed":
      return state.step === "confirm" ? announce({ attempt: 0, alarm: null, note: tooLateNote(state) }) : stay(state);
    case "call-failed":
      return event.call === callOf[state.step] ? afterFailedSwitch(state, event.failure) : stay(state);
    default:
      return stay(state);
  }
}

function afterFailedSwitch(state: Switching, failure: MoveFailure): Step {
  const isBeforeFinish = state.step === "last-pass";
  const cause: Cause = isBeforeFinish && state.cancelRequested ? { kind: "cancel" } : { kind: "failure", failure };
  if (isBeforeFinish && state.driver === "client" && state.postCopy !== true) return unwind(cause, state.ranOnTarget);
  // Finish may have been carried out although its answer never came: Confirm is withheld until both were asked.
  return ask(cause, {
    mayRunOnTarget: true,
    ranOnTarget: state.ranOnTarget,
    transferIsOurs: state.driver === "client",
    ...(state.postCopy === true ? { postCopy: true } : {}),
  });
}

function fromAnnouncing(state: MoveState & { phase: "announcing" }, event: MoveEvent): Step {
  if (event.kind !== "verified") return stay(state);
  const known = { mayRunOnTarget: true, ranOnTarget: true, transferIsOurs: false, attempt: state.attempt };
  const verdict = settle(event.source, event.target, known);
  if (verdict.kind === "moved") return to({ phase: "completed", alarm: state.alarm, note: state.note });
  return ask({ kind: "doubt" }, { ...known, alarm: state.alarm });
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
    // The answer that was given up for lost is as good as the event.
    case "finished":
    case "target-resumed":
      return state.mayRunOnTarget && !state.ranOnTarget ? to({ ...state, ranOnTarget: true }) : stay(state);
    default:
      return stay(state);
  }
}

/** Applies the decision table, and bounds how long it is asked. */
function judge(before: Reconciling, source: Sighting, target: Sighting): Step {
  const isSeenThere = target.kind === "present" && target.power === "running";
  const state = { ...before, ranOnTarget: before.ranOnTarget || isSeenThere };
  if (state.postCopy === true && state.transferIsOurs && source.kind === "present" && source.power === "running")
    return to({ ...state, postCopy: false, step: "unwind", why: "post-copy never began" }, { kind: "unwind" });
  const verdict = settle(source, target, state);
  const attempt = state.attempt + 1;
  if (attempt > limits.reconcileAttempts) return to({ ...state, step: "unsettled", why: verdict.why });
  switch (verdict.kind) {
    case "moved":
      return announce({ attempt, alarm: state.alarm, note: noteOf(state.cause) });
    case "stayed":
      return over(state, "source");
    case "nowhere":
      return over(state, "nowhere", verdict.why);
    case "stuck": {
      const alarm = isSeenThere && source.kind === "present" && source.power === "running" ? verdict.why : state.alarm;
      return to({ ...state, step: "unsettled", attempt, why: verdict.why, alarm });
    }
    case "adopt":
      if (state.watched + 1 >= limits.adoptAttempts) return to({ ...state, step: "unsettled", why: verdict.why });
      return to({ ...state, attempt: 0, watched: state.watched + 1, why: verdict.why }, askLater);
    case "wait":
      if (attempt >= limits.reconcileAttempts) return to({ ...state, step: "unsettled", attempt, why: verdict.why });
      return to({ ...state, attempt, why: verdict.why }, askLater);
    case "recover-post-copy":
      if (attempt >= limits.reconcileAttempts) return to({ ...state, step: "unsettled", attempt, why: verdict.why });
      return to({ ...state, step: "settle", attempt, why: verdict.why, transferIsOurs: false }, { kind: verdict.kind });
    case "release-source":
    case "resume-source":
    case "discard-target": {
      const alarm = verdict.kind === "release-source" && verdict.alarm ? verdict.why : state.alarm;
      if (attempt >= limits.reconcileAttempts)
        return to({ ...state, step: "unsettled", attempt, why: verdict.why, alarm });
      return to({ ...state, step: "settle", attempt, why: verdict.why, alarm }, { kind: verdict.kind });
    }
  }
}

function over(state: Reconciling, runsOn: Whereabouts, why?: string): Step {
  if (state.cause.kind === "cancel" && runsOn === "source") return to({ phase: "cancelled" });
  const failure = failureOf(state.cause);
  const message = why === undefined ? failure.message : `${failure.message}; ${why}`;
  return to({ phase: "failed", runsOn, failure: { ...failure, message }, alarm: state.alarm });
}

function afterRestart(state: MoveState): Step {
  if (state.phase === "reconciling") {
    const { cause, mayRunOnTarget, ranOnTarget, alarm } = state;
    return ask(cause, { mayRunOnTarget, ranOnTarget, transferIsOurs: false, alarm });
  }
  const cause: Cause = { kind: "restart", phase: state.phase };
  if (state.phase === "announcing")
    return ask(cause, { mayRunOnTarget: true, ranOnTarget: true, transferIsOurs: false, alarm: state.alarm });
  const isFinishing =
    state.phase === "post-copy" ||
    (state.phase === "switching" && (state.step !== "last-pass" || state.postCopy === true)) ||
    (state.phase === "copying" && state.postCopy === true);
  // Only before Finish was sent is it certain that the target was never told to run; in peer-to-peer it never is.
  const mayRunOnTarget =
    isFinishing || (state.phase !== "queued" && "driver" in state && state.driver === "peer-to-peer");
  const ranOnTarget = (state.phase === "switching" || state.phase === "post-copy") && state.ranOnTarget;
  return ask(cause, { mayRunOnTarget, ranOnTarget, transferIsOurs: false });
}

/** The switch-over as it is entered, by whichever word of it comes first. */
const lastPass = (state: MoveState & { phase: "copying" }): Switching => ({
  phase: "switching",
  driver: state.driver,
  step: "last-pass",
  cancelRequested: state.cancelRequested,
  ranOnTarget: false,
  ...(state.postCopy === true ? { postCopy: true } : {}),
});

const callOf = { "last-pass": "perform", finish: "finish", confirm: "confirm" } as const;

const stay = (state: MoveState): Step => ({ state, effects: [] });
const to = (state: MoveState, ...effects: MoveEffect[]): Step => ({ state, effects });

const askNow: MoveEffect = { kind: "ask-both", afterMs: 0 };
const askLater: MoveEffect = { kind: "ask-both", afterMs: limits.reconcilePauseMs };

const announce = (known: { attempt: number; alarm: string | null; note: string | null }): Step =>
  to({ phase: "announcing", ...known }, { kind: "verify" });

const unwind = (cause: Cause, ranOnTarget = false): Step =>
  to(
    {
      phase: "reconciling",
      cause,
      step: "unwind",
      attempt: 0,
      watched: 0,
      mayRunOnTarget: false,
      ranOnTarget,
      transferIsOurs: true,
      why: "the transfer is being called off",
      alarm: null,
    },
    { kind: "unwind" },
  );

const ask = (cause: Cause, known: Known): Step =>
  to(
    {
      phase: "reconciling",
      cause,
      step: "ask",
      attempt: 0,
      watched: 0,
      why: "both hosts are being asked",
      alarm: null,
      ...known,
    },
    askNow,
  );

/** What is certain when both hosts begin to be asked. */
type Known = Pick<Reconciling, "mayRunOnTarget" | "ranOnTarget" | "transferIsOurs"> &
  Partial<Pick<Reconciling, "attempt" | "alarm" | "postCopy">>;

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
  if (cause.kind === "cancel") return cancelledTooLate;
  return cause.kind === "doubt" ? null : `settled afterwards: ${failureOf(cause).message}`;
}

const tooLateNote = (state: Switching): string | null => (state.cancelRequested ? cancelledTooLate : null);

const cancelledTooLate = "it had already switched over when it was cancelled";
