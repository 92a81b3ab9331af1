/**
 * Ways are put together from stretches: one after the other, or as alternatives of which nothing says which is taken.
 * Side by side, where routers split the traffic, they are put in split.ts.
 *
 * A stretch is a `Way` that leaves out the device where it starts; the first waypoint of the whole is put before it. A way
 * that breaks keeps what was travelled, so that the break is seen where it is.
 */
import type { Known, Way, Waypoint } from "./way.ts";

export type KnownWay = Extract<Way, { kind: "known" }>;

/** A way that is taken with a probability, or by a part of the traffic. */
export interface WayPart {
  readonly probability: number;
  readonly way: Way;
}

/** Nothing travelled yet. */
export const standing: KnownWay = { kind: "known", waypoints: [], legs: [], latencyUs: { known: true, value: 0 } };

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

/** Stretches of which each begins where the one before ends. */
export function inRow(stretches: readonly Way[]): Way {
  return stretches.reduceRight((rest, stretch) =>
    stretch.kind === "known" ? joined(stretch, rest) : andThen(stretch, () => rest),
  );
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
  if (right.known && right.value === 0) return left;
  return right.known ? { known: true, value: left.value + right.value } : right;
}

function joined(way: KnownWay, rest: Way): Way {
  if (way === standing) return rest;
  const waypoints = way.waypoints;
  const legs = way.legs;
  switch (rest.kind) {
    case "known": {
      const both = {
        kind: "known",
        waypoints: [...waypoints, ...rest.waypoints],
        // Hundreds of thousands of ways share the legs that they have in common.
        legs: rest.legs.length === 0 ? legs : legs.length === 0 ? rest.legs : [...legs, ...rest.legs],
        latencyUs: sum(way.latencyUs, rest.latencyUs),
      } as const;
      const mtu = smallest(way.mtu, rest.mtu);
      if (mtu === undefined && way.doubts === undefined && rest.doubts === undefined) return both;
      const doubts = [...new Set([...(way.doubts ?? []), ...(rest.doubts ?? [])])];
      return { ...both, ...(mtu === undefined ? {} : { mtu }), ...(doubts.length === 0 ? {} : { doubts }) };
    }
    case "broken":
      return { ...rest, waypoints: [...waypoints, ...rest.waypoints], legs: [...legs, ...rest.legs] };
    case "open":
      return {
        ...rest,
        ways: rest.ways.map((branch) => ({ probability: branch.probability, way: joined(way, branch.way) })),
      };
    case "unknown":
      return rest;
  }
}

/** Of those that are said. */
export function smallest(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return Math.min(left, right);
}
