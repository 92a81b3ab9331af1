/**
 * Paired measurements. Two ways of doing the same thing are measured in turn, A B A B, so that whatever else the machine
 * does falls on both; each pair gives one ratio, and only ratios are compared between runs.
 */
import { assert } from "@trunkline/model";

export interface Pair<T> {
  readonly a: T;
  readonly b: T;
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export async function alternate<T>(
  pairs: number,
  a: (index: number) => Promise<T>,
  b: (index: number) => Promise<T>,
): Promise<readonly Pair<T>[]> {
  const results: Pair<T>[] = [];
  for (let index = 0; index < pairs; index += 1) results.push({ a: await a(index), b: await b(index) });
  return results;
}

/** B in relation to A: below one, B needs less. */
export function ratios<T>(pairs: readonly Pair<T>[], figure: (measured: T) => number): Spread {
  return spreadOf(pairs.map(({ a, b }) => figure(b) / figure(a)));
}

export function spreadOf(values: readonly number[]): Spread {
  return { min: quantile(values, 0), median: quantile(values, 0.5), max: quantile(values, 1) };
}

/** Between two neighbours the value in proportion (type 7 of Hyndman and Fan 1996, the default of R). NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  assert(share >= 0 && share <= 1, "a quantile lies between 0 and 1");
  if (values.some(Number.isNaN)) return Number.NaN;
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
