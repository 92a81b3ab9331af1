/**
 * The decision table of a broken move: from what both hosts say now to what may be done about it.
 *
 * It rests on runs in which each party was killed in each phase (docs/state-machine.md lists them). Its rules:
 * 1. Only both hosts together decide; the return of a call decides nothing.
 * 2. A silent host is not an empty host: while one of them is silent nothing is resumed and nothing is destroyed.
 * 3. The source is resumed only when the target answered that it has no copy of the VM.
 * 4. When the target runs the VM, its state is the newer one and the source's copy goes; not in post-copy, where the
 *    source still holds pages that the target needs.
 * 5. A VM that runs nowhere is reported, never started: that is a policy, not a repair. A source whose VM has already
 *    run on the target is stale, so it counts as nowhere: its memory is older than what is on the disk.
 */
import type { PowerState, Sighting } from "@trunkline/model";
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
  /** A migration that somebody else drives is under way, and well: watch it until it ends. */
  | { readonly kind: "adopt"; readonly why: string }
  /** Post-copy broke, and both sides are there: let it go on over a new channel. */
  | { readonly kind: "recover-post-copy"; readonly why: string }
  /** Not to be decided yet: ask again. */
  | { readonly kind: "wait"; readonly why: string }
  /** Neither host has it: its QEMU died. */
  | { readonly kind: "nowhere"; readonly why: string }
  /** A state that only a person may resolve. */
  | { readonly kind: "stuck"; readonly why: string };

export interface SettleContext {
  /** False only when it is certain that nobody told the target to run the VM. */
  readonly mayRunOnTarget: boolean;
  /** True when it is certain that the VM has run on the target: Finish succeeded, it was reported, or it was seen. */
  readonly ranOnTarget: boolean;
  /** True while our own transfer still holds the source's migration job. */
  readonly transferIsOurs: boolean;
  /** How many times both hosts were asked before. */
  readonly attempt: number;
}

type Present = Extract<Sighting, { kind: "present" }>;
type Holding = Present & { readonly power: Exclude<PowerState, "shutoff" | "crashed"> };
type Answer = Exclude<Sighting, { kind: "unreachable" }>;

/** @returns what both hosts' words allow; total over all pairs of sightings. */
export function settle(source: Sighting, target: Sighting, context: SettleContext): Verdict {
  if (source.kind === "unreachable") return waitFor("source", source.why);
  if (target.kind === "unreachable") {
    if (isRunning(source) && source.job !== "migration-out" && !context.mayRunOnTarget)
      return { kind: "stayed", why: "it runs on the source, and the silent target was never told to run it" };
    return waitFor("target", target.why);
  }
  if (!holdsVm(source)) return withoutSource(target);
  if (source.power === "running") return withLiveSource(source, target, context);
  if (source.power === "paused") return withPausedSource(source, target, context);
  return { kind: "stuck", why: `the source reports the state "${source.power}", which no row of the table expects` };
}

function withoutSource(target: Answer): Verdict {
  if (!holdsVm(target)) return { kind: "nowhere", why: "neither host has a running copy: its QEMU process is gone" };
  if (target.reason === "postcopy-failed")
    return { kind: "nowhere", why: "the source is gone while pages were missing on the target: its memory is lost" };
  if (target.reason === "postcopy")
    return { kind: "wait", why: "the target runs it in post-copy and has not reported the last page" };
  if (target.power === "running") return { kind: "moved", why: "it runs on the target and the source has nothing" };
  if (isWaitingCopy(target)) return { kind: "wait", why: "the source is gone and the target's copy is still waiting" };
  if (target.power === "paused")
    return { kind: "moved", why: `it rests paused on the target (${target.reason}) and the source has nothing` };
  return { kind: "wait", why: `the target reports the state "${target.power}", and the source has nothing` };
}

