/** What a way comes to: crossings between sites, latency, and whether two directions pass the same boxes. */
import type { Tri } from "../fabric.ts";
import { scaled, sum } from "./compose.ts";
import type { Known, Way, Waypoint } from "./way.ts";

/** How often it goes from one site to another; the mean where the way is open. A broken way counts as far as it got. */
export function siteCrossingsOf(way: Way): number {
  switch (way.kind) {
    case "known":
    case "broken": {
      let total = 0;
      for (const { crossings } of way.legs)
        for (const crossing of crossings) if (crossing.isBetweenSites) total += crossing.share;
      return total;
    }
    case "open":
      return way.ways.reduce((total, branch) => total + branch.probability * siteCrossingsOf(branch.way), 0);
    case "unknown":
      return 0;
  }
}

/** One way, in microseconds; the mean where the way is open. */
export function latencyOf(way: Way): Known<number> {
  switch (way.kind) {
    case "known":
      return way.latencyUs;
    case "broken":
      return { known: false, why: way.why.message };
    case "open":
      return way.ways
        .map(({ probability, way: branch }) => scaled(latencyOf(branch), probability))
        .reduce(sum, { known: true, value: 0 });
    case "unknown":
      return { known: false, why: way.why };
  }
}

/** Do the two directions pass different gateways, routers or services? Unknown where a direction does not arrive. */
export function asymmetryOf(forward: Way, reverse: Way): Tri {
  if (forward.kind === "known" && reverse.kind === "known" && isMirrored(forward.waypoints, reverse.waypoints))
    return "no";
  const there = boxesOf(forward);
  const back = boxesOf(reverse);
  if (there === undefined || back === undefined) return "unknown";
  const verdicts = new Set(there.flatMap((boxes) => back.map((others) => boxes === others)));
  if (verdicts.size !== 1) return "unknown";
  return verdicts.has(true) ? "no" : "yes";
}

/** The usual case, told without sorting. */
function isMirrored(there: readonly Waypoint[], back: readonly Waypoint[]): boolean {
  return there.length === back.length && there.every(({ device }, place) => device === back.at(-1 - place)?.device);
}

/** The devices between the ends, sorted, for each way that may be taken. */
function boxesOf(way: Way): readonly string[] | undefined {
  switch (way.kind) {
    case "known": {
      const between = way.waypoints.filter(({ role }) => role !== "endpoint").map(({ device }) => device);
      return [[...new Set(between)].toSorted().join("\u0000")];
    }
    case "open": {
      const lists = way.ways.map((branch) => boxesOf(branch.way));
      return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
    }
    case "broken":
    case "unknown":
      return undefined;
  }
}
