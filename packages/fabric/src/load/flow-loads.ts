/**
 * What flows put on each link. A flow is split over equal ways like a fluid, by the shares of its crossings, and asks for
 * its whole rate: what all of them want may be more than a link has.
 *
 * What cannot be placed is listed with the reason, never counted as nothing without a word: a flow whose way is not known
 * loads some links, we cannot tell which. A flow that does not arrive loads none.
 */
import type { Flow } from "../fabric.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { directionAt } from "./flow-track.ts";
import type { FlowTrack, LostTrack, Track } from "./flow-track.ts";
import { sharedTracks } from "./flow-tracks.ts";
import type { TrackFinder } from "./flow-tracks.ts";
import { trafficClasses } from "./host-shaping.ts";
import { linkTable } from "./link-table.ts";
import type { LinkTable } from "./link-table.ts";
import type { Ways } from "./ways.ts";

/** Sums by the number of the link's direction. */
export interface FlowLoads {
  readonly bps: Float64Array;
  /** `trafficClasses.length` numbers for each direction, in that order. */
  readonly byClassBps: Float64Array;
  /** How many flows go there by a way that is not certain: by one of several, or by one that may be another. */
  readonly uncertain: Int32Array;
  /** In the order of the flows. */
  readonly uncounted: ReadonlyMap<string, UncountedFlow>;
}

export interface UncountedFlow extends LostTrack {
  readonly flow: string;
  readonly direction: keyof FlowTrack;
}

/** Sums that change; `add` takes -1 to remove what was added before. */
export class LoadSums implements FlowLoads {
  readonly bps: Float64Array;
  readonly byClassBps: Float64Array;
  readonly uncertain: Int32Array;
  readonly uncounted: Map<string, UncountedFlow>;
  readonly #isTouched: Uint8Array;
  #touched: number[] = [];

  constructor(table: LinkTable, from?: FlowLoads) {
    const links = table.directions.length;
    this.bps = from?.bps.slice() ?? new Float64Array(links);
    this.byClassBps = from?.byClassBps.slice() ?? new Float64Array(links * trafficClasses.length);
    this.uncertain = from?.uncertain.slice() ?? new Int32Array(links);
    this.uncounted = new Map(from?.uncounted);
    this.#isTouched = new Uint8Array(links);
  }

  add(flow: Flow, { forward, reverse }: FlowTrack, sign: 1 | -1): void {
    this.#addTrack(flow, "forward", forward, flow.rateBps, sign);
    const reverseBps = flow.reverseRateBps ?? 0;
    if (reverseBps > 0) this.#addTrack(flow, "reverse", reverse, reverseBps, sign);
  }

  /** Directions that were added to or removed from since this was asked last. */
  touchedSinceAsked(): readonly number[] {
    const touched = this.#touched;
    this.#touched = [];
    for (const at of touched) this.#isTouched[at] = 0;
    return touched;
  }

  #addTrack(flow: Flow, direction: keyof FlowTrack, track: Track, bps: number, sign: 1 | -1): void {
    const { shares, isUnsure, lost } = track;
    const classAt = trafficClasses.indexOf(flow.trafficClass ?? "vm");
    for (let place = 0; place < shares.length; place += 1) {
      const at = directionAt(track, place);
      const more = bps * (shares[place] ?? 0) * sign;
      const inClass = at * trafficClasses.length + classAt;
      this.bps[at] = (this.bps[at] ?? 0) + more;
      this.byClassBps[inClass] = (this.byClassBps[inClass] ?? 0) + more;
      if (isUnsure) this.uncertain[at] = (this.uncertain[at] ?? 0) + sign;
      if (this.#isTouched[at] === 0) {
        this.#isTouched[at] = 1;
        this.#touched.push(at);
      }
    }
    if (lost === undefined) return;
    const key = `${flow.name} ${direction}`;
    if (sign === 1) this.uncounted.set(key, { flow: flow.name, direction, ...lost });
    else this.uncounted.delete(key);
  }
}

const ofTheFabric = memoTable<FlowLoads>("loads of the fabric's flows");
const tracksOfTheFabric = memoTable<readonly FlowTrack[]>("tracks of the fabric's flows");

