/**
 * The decision table of a broken move: from what both hosts say now to what may be done about it.
 *
 * It rests on runs in which each party was killed in each phase (docs/state-machine.md lists them). Its rules:
 * 1. Only both hosts together decide; the return of a call decides nothing.
 * 2. A silent host is not an empty host: while one of them is silent nothing is resumed and nothing is destroyed.
 * 3. The source is resumed only when the target answered that it has no copy of the VM.
 * 4. When the target runs the VM, its state is the newer one and the source's copy goes.
 * 5. A VM that runs nowhere is reported, never started: that is a policy, not a repair.
 */
import type { Sighting } from "@trunkline/model";
import { limits } from "../limits.ts";

export type Verdict =
  /** It runs (or rests, as it did before) on the source; the target has nothing. */
  | { readonly kind: "stayed"; readonly why: string }
  /** It runs on the target; the source has nothing. */
  | { readonly kind: "moved"; readonly why: string }
  /** The target runs it: destroy the copy on the source. `alarm` is set when both were running. */
  | { readonly kind: "release-source"; readonly why: string; readonly alarm: boolean }
  /** Paused on the source, nothing on the target: let it go on. */
  | { readonly kind: "resume-source"; readonly why: string }
  /** It runs on the source and a waiting copy was left on the target: destroy that. */
  | { readonly kind: "discard-target"; readonly why: string }
  /** Not to be decided yet: ask again. */
  | { readonly kind: "wait"; readonly why: string }
  /** Neither host has it: its QEMU died. */
  | { readonly kind: "nowhere"; readonly why: string }
  /** A state that only a person may resolve. */
  | { readonly kind: "stuck"; readonly why: string };

export interface SettleContext {
  /** False only when it is certain that nobody told the target to run the VM. */
  readonly mayRunOnTarget: boolean;
  /** True while our own transfer still holds the source's migration job. */
  readonly transferIsOurs: boolean;
  /** How many times both hosts were asked before. */
  readonly attempt: number;
}

type Present = Extract<Sighting, { kind: "present" }>;

/** @returns what both hosts' words allow; total over all pairs of sightings. */
export function settle(source: Sighting, target: Sighting, context: SettleContext): Verdict {
  if (source.kind === "unreachable") return waitFor("source", source.why);
  if (target.kind === "unreachable") {
    if (isRunning(source) && source.job !== "migration-out" && !context.mayRunOnTarget)
      return { kind: "stayed", why: "it runs on the source, and the silent target was never told to run it" };
    return waitFor("target", target.why);
  }
  if (!holdsVm(source)) return withoutSource(target);
  if (source.power === "running") return withRunningSource(source, target, context);
  if (source.power === "paused") return withPausedSource(source, target, context);
  return { kind: "stuck", why: `the source reports the state "${source.power}", which no row of the table expects` };
}

function withoutSource(target: Exclude<Sighting, { kind: "unreachable" }>): Verdict {
  if (!holdsVm(target)) return { kind: "nowhere", why: "neither host has a running copy: its QEMU process is gone" };
  if (target.power === "running") {
    if (target.reason === "postcopy-failed")
      return { kind: "nowhere", why: "the source is gone while pages were missing on the target: its memory is lost" };
    if (target.reason === "postcopy")
      return { kind: "wait", why: "the target runs it in post-copy and has not reported the last page" };
    return { kind: "moved", why: "it runs on the target and the source has nothing" };
  }
  if (isWaitingCopy(target)) return { kind: "wait", why: "the source is gone and the target's copy is still waiting" };
  return { kind: "moved", why: "it rests paused on the target and the source has nothing" };
}

function withRunningSource(
  source: Present,
  target: Exclude<Sighting, { kind: "unreachable" }>,
  context: SettleContext,
): Verdict {
  if (source.job === "migration-out") return { kind: "wait", why: "the source is still sending it" };
  if (!holdsVm(target)) return { kind: "stayed", why: "it runs on the source and the target has nothing" };
  if (isWaitingCopy(target)) {
    if (context.attempt < limits.reconcilePatience)
      return { kind: "wait", why: "the target has not removed its waiting copy yet" };
    return { kind: "discard-target", why: "it runs on the source and a waiting copy was left on the target" };
  }
  if (target.power === "running" && source.reason === "migration-canceled")
    return { kind: "release-source", why: "both copies run: the source was resumed after the target", alarm: true };
  return { kind: "stuck", why: "both hosts have a copy of it that did not come from this move alone" };
}

function withPausedSource(
  source: Present,
  target: Exclude<Sighting, { kind: "unreachable" }>,
  context: SettleContext,
): Verdict {
  switch (source.reason) {
    case "migration":
      if (!holdsVm(target)) {
        if (source.job === "migration-out" && !context.transferIsOurs)
          return { kind: "wait", why: "the source still holds a migration job of somebody else" };
        return { kind: "resume-source", why: "it is paused on the source and the target has nothing" };
      }
      if (target.power === "running")
        return { kind: "release-source", why: "it runs on the target; the source keeps a paused copy", alarm: false };
      return { kind: "wait", why: "it is paused on both sides: the switch-over has not ended" };
    case "postcopy":
    case "postcopy-failed":
      if (!holdsVm(target))
        return {
          kind: "nowhere",
          why: "the target died in post-copy: its newer memory is lost, the source's is stale",
        };
      if (target.reason === "postcopy" && source.reason === "postcopy")
        return { kind: "wait", why: "post-copy is still fetching pages" };
      return { kind: "stuck", why: "post-copy is broken: it must be resumed, its memory is spread over both hosts" };
    case "starting-up":
      return { kind: "wait", why: "the source is starting it" };
    default:
      if (!holdsVm(target)) return { kind: "stayed", why: "it rests paused on the source, and the target has nothing" };
      return {
        kind: "stuck",
        why: `the source paused it for another reason (${source.reason}); the target has a copy`,
      };
  }
}

/** A persistent definition without a process (shutoff, crashed) is no copy. */
function holdsVm(sighting: Exclude<Sighting, { kind: "unreachable" }>): sighting is Present {
  return sighting.kind === "present" && sighting.power !== "shutoff" && sighting.power !== "crashed";
}

const isRunning = (sighting: Sighting): sighting is Present =>
  sighting.kind === "present" && sighting.power === "running";

/** An incoming QEMU that waits for its memory, or for the word to run. */
const isWaitingCopy = (sighting: Present): boolean =>
  sighting.power === "paused" && (sighting.reason === "migration" || sighting.reason === "starting-up");

const waitFor = (side: "source" | "target", why: string): Verdict => ({
  kind: "wait",
  why: `the ${side} does not answer (${why}), and silence proves nothing`,
});
