/**
 * Flows that do not get what they want: max-min among all that cross a link on which more is asked for than it has. Links
 * with room enough stop nobody, so only the crowded ones and the flows over them are looked at.
 */
import type { Flow } from "../fabric.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import type { Way } from "../path/way.ts";
import type { FlowLoads, UncountedFlow } from "./flow-loads.ts";
import { linkTable } from "./link-table.ts";
import { maxMin } from "./max-min.ts";
import type { FairFlow } from "./max-min.ts";
import type { LimitedBy } from "./move-rates.ts";
import type { Ways } from "./ways.ts";

export interface SlowedFlow {
  readonly flow: string;
  readonly direction: UncountedFlow["direction"];
  readonly wantedBps: number;
  readonly bps: number;
  readonly limitedBy: LimitedBy;
}

/** @returns those that get less than they want, in the order of the flows; all others are limited by their cap. */
export function slowedFlows(
  index: FabricIndex,
  ways: Ways,
  flows: readonly Flow[],
  placement: Placement | undefined,
  loads: FlowLoads,
): readonly SlowedFlow[] {
  const table = linkTable(index);
  const crowded = new Map<number, number>();
  const capacities: number[] = [];
  const links: string[] = [];
  table.directions.forEach(({ link, capacityBps }, at) => {
    if (capacityBps === undefined || (loads.bps[at] ?? 0) <= capacityBps * (1 + rounding)) return;
    crowded.set(at, capacities.push(capacityBps) - 1);
    links.push(link);
  });
  if (crowded.size === 0) return [];

  const crossing: { flow: Flow; direction: UncountedFlow["direction"]; fair: FairFlow; wantedBps: number }[] = [];
  const take = (flow: Flow, direction: UncountedFlow["direction"], way: Way, wantedBps: number): void => {
    const shares = new Map<number, number>();
    const numberOf = (link: string, from: string): number | undefined => {
      const at = table.numberOf(link, from);
      return at === undefined ? undefined : crowded.get(at);
    };
    addShares(shares, numberOf, way, 1);
    if (shares.size === 0) return;
    const fair = { path: [...shares.keys()], shares: [...shares.values()], capBps: wantedBps };
    crossing.push({ flow, direction, fair, wantedBps });
  };
  for (const flow of flows) {
    const path = ways.flowWays(flow, placement);
    take(flow, "forward", path.forward, flow.rateBps);
    if ((flow.reverseRateBps ?? 0) > 0) take(flow, "reverse", path.reverse, flow.reverseRateBps ?? 0);
  }
  const { ratesBps, stoppedBy } = maxMin(
    crossing.map(({ fair }) => fair),
    capacities,
  );
  return crossing.flatMap(({ flow, direction, wantedBps }, at) => {
    const bps = ratesBps[at] ?? 0;
    if (bps >= wantedBps * (1 - rounding)) return [];
    return [
      { flow: flow.name, direction, wantedBps, bps, limitedBy: `link:${links[stoppedBy[at] ?? 0] ?? ""}` as const },
    ];
  });
}

function addShares(
  shares: Map<number, number>,
  numberOf: (link: string, from: string) => number | undefined,
  way: Way,
  probability: number,
): void {
  if (way.kind === "open")
    for (const one of way.ways) addShares(shares, numberOf, one.way, probability * one.probability);
  if (way.kind !== "known") return;
  for (const leg of way.legs)
    for (const { link, from, share } of leg.crossings) {
      const at = numberOf(link, from);
      if (at !== undefined) shares.set(at, (shares.get(at) ?? 0) + share * probability);
    }
}

const rounding = 1e-9;
