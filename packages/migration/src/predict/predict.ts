/**
 * How long a move will take, how long its guest will stand still, and what it will send, before it starts.
 *
 * The rounds are those of QEMU's pre-copy (pre-copy.ts), fed with what is known: the memory that holds something, what the
 * guest dirties within how long, the rate that the way gives, the costs of starting and stopping. Each of these is measured,
 * learned from finished moves, or assumed; the prediction says which, and how far its figures may be off: the ends of its
 * ranges are what comes out when every input is off in the bad, or in the good direction.
 */
import type { AutoConverge, ConvergenceVerdict, DirtySample, Prediction } from "@trunkline/model";
import { assert } from "@trunkline/model";
import { bentInward, dirtiedWithin, dirtyCurve, scaledCurve } from "./dirty-curve.ts";
import type { DirtyCurve } from "./dirty-curve.ts";
import { assumedPace } from "./pace.ts";
import type { FinishedMove, Pace } from "./pace.ts";
import { runPostCopy, runPreCopy } from "./pre-copy.ts";
import type { PreCopyRun } from "./pre-copy.ts";

export interface PredictionInput {
  /** Of the VM's process; more than what its guest holds, by what the emulator needs for itself. */
  readonly memoryInUseBytes: number | undefined;
  readonly memoryMiB: number;
  /** Measured on this guest. */
  readonly dirtied?: readonly DirtySample[];
  /** Finished moves of this VM between any hosts, newest first. */
  readonly history: readonly FinishedMove[];
  /** What moves between these hosts took; without it, what is assumed of any. */
  readonly pace?: Pace;
  /** An upper bound that the operator or the inventory sets, bits per second. */
  readonly rateBps: number | undefined;
  /** Of disks that travel before memory does. */
  readonly diskBytes?: number;
  readonly maxDowntimeMs: number;
  readonly downtimeRises?: boolean;
  readonly autoConverge?: AutoConverge;
  /** What is left after the first round follows the guest. */
  readonly postCopy?: boolean;
}

export function predict(input: PredictionInput): Prediction {
  assert(input.rateBps === undefined || input.rateBps > 0, "a transfer has a rate above zero");
  const pace = input.pace ?? assumedPace;
  const memory = memoryOf(input);
  const dirty = dirtyOf(input);
  const rate = rateOf(pace, input.rateBps);
  const { diskBytes = 0 } = input;
  const fixed = pace.moves > 0 ? doubt.learnedCosts : doubt.assumedCosts;
  const outcome = (off: -1 | 0 | 1): Outcome => {
    const run = (input.postCopy === true ? runPostCopy : runPreCopy)({
      memoryBytes: Math.min(memory.bytes * (1 + off * memory.doubt), input.memoryMiB * bytesPerMiB),
      dirty: scaledCurve(dirty.curve, 1 + off * dirty.doubt),
      bytesPerMs: bytesPerMs(rate.bps * (1 - off * rate.doubt)),
      stoppedBytesPerMs: bytesPerMs(Math.max(pace.stoppedBps, rate.bps) * (1 - off * doubt.stoppedRate)),
      maxDowntimeMs: input.maxDowntimeMs,
      downtimeRises: input.downtimeRises === true,
      ...(input.autoConverge === undefined ? {} : { autoConverge: input.autoConverge }),
      cpuShare: cpuShareOf(input),
    });
    return outcomeOf(withDisks(run, diskBytes, rate.bps * (1 - off * rate.doubt)), pace, 1 + off * fixed);
  };
  const [good, likely, bad] = [outcome(-1), outcome(0), outcome(1)];
  const range = (pick: (one: Outcome) => number): { low: number; high: number } => ({
    low: Math.round(Math.min(pick(good), pick(likely))),
    high: Math.round(Math.max(pick(bad), pick(likely))),
  });
  return {
    totalMs: Math.round(likely.totalMs),
    downtimeMs: Math.round(likely.downtimeMs),
    bytes: Math.round(likely.run.bytes),
    rounds: likely.run.rounds,
    converges: likely.run.converges,
    basis: [memory.basis, dirty.basis, rate.basis, costsBasis(pace)].join("; "),
    ranges: {
      totalMs: range(({ totalMs }) => totalMs),
      downtimeMs: range(({ downtimeMs }) => downtimeMs),
      bytes: range(({ run }) => run.bytes),
    },
    verdict: verdictOf(good.run.converges, bad.run.converges),
  };
}

interface Outcome {
  readonly run: PreCopyRun;
  readonly totalMs: number;
  readonly downtimeMs: number;
}

function outcomeOf(run: PreCopyRun, pace: Pace, cost: number): Outcome {
  const downtimeMs = pace.stopMs * cost + run.stoppedMs;
  return { run, downtimeMs, totalMs: pace.prepareMs * cost + run.copyMs + downtimeMs + pace.closeMs * cost };
}

/** They go first, at the rate that memory has afterwards. */
function withDisks(run: PreCopyRun, diskBytes: number, rateBps: number): PreCopyRun {
  return { ...run, copyMs: run.copyMs + diskBytes / bytesPerMs(rateBps), bytes: run.bytes + diskBytes };
}

