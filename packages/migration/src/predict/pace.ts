/**
 * What moves between two hosts cost beside their bytes, and how fast the way between them is: medians of what finished
 * moves took, and assumptions where there were none.
 */
import type { CopyTrace } from "@trunkline/model";
import { dirtyCurve } from "./dirty-curve.ts";
import { runPreCopy } from "./pre-copy.ts";

export interface FinishedMove {
  readonly bytesSent: number;
  readonly totalMs: number;
  readonly downtimeMs: number;
  readonly rounds: number;
  /** By the names of the state machine's phases. */
  readonly phases: Readonly<Record<string, number>>;
  /** The bound that it was given, bits per second. */
  readonly maxRateBps?: number;
  /** The limit that QEMU had for the stop; absent where it changed on the way. */
  readonly maxDowntimeMs?: number;
  /** The VM has not been seen to leave the host that this move took it to. */
  readonly isLatest?: boolean;
  readonly copy?: CopyTrace;
}

export interface Pace {
  /** From the first call until bytes flow: the target's QEMU starts. */
  readonly prepareMs: number;
  /** The guest is stopped so long, beside the time in which its last pages are sent. */
  readonly stopMs: number;
  /** After the guest runs again, until source and target agree that it is over. */
  readonly closeMs: number;
  /** What the way carries when no bound is set. */
  readonly rateBps: number;
  /** At which the last pages go while the guest is stopped: the bound does not hold then, and QEMU starts anew. */
  readonly stoppedBps: number;
  /** How much of a bound is used, 0 to 1. */
  readonly boundShare: number;
  /** Finished moves that the costs rest on, and those that the rate rests on; 0: assumed. */
  readonly moves: number;
  readonly unboundMoves: number;
}

/**
 * Costs were measured with libvirt 9.0 and QEMU 7.2: starting the target's QEMU 0.3 to 1.5 s, the stop some 100 ms of which
 * libvirt's own calls are the larger part.
 */
export const assumedPace: Pace = {
  prepareMs: 800,
  stopMs: 100,
  closeMs: 200,
  rateBps: 1e9,
  stoppedBps: 1e9,
  boundShare: 1,
  moves: 0,
  unboundMoves: 0,
};

/** @param moves finished ones between these hosts, in either direction, newest first. */
export function paceOf(moves: readonly FinishedMove[]): Pace {
  if (moves.length === 0) return assumedPace;
  const seen = moves.flatMap(rateOf);
  // A bound that was not reached says how fast the way is; one that was says how well it is kept.
  const unbound = seen.flatMap(({ bps, boundBps }) => (bps < boundBps * reachedShare ? [bps] : []));
  const bound = seen.flatMap(({ bps, boundBps }) => (bps >= boundBps * reachedShare ? [bps / boundBps] : []));
  const rateBps = median(unbound) ?? assumedPace.rateBps;
  const stop = stopsOf(moves, Math.max(rateBps, ...seen.map(({ bps }) => bps)));
  return {
    prepareMs: median(moves.flatMap(({ phases }) => phases["preparing"] ?? [])) ?? assumedPace.prepareMs,
    ...stop,
    closeMs:
      median(moves.flatMap(({ phases, downtimeMs }) => closing(phases["switching"], downtimeMs))) ??
      assumedPace.closeMs,
    rateBps: Math.max(rateBps, ...seen.map(({ bps }) => bps)),
    boundShare: median(bound) ?? 1,
    moves: moves.length,
    unboundMoves: unbound.length,
  };
}

/**
 * A stop is a constant and the time for what was left; how much that was, the model of the rounds says. Of the rates that
 * links have, the one is taken with which the constant is most nearly one.
 */
function stopsOf(moves: readonly FinishedMove[], rateBps: number): Pick<Pace, "stopMs" | "stoppedBps"> {
  const stops = moves.flatMap((move) => {
    const leftBytes = leftOf(move);
    return leftBytes === undefined ? [] : [{ leftBytes, downtimeMs: move.downtimeMs }];
  });
  const fits = stoppedRatesBps.map((bps) => {
    const rest = stops.map(({ leftBytes, downtimeMs }) => downtimeMs - (leftBytes * bitsPerByte * msPerS) / bps);
    const stopMs = Math.max(0, median(rest) ?? 0);
    return { stopMs, stoppedBps: bps, off: median(rest.map((value) => Math.abs(value - stopMs))) ?? 0 };
  });
  const [best] = fits.toSorted((a, b) => a.off - b.off || b.stoppedBps - a.stoppedBps);
  if (best === undefined || stops.length < stopsNeeded) {
    const downtimes = moves.map(({ downtimeMs }) => downtimeMs);
    return { stopMs: lowerQuartile(downtimes) ?? assumedPace.stopMs, stoppedBps: rateBps };
  }
  return { stopMs: best.stopMs, stoppedBps: best.stoppedBps };
}

function leftOf({ copy, maxRateBps, maxDowntimeMs }: FinishedMove): number | undefined {
  if (copy === undefined || maxDowntimeMs === undefined || copy.firstRoundMs < shortestMs) return undefined;
  const bytesPerMs = Math.min(
    copy.firstRoundBytes / copy.firstRoundMs,
    (maxRateBps ?? Infinity) / bitsPerByte / msPerS,
  );
  const run = runPreCopy({
    memoryBytes: copy.firstRoundBytes,
    dirty: dirtyCurve(copy.dirtied),
    bytesPerMs,
    stoppedBytesPerMs: 1,
    maxDowntimeMs,
  });
  // At one byte a millisecond the time is the number of bytes.
  return run.converges ? run.stoppedMs : undefined;
}

/** The first round has the way to itself: nothing is read twice, and the guest is not stopped. */
function rateOf({ copy, maxRateBps }: FinishedMove): readonly { readonly bps: number; readonly boundBps: number }[] {
  if (copy === undefined || copy.firstRoundMs < shortestMs) return [];
  const bps = (copy.firstRoundBytes * bitsPerByte * msPerS) / copy.firstRoundMs;
  return [{ bps, boundBps: maxRateBps ?? Number.POSITIVE_INFINITY }];
}

const closing = (switchingMs: number | undefined, downtimeMs: number): readonly number[] =>
  switchingMs === undefined ? [] : [Math.max(0, switchingMs - downtimeMs)];

export const median = (values: readonly number[]): number | undefined => quantile(values, 0.5);
/** Stops differ by the pages that were left; the shorter ones had few. */
const lowerQuartile = (values: readonly number[]): number | undefined => quantile(values, 0.25);

function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)];
}

/** 100 Mbit/s to 40 Gbit/s, each a quarter more. */
const stoppedRatesBps = Array.from({ length: 28 }, (_, step) => 100e6 * 1.25 ** step);
/** Fewer stops tell no constant from a slope. */
const stopsNeeded = 4;
/** A rate this near to its bound was held back by it. */
const reachedShare = 0.9;
/** Below it, the look comes too late or too early by more than it measures. */
const shortestMs = 500;
const bitsPerByte = 8;
const msPerS = 1000;
