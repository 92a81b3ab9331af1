/**
 * Ways are put together from stretches: one after the other, side by side where routers split the traffic equally, or as
 * alternatives of which nothing says which is taken.
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

/**
 * Routers and hashes split the traffic over ways, each taking its part. Where all of them arrive after as many hops, the
 * result is one way whose crossings bear shares.
 */
export function split(parts: readonly WayPart[], why: string): Way {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first.way;
  const known = parts.flatMap(({ probability, way }) => (way.kind === "known" ? [{ probability, way }] : []));
  const lengths = new Set(known.map(({ way }) => way.waypoints.length));
  if (known.length < parts.length || lengths.size > 1) return alternatives(parts, why);
  const mtu = smallest(known.map(({ way }) => way.mtu));
  const doubts = [...new Set(known.flatMap(({ way }) => way.doubts ?? []))].toSorted();
  const waypoints = layered(
    known.map(({ probability, way }) => way.waypoints.map((waypoint) => ({ waypoint, probability }))),
  );
  const legs = layered(known.map(({ probability, way }) => way.legs.map((leg) => ({ leg, probability }))));
  return {
    kind: "known",
    waypoints: waypoints.reduce<Waypoint[]>(
      (merged, { waypoint, probability }) => addWaypoint(merged, waypoint, probability),
      [],
    ),
    legs: legs.reduce<Leg[]>((merged, { leg, probability }) => addLeg(merged, leg, probability), []),
    latencyUs: known
      .map(({ probability, way }) => scaled(way.latencyUs, probability))
      .reduce(sum, { known: true, value: 0 }),
    ...(mtu === undefined ? {} : { mtu }),
    ...(doubts.length === 0 ? {} : { doubts }),
  };
}

export function splitEqually(ways: readonly Way[], why: string): Way {
  return split(
    ways.map((way) => ({ probability: 1 / ways.length, way })),
    why,
  );
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
      const mtu = smallest([way.mtu, rest.mtu]);
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

/** First all that stands first, then all that stands second, and so on. */
function layered<Part>(lists: readonly (readonly Part[])[]): readonly Part[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, place) =>
    lists.flatMap((list) => {
      const part = list[place];
      return part === undefined ? [] : [part];
    }),
  ).flat();
}

function addWaypoint(merged: Waypoint[], waypoint: Waypoint, share: number): Waypoint[] {
  const { probability = 1, ...rest } = waypoint;
  const place = merged.findIndex(
    ({ device, role, name }) => device === rest.device && role === rest.role && name === rest.name,
  );
  const total = (merged[place]?.probability ?? 0) + probability * share;
  const added: Waypoint = isWhole(total) ? rest : { ...rest, probability: total };
  if (place < 0) merged.push(added);
  else merged[place] = added;
  return merged;
}

function addLeg(merged: Leg[], leg: Leg, share: number): Leg[] {
  const place = merged.findIndex(
    ({ segment, from, to }) => segment === leg.segment && from === leg.from && to === leg.to,
  );
  const crossings = leg.crossings.map((crossing) => ({ ...crossing, share: crossing.share * share }));
  const known = merged[place];
  if (known === undefined) {
    merged.push({ ...leg, crossings });
    return merged;
  }
  // The same leg has the same crossings, in the same order.
  merged[place] = {
    ...known,
    crossings: known.crossings.map((crossing, index) =>
      whole({ ...crossing, share: crossing.share + (crossings[index]?.share ?? 0) }),
    ),
  };
  return merged;
}

/** Thirds and sixths do not add up to 1 exactly. */
const rounding = 1e-9;
const isWhole = (share: number): boolean => Math.abs(share - 1) < rounding;
const whole = <Part extends { readonly share: number }>(part: Part): Part =>
  isWhole(part.share) ? { ...part, share: 1 } : part;

function smallest(sizes: readonly (number | undefined)[]): number | undefined {
  const said = sizes.filter((size) => size !== undefined);
  return said.length === 0 ? undefined : Math.min(...said);
}
