/**
 * The tracks of many flows. To find the way of each of a hundred thousand flows takes long, and most of them are alike:
 * from a VM of one rack to one of another, in the same two segments. So a way is found once for all that are alike, between
 * two hosts that stand for theirs, and is then laid on the links of each flow's own hosts.
 *
 * A test holds the result against the ways found one by one.
 */
import type { Flow } from "../fabric.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { alikeFlow } from "./alike-flows.ts";
import type { AlikeFlow } from "./alike-flows.ts";
import { alikeHost } from "./alike-hosts.ts";
import { holeFor, trackOf, withEndsSwapped } from "./flow-track.ts";
import type { FlowTrack, Track } from "./flow-track.ts";
import { linkTable } from "./link-table.ts";
import type { Ways } from "./ways.ts";

export type TrackFinder = (flow: Flow) => FlowTrack;

/** Every way found for itself. */
export function singleTracks(index: FabricIndex, ways: Ways, placement: Placement | undefined): TrackFinder {
  const table = linkTable(index);
  return (flow) => {
    const { forward, reverse } = ways.flowWays(flow, placement);
    return { forward: trackOf(table, forward), reverse: trackOf(table, reverse) };
  };
}

/** Ways of flows that are alike found once. */
export function sharedTracks(index: FabricIndex, ways: Ways, placement: Placement | undefined): TrackFinder {
  const alone = singleTracks(index, ways, placement);
  const patterns = index.remember(patternTables, "", () => new Map<string | number, Pattern>());
  return (flow) => {
    const alike = alikeFlow(index, flow, placement);
    if (alike === undefined) return alone(flow);
    let pattern = patterns.get(alike.key);
    if (pattern === undefined) {
      const back = alike.mirrored === undefined ? undefined : patterns.get(alike.mirrored);
      pattern = back === undefined ? patternOf(index, ways, flow, alike) : mirrored(back);
      patterns.set(alike.key, pattern);
    }
    // A reason names devices: it is told for each flow by itself.
    return pattern === "lost" ? alone(flow) : laid(pattern, alike);
  };
}

/** Found between hosts that stand for others, whose own links are left open. */
type Pattern = "lost" | FlowTrack;

const patternTables = memoTable<Map<string | number, Pattern>>("ways of flows that are alike");

function patternOf(index: FabricIndex, ways: Ways, flow: Flow, { from, to }: AlikeFlow): Pattern {
  const isOneHost = from.device === to.device;
  const isOneGroup = from.host.group === to.host.group;
  const source = from.host.first;
  const target = isOneGroup && !isOneHost ? to.host.second : to.host.first;
  // What was worked out for those that stand for others is remembered, so the same ones are taken each time.
  const [fromModel = flow.from] = from.models;
  const toModel = to.models.find((name) => name !== fromModel) ?? flow.to;
  // Where everything is where the document has it, a session that exists takes the way of a new one.
  const model: Flow = { ...flow, from: fromModel, to: toModel, state: "new" };
  const placement = new Map([
    [fromModel, source],
    [toModel, target],
  ]);
  const { forward, reverse } = singleTracks(index, ways, placement)(model);
  if (forward.lost !== undefined || reverse.lost !== undefined) return "lost";
  const holes = new Map<number, number>();
  const open = (device: string, end: 0 | 1): void => {
    for (const [n, direction] of (alikeHost(index, device)?.own ?? []).entries()) holes.set(direction, holeFor(end, n));
  };
  open(target, 1);
  open(source, 0);
  const opened = (track: Track): Track => ({ ...track, places: track.places.map((at) => holes.get(at) ?? at) });
  return { forward: opened(forward), reverse: opened(reverse) };
}

const mirrored = (pattern: Pattern): Pattern =>
  pattern === "lost"
    ? pattern
    : { forward: withEndsSwapped(pattern.reverse), reverse: withEndsSwapped(pattern.forward) };

function laid({ forward, reverse }: FlowTrack, { from, to }: AlikeFlow): FlowTrack {
  const own = [from.host.own, to.host.own] as const;
  return { forward: laidOn(forward, own), reverse: laidOn(reverse, own) };
}

const laidOn = ({ places, shares, isUnsure }: Track, own: readonly [Int32Array, Int32Array]): Track => ({
  places,
  shares,
  own,
  isUnsure,
});
