/**
 * Routers and hashes split the traffic over ways, each taking its part. Where all of them arrive after as many hops, the
 * result is one way whose crossings bear shares; otherwise they stay alternatives.
 */
import type { KnownWay, WayPart } from "./compose.ts";
import { alternatives, scaled, smallest, sum } from "./compose.ts";
import type { Known, Leg, Way, Waypoint } from "./way.ts";

export function split(parts: readonly WayPart[], why: string): Way {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first.way;
  const known: KnownPart[] = [];
  for (const { probability, way } of parts) if (way.kind === "known") known.push({ probability, way });
  const hops = known[0]?.way.waypoints.length;
  if (known.length < parts.length || known.some(({ way }) => way.waypoints.length !== hops))
    return alternatives(parts, why);
  let latencyUs: Known<number> = { known: true, value: 0 };
  let mtu: number | undefined;
  const doubts = new Set<string>();
  for (const { probability, way } of known) {
    latencyUs = sum(latencyUs, scaled(way.latencyUs, probability));
    mtu = smallest(mtu, way.mtu);
    for (const doubt of way.doubts ?? []) doubts.add(doubt);
  }
  return {
    kind: "known",
    waypoints: waypointsOf(known),
    legs: legsOf(known),
    latencyUs,
    ...(mtu === undefined ? {} : { mtu }),
    ...(doubts.size === 0 ? {} : { doubts: [...doubts].toSorted() }),
  };
}

export function splitEqually(ways: readonly Way[], why: string): Way {
  return split(
    ways.map((way) => ({ probability: 1 / ways.length, way })),
    why,
  );
}

interface KnownPart {
  readonly probability: number;
  readonly way: KnownWay;
}

/** First all that stand first, then all that stand second, and so on; those that are the same once. */
function waypointsOf(parts: readonly KnownPart[]): readonly Waypoint[] {
  const merged: { readonly waypoint: Waypoint; probability: number }[] = [];
  const longest = Math.max(...parts.map(({ way }) => way.waypoints.length));
  for (let place = 0; place < longest; place += 1)
    for (const part of parts) {
      const waypoint = part.way.waypoints[place];
      if (waypoint === undefined) continue;
      const probability = part.probability * (waypoint.probability ?? 1);
      const known = merged.find((one) => isSameWaypoint(one.waypoint, waypoint));
      if (known === undefined) merged.push({ waypoint, probability });
      else known.probability += probability;
    }
  return merged.map(({ waypoint, probability }) => {
    if (!isWhole(probability)) return { ...waypoint, probability };
    const { probability: _, ...certain } = waypoint;
    return waypoint.probability === undefined ? waypoint : certain;
  });
}

const isSameWaypoint = (left: Waypoint, right: Waypoint): boolean =>
  left === right || (left.device === right.device && left.role === right.role && left.name === right.name);

interface LegPart {
  readonly leg: Leg;
  readonly probability: number;
}

function legsOf(parts: readonly KnownPart[]): readonly Leg[] {
  const merged: LegPart[][] = [];
  const longest = Math.max(...parts.map(({ way }) => way.legs.length));
  for (let place = 0; place < longest; place += 1)
    for (const { probability, way } of parts) {
      const leg = way.legs[place];
      if (leg === undefined) continue;
      const known = merged.find(([one]) => one !== undefined && isSameLeg(one.leg, leg));
      if (known === undefined) merged.push([{ leg, probability }]);
      else known.push({ leg, probability });
    }
  return merged.flatMap((legs) => mergedLeg(legs));
}

const isSameLeg = (left: Leg, right: Leg): boolean =>
  left === right || (left.segment === right.segment && left.from === right.from && left.to === right.to);

/** The same leg has the same crossings, in the same order. */
function mergedLeg(parts: readonly LegPart[]): readonly Leg[] {
  const [first] = parts;
  if (first === undefined) return [];
  const total = parts.reduce((part, { probability }) => part + probability, 0);
  if (isWhole(total) && parts.every(({ leg }) => leg === first.leg)) return [first.leg];
  const crossings = first.leg.crossings.map((crossing, at) => {
    const share = parts.reduce((part, { leg, probability }) => part + probability * (leg.crossings[at]?.share ?? 0), 0);
    return { ...crossing, share: isWhole(share) ? 1 : share };
  });
  return [{ ...first.leg, crossings }];
}

/** Thirds and sixths do not add up to 1 exactly. */
const rounding = 1e-9;
const isWhole = (share: number): boolean => Math.abs(share - 1) < rounding;