/** The sum of all flows, always in the same order, so that it is the same to the last bit. Default: the fabric's own. */
export function flowLoads(
  index: FabricIndex,
  ways: Ways,
  flows: readonly Flow[] | undefined,
  placement: Placement | undefined,
): FlowLoads {
  if (flows === undefined && placement === undefined)
    return index.remember(ofTheFabric, "", () => summed(index, flowsInOrder(index), tracksInOrder(index, ways)));
  const all = flows === undefined ? flowsInOrder(index) : inOrder(flows);
  return summed(index, all, all.map(sharedTracks(index, ways, placement)));
}

/** Beside `flowsInOrder`. */
export function tracksInOrder(index: FabricIndex, ways: Ways): readonly FlowTrack[] {
  return index.remember(tracksOfTheFabric, "", () => flowsInOrder(index).map(sharedTracks(index, ways, undefined)));
}

function summed(index: FabricIndex, flows: readonly Flow[], tracks: readonly FlowTrack[]): FlowLoads {
  const sums = new LoadSums(linkTable(index));
  for (const [at, flow] of flows.entries()) {
    const track = tracks[at];
    if (track !== undefined) sums.add(flow, track, 1);
  }
  return sums;
}

/** What is added to the sums, by the number of the direction. */
export interface LoadChange {
  readonly bps: ReadonlyMap<number, number>;
  readonly uncertain: ReadonlyMap<number, number>;
  /** Of the flows that were looked at. */
  readonly uncounted: { readonly before: readonly UncountedFlow[]; readonly after: readonly UncountedFlow[] };
}

/** @param flows those that begin or end at what is placed elsewhere: no other takes another way. */
export function loadChange(flows: readonly Flow[], before: TrackFinder, after: TrackFinder): LoadChange {
  const [bps, uncertain] = [new Map<number, number>(), new Map<number, number>()];
  const uncounted = { before: [] as UncountedFlow[], after: [] as UncountedFlow[] };
  const add = (flow: Flow, direction: keyof FlowTrack, track: Track, rateBps: number, sign: 1 | -1): void => {
    const { shares, isUnsure, lost } = track;
    for (let place = 0; place < shares.length; place += 1) {
      const at = directionAt(track, place);
      bps.set(at, (bps.get(at) ?? 0) + rateBps * (shares[place] ?? 0) * sign);
      if (isUnsure) uncertain.set(at, (uncertain.get(at) ?? 0) + sign);
    }
    if (lost !== undefined)
      (sign === 1 ? uncounted.after : uncounted.before).push({ flow: flow.name, direction, ...lost });
  };
  for (const flow of flows)
    for (const [finder, sign] of [[before, -1] as const, [after, 1] as const]) {
      const { forward, reverse } = finder(flow);
      add(flow, "forward", forward, flow.rateBps, sign);
      const reverseBps = flow.reverseRateBps ?? 0;
      if (reverseBps > 0) add(flow, "reverse", reverse, reverseBps, sign);
    }
  return { bps, uncertain, uncounted };
}

const sortedFlows = memoTable<readonly Flow[]>("flows by name");
const flowTables = memoTable<ReadonlyMap<string, readonly Flow[]>>("flows by endpoint");

export function flowsInOrder(index: FabricIndex): readonly Flow[] {
  return index.remember(sortedFlows, "", () => inOrder(index.fabric.flows));
}

export const inOrder = (flows: readonly Flow[]): readonly Flow[] =>
  flows.toSorted((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));

/** The fabric's flows that begin or end at one of the endpoints, sorted by name. */
export function flowsOfEndpoints(index: FabricIndex, endpoints: Iterable<string>): readonly Flow[] {
  const table = index.remember(flowTables, "", () => flowsByEndpoint(flowsInOrder(index)));
  const found = new Set<Flow>();
  for (const endpoint of endpoints) for (const flow of table.get(endpoint) ?? []) found.add(flow);
  return inOrder([...found]);
}

function flowsByEndpoint(flows: readonly Flow[]): ReadonlyMap<string, readonly Flow[]> {
  const table = new Map<string, Flow[]>();
  for (const flow of flows)
    for (const endpoint of new Set([flow.from, flow.to])) {
      const own = table.get(endpoint);
      if (own === undefined) table.set(endpoint, [flow]);
      else own.push(flow);
    }
  return table;
}
