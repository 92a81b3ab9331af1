/**
 * Ways are put together from stretches: one after the other, or as alternatives of which nothing says which is taken.
 * Side by side, where routers split the traffic, they are put in split.ts.
 *
 * A stretch is a `Way` that leaves out the device where it starts; the first waypoint of the whole is put before it. A way
 * that breaks keeps what was travelled, so that the break is seen where it is.
 */
import type { Known, Leg, Way, Waypoint } from "./way.ts";

export type KnownWay = Extract<Way, { kind: "known" }>;

/** A way that is taken with a probability, or by a part of the traffic. */
export interface WayPart {
  readonly probability: number;
  readonly way: Way;
}

/** Nothing travelled yet. */
const nothing: Known<number> = { known: true, value: 0 };
export const standing: KnownWay = { kind: "known", waypoints: [], legs: [], latencyUs: nothing };

export const at = (waypoint: Waypoint): KnownWay => ({ ...standing, waypoints: [waypoint] });

/** `next` is asked once for each way that may have been taken so far. */
export function andThen(way: Way, next: (soFar: KnownWay) => Way): Way {
  switch (way.kind) {
    case "known":
      return joined(way, next(way));
    case "open":
      return alternatives(
        way.ways.map((branch) => ({ probability: branch.probability, way: andThen(branch.way, next) })),
        way.why,
      );
    case "broken":
    case "unknown":
      return way;
  }
}

/** Stretches of which each begins where the one before ends. A fabric has hundreds of thousands of these. */
export function inRow(stretches: readonly Way[]): Way {
  const known: KnownWay[] = [];
  for (const stretch of stretches) {
    if (stretch.kind !== "known") return stretches.reduceRight((rest, one) => andThen(one, () => rest));
    known.push(stretch);
  }
  return chained(known);
}

/** Several ways are possible, and nothing says which is taken. Alternatives within alternatives are spread out. */
export function alternatives(ways: readonly WayPart[], why: string): Way {
  const [first] = ways;
  if (ways.length === 1 && first !== undefined) return first.way;
  const spread = ways.flatMap(({ probability, way }) =>
    way.kind === "open"
      ? way.ways.map((inner) => ({ probability: probability * inner.probability, way: inner.way }))
      : [{ probability, way }],
  );
  const reasons = new Set([why, ...ways.flatMap(({ way }) => (way.kind === "open" ? way.why.split("; ") : []))]);
  return { kind: "open", ways: spread, why: [...reasons].join("; ") };
}

export function scaled(part: Known<number>, factor: number): Known<number> {
  return part.known ? { known: true, value: part.value * factor } : part;
}

export function sum(left: Known<number>, right: Known<number>): Known<number> {
  if (!left.known) return left;
  if (right === nothing) return left;
  if (left === nothing) return right;
  return right.known ? { known: true, value: left.value + right.value } : right;
}

function joined(way: KnownWay, rest: Way): Way {
  if (way === standing) return rest;
  switch (rest.kind) {
    case "known":
      return chained([way, rest]);
    case "broken":
      return { ...rest, waypoints: [...way.waypoints, ...rest.waypoints], legs: [...way.legs, ...rest.legs] };
    case "open":
      return {
        ...rest,
        ways: rest.ways.map((branch) => ({ probability: branch.probability, way: joined(way, branch.way) })),
      };
    case "unknown":
      return rest;
  }
}

function chained(ways: readonly KnownWay[]): KnownWay {
  const waypoints: Waypoint[] = [];
  const legs: Leg[] = [];
  let latencyUs: Known<number> = nothing;
  let mtu: number | undefined;
  let doubts: readonly string[] | undefined;
  for (const way of ways) {
    for (const waypoint of way.waypoints) waypoints.push(waypoint);
    for (const leg of way.legs) legs.push(leg);
    latencyUs = sum(latencyUs, way.latencyUs);
    mtu = smallest(mtu, way.mtu);
    if (way.doubts !== undefined) doubts = [...new Set([...(doubts ?? []), ...way.doubts])];
  }
  const chain: KnownWay = { kind: "known", waypoints, legs, latencyUs };
  if (doubts === undefined) return mtu === undefined ? chain : { ...chain, mtu };
  return { ...chain, ...(mtu === undefined ? {} : { mtu }), doubts };
}

/** Of those that are said. */
export function smallest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}