/** The source runs it, or rests paused for a reason of its own: nothing was switched over, or it was taken back. */
function withLiveSource(source: Present, target: Answer, context: SettleContext): Verdict {
  const how = source.power === "running" ? "runs" : "rests paused";
  if (source.job === "migration-out") {
    if (context.transferIsOurs) return { kind: "wait", why: "the source is still sending it" };
    return { kind: "adopt", why: "the source is still sending it, driven by somebody else" };
  }
  if (!holdsVm(target)) return { kind: "stayed", why: `it ${how} on the source and the target has nothing` };
  if (isWaitingCopy(target)) {
    if (context.attempt < limits.reconcilePatience)
      return { kind: "wait", why: "the target has not removed its waiting copy yet" };
    if (source.power === "running")
      return { kind: "discard-target", why: "it runs on the source and a waiting copy was left on the target" };
  }
  if (target.power === "running" && target.reason === "migrated" && source.reason === "migration-canceled")
    return { kind: "release-source", why: "both copies run: the source was resumed after the target", alarm: true };
  return {
    kind: "stuck",
    why:
      `it ${how} on the source (${source.reason}) and is ${target.power} on the target (${target.reason}): ` +
      "which copy is the true one, only a person can say",
  };
}

function withPausedSource(source: Present, target: Answer, context: SettleContext): Verdict {
  switch (source.reason) {
    case "migration":
      return betweenTheSides(source, target, context);
    case "postcopy":
    case "postcopy-failed":
      return inPostCopy(source, target, context);
    case "starting-up":
      return { kind: "wait", why: "the source is starting it" };
    default:
      return withLiveSource(source, target, context);
  }
}

/** The source was stopped for the switch-over and has not been told how it ended. */
function betweenTheSides(source: Present, target: Answer, context: SettleContext): Verdict {
  if (source.job === "migration-in")
    return { kind: "wait", why: "the source itself is receiving it: that is another move" };
  if (holdsVm(target)) {
    if (target.reason === "postcopy")
      return { kind: "wait", why: "the target runs it in post-copy and needs the source's pages" };
    if (target.reason === "postcopy-failed")
      return { kind: "stuck", why: "post-copy broke as it began: its memory is spread over both hosts" };
    if (target.power === "running")
      return { kind: "release-source", why: "it runs on the target; the source keeps a paused copy", alarm: false };
    if (isWaitingCopy(target))
      return { kind: "wait", why: "it is paused on both sides: the switch-over has not ended" };
    return {
      kind: "stuck",
      why: `the source waits for the end of the switch-over; the target's copy is ${target.power} (${target.reason})`,
    };
  }
  if (context.ranOnTarget || (target.kind === "present" && target.power === "crashed"))
    return {
      kind: "nowhere",
      why:
        "it ran on the target and ended there; the source's paused copy is older than its disk and must not be resumed " +
        "(destroy it, then start the VM from disk)",
    };
  if (source.job === "migration-out" && !context.transferIsOurs)
    return { kind: "wait", why: "the source still holds a migration job of somebody else" };
  return { kind: "resume-source", why: "it is paused on the source and the target has nothing" };
}

function inPostCopy(source: Present, target: Answer, { transferIsOurs, attempt }: SettleContext): Verdict {
  if (!holdsVm(target))
    return { kind: "nowhere", why: "the target died in post-copy: its newer memory is lost, the source's is stale" };
  if (target.reason === "migrated" && target.power === "running") {
    // Whoever began the transfer tells the source so; libvirt does when nobody is left who could, or we in the end.
    if (transferIsOurs || attempt >= limits.reconcilePatience)
      return {
        kind: "release-source",
        why: "the target has its last page; the source keeps a paused copy",
        alarm: false,
      };
    return { kind: "wait", why: "the target has its last page, the source has not let go yet" };
  }
  if (target.reason === "postcopy-failed")
    return { kind: "recover-post-copy", why: "post-copy is broken, and both sides are there" };
  // Finish was never heard of. libvirt removes the copy when the one who should send it is gone, and with it the guest.
  if (isWaitingCopy(target)) return { kind: "wait", why: "post-copy has begun and the target was not told to run it" };
  if (target.reason !== "postcopy")
    return { kind: "stuck", why: "post-copy is broken: its memory is spread over both hosts" };
  if (source.reason === "postcopy") return { kind: "adopt", why: "post-copy is still fetching pages" };
  // Rows 26 and 28: the pages may go on flowing by themselves, or stand still with neither QEMU having noticed.
  if (attempt < limits.postCopyPatience)
    return { kind: "wait", why: "post-copy lost its control channel; pages may still be flowing" };
  return { kind: "recover-post-copy", why: "post-copy lost its control channel and has not ended by itself" };
}

/** A persistent definition without a process (shutoff, crashed) is no copy. */
function holdsVm(sighting: Answer): sighting is Holding {
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
