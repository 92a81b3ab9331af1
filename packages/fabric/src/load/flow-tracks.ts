/**
 * The tracks of many flows. To find the way of each of a hundred thousand flows takes long, and most of them are alike:
 * from a VM of one rack to one of another, in the same two segments. So a way is found once for all that are alike, between
 * two hosts that stand for theirs, and is then laid on the links of each flow's own hosts.
 *
 * A test holds the result against the ways found one by one.
 */
import type { DeviceKind, Flow } from "../fabric.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { alikeEndpoint } from "./alike-endpoints.ts";
import { alikeHost } from "./alike-hosts.ts";
import type { AlikeHost } from "./alike-hosts.ts";
import { holeFor, trackOf } from "./flow-track.ts";
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
  const { endOf, patterns, isBoxed } = index.remember(memories, "", () => memoryFor(index));
  return (flow) => {
    const [fromPlace, toPlace] = [placement?.get(flow.from), placement?.get(flow.to)];
    // What a session began with stays its own when its ends are elsewhere.
    const isPlaced = fromPlace !== undefined || toPlace !== undefined;
    if (isPlaced && flow.state === "pinned" && (isBoxed || flow.via !== undefined)) return alone(flow);
    const [from, to] = [endOf(flow.from, fromPlace), endOf(flow.to, toPlace)];
    if (from === undefined || to === undefined || flow.from === flow.to) return alone(flow);
    const key = keyOf(flow, from, to);
    let pattern = patterns.get(key);
    if (pattern === undefined) patterns.set(key, (pattern = patternOf(index, ways, flow, from, to)));
    // A reason names devices: it is told for each flow by itself.
    return pattern === "lost" ? alone(flow) : laid(pattern, from.host, to.host);
  };
}

interface Memory {
  /** @param place where it is, unless the document says. */
  readonly endOf: (endpoint: string, place: string | undefined) => End | undefined;
  readonly patterns: Map<string | number, Pattern>;
  /** Flows may meet boxes that keep sessions without naming them. */
  readonly isBoxed: boolean;
}

interface End {
  readonly device: string;
  readonly host: AlikeHost;
  /** Equal for endpoints that are alike and are on hosts that are alike. */
  readonly kind: number;
}

/** Found between hosts that stand for others, whose own links are left open. */
type Pattern = "lost" | FlowTrack;

const memories = memoTable<Memory>("ways of flows that are alike");

function memoryFor(index: FabricIndex): Memory {
  const ends = new Map<string, { readonly text: string; readonly end: End | undefined }>();
  const kinds = new Map<string, number>();
  const endAt = (text: string, device: string): End | undefined => {
    const host = alikeHost(index, device);
    if (host === undefined) return undefined;
    const key = `${host.group} ${text}`;
    const kind = kinds.get(key) ?? kinds.size;
    kinds.set(key, kind);
    return { device, host, kind };
  };
  return {
    endOf: (name, place) => {
      let known = ends.get(name);
      if (known === undefined) {
        const endpoint = index.endpoint(name);
        if (endpoint === undefined) return undefined;
        const text = alikeEndpoint(index, endpoint);
        ends.set(name, (known = { text, end: endAt(text, endpoint.device) }));
      }
      return place === undefined ? known.end : endAt(known.text, place);
    },
    patterns: new Map(),
    isBoxed: index.fabric.services.some(({ device }) => routesAsBox(index.device(device)?.kind)),
  };
}

const routesAsBox = (kind: DeviceKind | undefined): boolean => kind === "firewall" || kind === "load-balancer";

/** A number where that says it all: texts are dear when there are a hundred thousand of them. */
function keyOf({ via }: Flow, from: End, to: End): string | number {
  const isOneHost = from.device === to.device ? 1 : 0;
  const key = (from.kind * mostKinds + to.kind) * 2 + isOneHost;
  return via === undefined || via.length === 0 ? key : [key, ...via].join("\u0000");
}

/** A key of two kinds is a whole number that a double holds exactly. */
const mostKinds = 2 ** 25;

function patternOf(index: FabricIndex, ways: Ways, flow: Flow, from: End, to: End): Pattern {
  const isOneHost = from.device === to.device;
  const isOneGroup = from.host.group === to.host.group;
  const source = from.host.first;
  const target = isOneGroup && !isOneHost ? to.host.second : to.host.first;
  // Where everything is where the document has it, a session that exists takes the way of a new one.
  const model: Flow = { ...flow, state: "new" };
  const placement = new Map([
    [flow.from, source],
    [flow.to, target],
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

function laid({ forward, reverse }: FlowTrack, from: AlikeHost, to: AlikeHost): FlowTrack {
  const own = [from.own, to.own] as const;
  return { forward: laidOn(forward, own), reverse: laidOn(reverse, own) };
}

const laidOn = ({ places, shares, isUnsure }: Track, own: readonly [Int32Array, Int32Array]): Track => ({
  places,
  shares,
  own,
  isUnsure,
});
