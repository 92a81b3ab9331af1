/**
 * How much memory a guest dirties within a given time, a page that is written twice counted once.
 *
 * Such a curve rises from nothing and bends: the longer one looks, the more of what is written was dirty already. It is
 * kept as the corners of a line, made of what was measured over times of different length, and goes on beyond the last
 * of them as it went before.
 */
import { assert } from "@trunkline/model";
import type { DirtySample } from "@trunkline/model";

export interface DirtyCurve {
  /** Rising in both, from beyond the origin, and ever flatter. */
  readonly corners: readonly DirtySample[];
}

/** A guest that writes nothing. */
export const restingGuest: DirtyCurve = { corners: [] };

/**
 * The curve that fits the samples best among those that rise and bend: times that are alike are taken together, then
 * slopes that would grow again are levelled out (pool adjacent violators; Barlow et al., "Statistical Inference under
 * Order Restrictions", 1972). The order of the samples has no effect.
 */
export function dirtyCurve(samples: readonly DirtySample[]): DirtyCurve {
  const slopes: Slope[] = [];
  let [lastMs, lastBytes] = [0, 0];
  for (const { overMs, bytes } of alikeTogether(samples)) {
    let slope: Slope = { ms: overMs - lastMs, bytes: bytes - lastBytes };
    [lastMs, lastBytes] = [overMs, bytes];
    for (;;) {
      const before = slopes.at(-1);
      if (before === undefined || slope.bytes * before.ms <= before.bytes * slope.ms) break;
      slopes.pop();
      slope = { ms: before.ms + slope.ms, bytes: before.bytes + slope.bytes };
    }
    slopes.push(slope);
  }
  const corners: DirtySample[] = [];
  let [overMs, dirtied] = [0, 0];
  for (const { ms, bytes } of slopes) {
    overMs += ms;
    // What fell is noise: memory that was dirtied stays so.
    dirtied += Math.max(0, bytes);
    corners.push({ overMs, bytes: dirtied });
  }
  return { corners };
}

/**
 * For a curve whose first corner is the shortest look that could be had. One that is flat behind it was bent before it as
 * well: a guest that writes to the same memory in each second writes to most of it in less than half of one.
 */
export function bentInward(curve: DirtyCurve): DirtyCurve {
  const { corners } = curve;
  const [first, second] = corners;
  if (first === undefined || second === undefined || first.bytes <= 0) return curve;
  const firstSlope = first.bytes / first.overMs;
  const secondSlope = (second.bytes - first.bytes) / (second.overMs - first.overMs);
  const bend = 1 - Math.min(1, secondSlope / firstSlope);
  const inner = { overMs: first.overMs * innerAt, bytes: first.bytes * (innerAt + innerRise * bend) };
  return { corners: [inner, ...corners] };
}

/** @returns bytes; never more for less time. */
export function dirtiedWithin({ corners }: DirtyCurve, ms: number): number {
  assert(ms >= 0, "time does not run backwards");
  let before: DirtySample = { overMs: 0, bytes: 0 };
  for (const [index, corner] of corners.entries()) {
    const isLast = index === corners.length - 1;
    if (ms <= corner.overMs || isLast) {
      const slope = (corner.bytes - before.bytes) / (corner.overMs - before.overMs);
      return before.bytes + slope * (ms - before.overMs);
    }
    before = corner;
  }
  return 0;
}

/** The same guest, writing `factor` times as much memory in the same time. */
export const scaledCurve = ({ corners }: DirtyCurve, factor: number): DirtyCurve => ({
  corners: corners.map(({ overMs, bytes }) => ({ overMs, bytes: bytes * factor })),
});

interface Slope {
  readonly ms: number;
  readonly bytes: number;
}

/** Rising in time; each the mean of the samples whose times differ by less than `alike`. */
function alikeTogether(samples: readonly DirtySample[]): readonly DirtySample[] {
  const groups: DirtySample[][] = [];
  const usable = samples.filter(({ overMs, bytes }) => overMs > 0 && bytes >= 0);
  for (const sample of usable.toSorted((a, b) => a.overMs - b.overMs || a.bytes - b.bytes)) {
    const group = groups.at(-1);
    if (group?.[0] !== undefined && sample.overMs <= group[0].overMs * alike) group.push(sample);
    else groups.push([sample]);
  }
  return groups.map((group) => ({
    overMs: mean(group.map(({ overMs }) => overMs)),
    bytes: mean(group.map(({ bytes }) => bytes)),
  }));
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Where the curve is bent, and by how much of its first corner: as 1 - exp(-3t) is when it has nearly reached its end at 1. */
const innerAt = 0.4;
const innerRise = 0.3;
/** Times that differ by less than this factor are one corner. */
const alike = 1.5;
