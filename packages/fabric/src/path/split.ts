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
  const hops = new Set(known.map(({ way }) => hopsOf(way)));
  if (known.length < parts.length || hops.size > 1) return alternatives(parts, why);
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

/** Every part of the traffic passes one waypoint at each hop, so that their probabilities add up to the hops. */
const hopsOf = ({ waypoints }: KnownWay): number =>
  Math.round(waypoints.reduce((sum, { probability = 1 }) => sum + probability, 0));

/** Those of the first hop first, those that are the same once. */
function waypointsOf(parts: readonly KnownPart[]): readonly Waypoint[] {
  const merged: { readonly waypoint: Waypoint; probability: number }[] = [];
  const layers = parts.map(({ way }) => layersOf(way.waypoints, ({ probability = 1 }) => probability));
  for (let hop = 0; layers.some((layer) => hop < layer.length); hop += 1)
    for (const [number, layer] of layers.entries())
      for (const waypoint of layer[hop] ?? []) {
        const probability = (parts[number]?.probability ?? 0) * (waypoint.probability ?? 1);
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

/** Cuts a list where its parts have added up to one more. */
function layersOf<Part>(list: readonly Part[], partOf: (part: Part) => number): readonly (readonly Part[])[] {
  const layers: Part[][] = [];
  let sum = 0;
  for (const part of list) {
    const layer = Math.floor(sum + rounding);
    for (let next = layers.length; next <= layer; next += 1) layers.push([]);
    layers[layer]?.push(part);
    sum += partOf(part);
  }
  return layers;
}

const isSameWaypoint = (left: Waypoint, right: Waypoint): boolean =>
  left === right || (left.device === right.device && left.role === right.role && left.name === right.name);

interface LegPart {
  readonly leg: Leg;
  readonly probability: number;
}

function legsOf(parts: readonly KnownPart[]): readonly Leg[] {
  const merged: LegPart[][] = [];
  const layers = parts.map(({ way }) => layersOf(way.legs, shareOf));
  for (let hop = 0; layers.some((layer) => hop < layer.length); hop += 1)
    for (const [number, layer] of layers.entries())
      for (const leg of layer[hop] ?? []) {
        const probability = parts[number]?.probability ?? 0;
        const known = merged.find(([one]) => one !== undefined && isSameLeg(one.leg, leg));
        if (known === undefined) merged.push([{ leg, probability }]);
        else known.push({ leg, probability });
      }
  return merged.flatMap((legs) => mergedLeg(legs));
}

/** Which part of the traffic goes this leg. */
function shareOf({ from, crossings }: Leg): number {
  // A leg within a device has no crossing to tell; it is whole, because only links split the traffic.
  if (crossings.length === 0) return 1;
  return crossings.reduce((sum, crossing) => sum + (crossing.from === from ? crossing.share : 0), 0);
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
