/**
 * Who was active in a group of routers, and were there two at once? Hellos come every few seconds; a router that is not heard
 * for its hold time is gone. Two are active at once for certain where one was heard between two hellos of the other that lie
 * closer together than that. Where each was heard in another place and at about the same time, it may be so.
 */
import { endText, grouped } from "./lookup.ts";
import type { GatewayHello } from "./observation.ts";

export interface ActiveRouters {
  /** The last that was heard as active. */
  readonly last: GatewayHello;
  /** The last hello of each that was active at once, by address; `last` alone where there was no split. */
  readonly actives: readonly GatewayHello[];
  readonly isSplit: "yes" | "no" | "unknown";
}

/** @param hellos of one group. undefined where nobody was active. */
export function activeRouters(hellos: readonly GatewayHello[]): ActiveRouters | undefined {
  const active = hellos.filter(({ state }) => state === "active").toSorted(byTime);
  const last = active.at(-1);
  if (last === undefined) return undefined;
  const bySource = [...grouped(active, ({ source }) => source).entries()].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const certain = new Set<string>();
  const possible = new Set<string>();
  const steppedDown = lastSteps(hellos);
  for (const [index, [first, own]] of bySource.entries())
    for (const [second, other] of bySource.slice(index + 1)) {
      if (isInterleaved(own, other) || isInterleaved(other, own))
        for (const source of [first, second]) certain.add(source);
      else if (isAboutTheSameTime(own, other, steppedDown)) for (const source of [first, second]) possible.add(source);
    }
  const lastOf = (sources: ReadonlySet<string>): readonly GatewayHello[] =>
    bySource.flatMap(([source, own]) => (sources.has(source) ? (own.at(-1) ?? []) : []));
  if (certain.size > 0) return { last, actives: lastOf(certain), isSplit: "yes" };
  if (possible.size > 0) return { last, actives: lastOf(possible), isSplit: "unknown" };
  return { last, actives: [last], isSplit: "no" };
}

function isInterleaved(own: readonly GatewayHello[], other: readonly GatewayHello[]): boolean {
  return own.some((hello, index) => {
    const next = own[index + 1];
    if (next === undefined || next.atMs - hello.atMs >= hello.holdMs) return false;
    const between = other[firstAfter(other, hello.atMs)];
    return between !== undefined && between.atMs < next.atMs;
  });
}

/** Seen in one place, one after the other is a take-over; and who was heard to step down did not stay. */
function isAboutTheSameTime(
  own: readonly GatewayHello[],
  other: readonly GatewayHello[],
  steppedDown: ReadonlyMap<string, number>,
): boolean {
  const follows = (first: readonly GatewayHello[], second: readonly GatewayHello[]): boolean =>
    first.some((earlier) => {
      if ((steppedDown.get(earlier.source) ?? Number.NEGATIVE_INFINITY) >= earlier.atMs) return false;
      for (let index = firstAfter(second, earlier.atMs - 1); index < second.length; index += 1) {
        const later = second[index];
        if (later === undefined || later.atMs - earlier.atMs > earlier.holdMs) return false;
        if (endText(later.where) !== endText(earlier.where)) return true;
      }
      return false;
    });
  return follows(own, other) || follows(other, own);
}

/** When each router was last heard in another role than the active one. */
function lastSteps(hellos: readonly GatewayHello[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { source, state, atMs } of hellos)
    if (state !== "active") last.set(source, Math.max(atMs, last.get(source) ?? Number.NEGATIVE_INFINITY));
  return last;
}

/** Index of the first that is later, in a list by time: hellos come by the thousand. */
function firstAfter(hellos: readonly GatewayHello[], atMs: number): number {
  let [low, high] = [0, hellos.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hellos[middle]?.atMs ?? Number.POSITIVE_INFINITY) > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

const byTime = (left: GatewayHello, right: GatewayHello): number =>
  left.atMs - right.atMs || (left.source < right.source ? -1 : left.source > right.source ? 1 : 0);
