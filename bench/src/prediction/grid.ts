/**
 * The moves that are predicted and then made: what the guest holds, what it writes to and how fast, the rate that the move
 * may take, how it copies. Spread evenly over all of these at once by a Halton sequence (Halton, 1960: the n-th number to a
 * base, mirrored at the point), so that no two cases are alike and none was chosen.
 */
import type { MoveMode } from "@trunkline/model";

export interface GridCase {
  readonly number: number;
  /** Even ones teach the pace between the hosts; odd ones are never learned from. */
  readonly isForLearning: boolean;
  readonly bufferMiB: number;
  readonly workingSetMiB: number;
  readonly dirtyMiBps: number;
  readonly rateMiBps: number;
  readonly maxDowntimeMs: number;
  readonly mode: MoveMode;
}

/**
 * @param count of cases. Those with less memory come first in each half, because a guest never gives memory back to its
 * host.
 */
export function gridOf(count: number): readonly GridCase[] {
  const cases = Array.from({ length: count }, (_, at): GridCase => {
    const index = at + 1;
    const bufferMiB = Math.round(between(halton(index, 2), 24, 150));
    return {
      number: index,
      isForLearning: index % 2 === 0,
      bufferMiB,
      workingSetMiB: Math.max(1, Math.round(between(halton(index, 3) ** 2, 1, Math.min(bufferMiB, 72)))),
      dirtyMiBps: Math.round(between(halton(index, 5) ** 2, 0, 24)),
      rateMiBps: Math.round(between(halton(index, 7), 6, 24)),
      maxDowntimeMs: halton(index, 11) < 0.7 ? 300 : halton(index, 11) < 0.85 ? 100 : 800,
      mode: halton(index, 13) < 0.75 ? "precopy" : "auto-converge",
    };
  });
  const half = (isForLearning: boolean): readonly GridCase[] =>
    cases.filter((one) => one.isForLearning === isForLearning).toSorted((a, b) => a.bufferMiB - b.bufferMiB);
  return [...half(true), ...half(false)];
}

/** The `index`-th number to the base, its digits mirrored at the point: from 0 to below 1. */
export function halton(index: number, base: number): number {
  let [rest, weight, value] = [index, 1 / base, 0];
  while (rest > 0) {
    value += (rest % base) * weight;
    rest = Math.floor(rest / base);
    weight /= base;
  }
  return value;
}

const between = (share: number, low: number, high: number): number => low + share * (high - low);
