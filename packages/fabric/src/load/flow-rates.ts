/**
 * Flows that do not get what they want: max-min among all that cross a link on which more is asked for than it has. Links
 * with room enough stop nobody, so only the crowded ones and the flows over them are looked at.
 */
import type { Flow } from "../fabric.ts";
import { directionAt } from "./flow-track.ts";
import type { FlowTrack, Track } from "./flow-track.ts";
import type { LinkTable } from "./link-table.ts";
import { maxMin } from "./max-min.ts";
import type { FairFlow } from "./max-min.ts";
import type { LimitedBy } from "./move-rates.ts";

export interface SlowedFlow {
  readonly flow: string;
  readonly direction: keyof FlowTrack;
  readonly wantedBps: number;
  readonly bps: number;
  readonly limitedBy: LimitedBy;
}

/** @param tracks beside `flows`. @returns those that get less than they want, in the order of the flows; all others are limited by their cap. */
export function slowedFlows(
  table: LinkTable,
  flows: readonly Flow[],
  tracks: readonly FlowTrack[],
  wantedBps: (direction: number) => number,
): readonly SlowedFlow[] {
  const crowded = new Int32Array(table.directions.length).fill(notCrowded);
  const capacities: number[] = [];
  const links: string[] = [];
  table.directions.forEach(({ link, capacityBps }, at) => {
    if (capacityBps === undefined || wantedBps(at) <= capacityBps * (1 + rounding)) return;
    crowded[at] = capacities.push(capacityBps) - 1;
    links.push(link);
  });
  if (capacities.length === 0) return [];

  const crossing: { flow: Flow; direction: keyof FlowTrack; fair: FairFlow; rateBps: number }[] = [];
  const take = (flow: Flow, direction: keyof FlowTrack, track: Track, rateBps: number): void => {
    const shares = new Map<number, number>();
    for (let place = 0; place < track.shares.length; place += 1) {
      const link = crowded[directionAt(track, place)] ?? notCrowded;
      if (link !== notCrowded) shares.set(link, (shares.get(link) ?? 0) + (track.shares[place] ?? 0));
    }
    if (shares.size === 0) return;
    const fair = { path: [...shares.keys()], shares: [...shares.values()], capBps: rateBps };
    crossing.push({ flow, direction, fair, rateBps });
  };
  for (const [at, flow] of flows.entries()) {
    const track = tracks[at];
    if (track === undefined) continue;
    take(flow, "forward", track.forward, flow.rateBps);
    if ((flow.reverseRateBps ?? 0) > 0) take(flow, "reverse", track.reverse, flow.reverseRateBps ?? 0);
  }
  const { ratesBps, stoppedBy } = maxMin(
    crossing.map(({ fair }) => fair),
    capacities,
  );
  return crossing.flatMap(({ flow, direction, rateBps }, at) => {
    const bps = ratesBps[at] ?? 0;
    if (bps >= rateBps * (1 - rounding)) return [];
    return [
      {
        flow: flow.name,
        direction,
        wantedBps: rateBps,
        bps,
        limitedBy: `link:${links[stoppedBy[at] ?? 0] ?? ""}` as const,
      },
    ];
  });
}

const notCrowded = -1;
const rounding = 1e-9;