const verdictOf = (inGood: boolean, inBad: boolean): ConvergenceVerdict =>
  inBad ? "converges" : inGood ? "uncertain" : "does-not-converge";

interface Known {
  /** By how much of itself it may be more or less. */
  readonly doubt: number;
  readonly basis: string;
}

function memoryOf({ history, memoryInUseBytes, memoryMiB }: PredictionInput): Known & { readonly bytes: number } {
  const [last] = history;
  const total = memoryMiB * bytesPerMiB;
  if (last?.copy !== undefined) {
    // Within one process growth is the guest's; another process, on another host or started anew, has costs of its own.
    const { firstRoundBytes, memoryInUseBytes: arrivedBytes } = last.copy;
    const isKnown = last.isLatest === true && memoryInUseBytes !== undefined && arrivedBytes !== undefined;
    const grown = isKnown ? Math.max(0, memoryInUseBytes - arrivedBytes) : 0;
    const bytes = Math.min(total, firstRoundBytes + grown);
    const uncertain = isKnown ? doubt.learnedMemory : doubt.residentMemory;
    return { bytes, doubt: uncertain, basis: `${mib(bytes)} MiB of memory, by its last move` };
  }
  if (memoryInUseBytes !== undefined)
    return { bytes: memoryInUseBytes, doubt: doubt.residentMemory, basis: `${mib(memoryInUseBytes)} MiB resident` };
  return { bytes: total, doubt: doubt.allMemory, basis: `all ${memoryMiB} MiB of its memory` };
}

function dirtyOf({ dirtied = [], history }: PredictionInput): Known & { readonly curve: DirtyCurve } {
  // What the guest does now counts; what it did when it moved before, where nobody could look.
  const learned = history.slice(0, learnedMoves).flatMap(({ copy }) => copy?.dirtied ?? []);
  const isMeasured = dirtied.length > 0;
  const samples = isMeasured ? dirtied : learned;
  if (samples.length === 0) {
    const bytes = assumedDirtyBytesPerS;
    const basis = `${mib(bytes)} MiB/s dirtied assumed`;
    return { curve: dirtyCurve([{ overMs: 1000, bytes }]), doubt: doubt.assumedDirt, basis };
  }
  const curve = isMeasured ? bentInward(dirtyCurve(samples)) : dirtyCurve(samples);
  return {
    curve,
    doubt: doubt.seenDirt,
    basis: `${(dirtiedWithin(curve, 1000) / bytesPerMiB).toFixed(1)} MiB/s dirtied, ${isMeasured ? "measured" : "learned"}`,
  };
}

/** Of a guest that nobody has looked at it is assumed that it never waits: then the brake bites at once. */
function cpuShareOf({ dirtied = [] }: PredictionInput): number {
  const shares = dirtied.flatMap(({ cpuShare }) => (cpuShare === undefined ? [] : [cpuShare]));
  if (shares.length === 0) return 1;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return Math.min(1, Math.max(leastCpuShare, mean));
}

function rateOf(pace: Pace, boundBps: number | undefined): Known & { readonly bps: number } {
  const isLearned = pace.unboundMoves > 0;
  const bound = boundBps === undefined ? Number.POSITIVE_INFINITY : boundBps * pace.boundShare;
  if (bound <= pace.rateBps || (!isLearned && boundBps !== undefined))
    return {
      bps: bound,
      doubt: pace.moves > 0 ? doubt.learnedBound : doubt.givenBound,
      basis: `${mbit(boundBps ?? 0)} Mbit/s as given`,
    };
  return isLearned
    ? { bps: pace.rateBps, doubt: doubt.learnedRate, basis: `${mbit(pace.rateBps)} Mbit/s, as earlier moves had` }
    : { bps: pace.rateBps, doubt: doubt.assumedRate, basis: `${mbit(pace.rateBps)} Mbit/s assumed` };
}

const costsBasis = ({ moves }: Pace): string =>
  moves === 0 ? "costs of starting and stopping assumed" : `costs of ${moves} finished move(s) between these hosts`;

/** Writing of a guest that nobody has looked at. */
const assumedDirtyBytesPerS = 8 * 1024 * 1024;
/** Below that, the times of a process are no measure any more. */
const leastCpuShare = 0.01;
/** Guests change their habits: older moves say little. */
const learnedMoves = 3;

/** Shares by which inputs may be off. With these, 84 % of the durations that bench/prediction counts lay within their ranges. */
const doubt = {
  learnedMemory: 0.05,
  residentMemory: 0.25,
  allMemory: 0.6,
  seenDirt: 0.25,
  assumedDirt: 1,
  learnedBound: 0.03,
  givenBound: 0.08,
  learnedRate: 0.15,
  assumedRate: 0.6,
  stoppedRate: 0.5,
  learnedCosts: 0.3,
  assumedCosts: 0.6,
} as const;

const bytesPerMiB = 1024 * 1024;
const bytesPerMs = (bps: number): number => bps / 8 / 1000;
const mbit = (bps: number): number => Math.round(bps / 1e6);
const mib = (bytes: number): number => Math.round(bytes / bytesPerMiB);
