/**
 * Weighted max-min fair rates by progressive filling (Bertsekas and Gallager, "Data Networks", 2nd edition, section
 * 6.5.2): the rates of all flows grow in proportion to their weights; whoever meets a full link or its own cap stops.
 *
 * A flow may be split: `shares` says which part of it each link carries. The common level (rate over weight) only rises,
 * and so does the level at which a link will be full, because whoever stops before leaves room to the others. So links
 * wait in a heap under a level that can only be too low, and are looked at again when their turn comes: the whole costs
 * O(P log L) for P crossings and L links, not one sweep through all flows for every link.
 *
 * Invariants of the result, up to rounding:
 * - no link carries more than its capacity, and no flow has more than its cap;
 * - every flow is at its cap or crosses a full link on which no other has a higher level, so that none can be raised
 *   without lowering one that has no more than it.
 */
import { assert } from "@trunkline/model";
import { LevelHeap } from "./level-heap.ts";

export interface FairFlow {
  /** Links that it crosses, each once, as indices of the capacities. */
  readonly path: readonly number[];
  /** The part of the flow that each link of `path` carries; without it, each carries all of it. */
  readonly shares?: readonly number[];
  /** Without it, only links stop the flow. */
  readonly capBps?: number;
  /** Default 1. */
  readonly weight?: number;
}

export interface FairRates {
  /** In the order of the flows. Infinity for a flow that nothing stops. */
  readonly ratesBps: Float64Array;
  /** What stopped each: the index of a link, `stoppedByCap` or `stoppedByNothing`. */
  readonly stoppedBy: Int32Array;
}

export const stoppedByCap = -1;
export const stoppedByNothing = -2;

/** @param capacitiesBps of each link; Infinity for one that never stops a flow. */
export function maxMin(flows: readonly FairFlow[], capacitiesBps: readonly number[] | Float64Array): FairRates {
  const [only] = flows;
  if (only !== undefined && flows.length === 1) return alone(only, capacitiesBps);
  const filling = new Filling(flows, capacitiesBps);
  filling.run();
  return { ratesBps: filling.ratesBps, stoppedBy: filling.stoppedBy };
}

/** Asked for very often, where single streams are tried on many ways: the first link that is full, or the cap. */
function alone(flow: FairFlow, capacitiesBps: readonly number[] | Float64Array): FairRates {
  refuseNonsense(flow, capacitiesBps.length);
  let bps = flow.capBps ?? Infinity;
  let by = bps === Infinity ? stoppedByNothing : stoppedByCap;
  for (let at = 0; at < flow.path.length; at += 1) {
    const link = flow.path[at] ?? 0;
    const share = flow.shares?.[at] ?? 1;
    const mostBps = share === 0 ? Infinity : (capacitiesBps[link] ?? 0) / share;
    const isTie = mostBps === bps && bps < Infinity && (by < 0 || link < by);
    if (mostBps < bps || isTie) [bps, by] = [mostBps, link];
  }
  return { ratesBps: Float64Array.of(bps), stoppedBy: Int32Array.of(by) };
}

function refuseNonsense(flow: FairFlow, links: number): void {
  assert((flow.weight ?? 1) > 0, "a weight is positive");
  assert(!((flow.capBps ?? 0) < 0), "a cap is not negative");
  for (let at = 0; at < flow.path.length; at += 1) {
    const link = flow.path[at] ?? links;
    assert(link >= 0 && link < links, "a path names links that have a capacity");
    assert((flow.shares?.[at] ?? 1) >= 0, "a share is not negative");
  }
}

class Filling {
  readonly ratesBps: Float64Array;
  readonly stoppedBy: Int32Array;
  readonly #flows: readonly FairFlow[];
  readonly #capacitiesBps: readonly number[] | Float64Array;
  /** The flows of link l are #members[#first[l]] to below #members[#first[l + 1]], with their shares beside them. */
  readonly #first: Int32Array;
  readonly #members: Int32Array;
  readonly #shares: Float64Array;
  readonly #isStopped: Uint8Array;
  /** What the stopped flows of a link send over it. */
  readonly #stoppedBps: Float64Array;
  /** How fast the load of a link grows with the level: the weights of its growing flows times their shares. */
  readonly #growth: Float64Array;
  readonly #growing: Int32Array;
  /** What #growth was when it was last summed up, rather than subtracted from. */
  readonly #summed: Float64Array;
  #level = 0;

  constructor(flows: readonly FairFlow[], capacitiesBps: readonly number[] | Float64Array) {
    const links = capacitiesBps.length;
    this.#flows = flows;
    this.#capacitiesBps = capacitiesBps;
    this.ratesBps = new Float64Array(flows.length);
    this.stoppedBy = new Int32Array(flows.length).fill(stoppedByNothing);
    this.#isStopped = new Uint8Array(flows.length);
    this.#first = new Int32Array(links + 1);
    this.#stoppedBps = new Float64Array(links);
    this.#growth = new Float64Array(links);
    this.#growing = new Int32Array(links);
    for (const flow of flows) {
      refuseNonsense(flow, links);
      this.#eachCrossing(flow, (link) => {
        this.#growing[link] = get(this.#growing, link) + 1;
      });
    }
    for (let link = 0; link < links; link += 1)
      this.#first[link + 1] = get(this.#first, link) + get(this.#growing, link);
    this.#members = new Int32Array(get(this.#first, links));
    this.#shares = new Float64Array(this.#members.length);
    const filled = this.#first.slice();
    flows.forEach((flow, at) => {
      this.#eachCrossing(flow, (link, share) => {
        const place = get(filled, link);
        filled[link] = place + 1;
        this.#members[place] = at;
        this.#shares[place] = share;
        this.#growth[link] = get(this.#growth, link) + share * (flow.weight ?? 1);
      });
    });
    this.#summed = this.#growth.slice();
  }

  run(): void {
    const capped = this.#byCapLevel();
    const heap = new LevelHeap(this.#capacitiesBps.length);
    for (let link = 0; link < this.#capacitiesBps.length; link += 1)
      if (get(this.#growing, link) > 0) heap.push(link, this.#fullAt(link));
    let nextCapped = 0;
    for (;;) {
      while (nextCapped < capped.length && get(this.#isStopped, get(capped, nextCapped)) === 1) nextCapped += 1;
      const flow = nextCapped < capped.length ? get(capped, nextCapped) : undefined;
      const capLevel = flow === undefined ? Infinity : this.#capLevel(flow);
      if (heap.lowest < Infinity && heap.lowest <= capLevel) this.#meetLink(heap);
      else if (flow === undefined) break;
      else {
        this.#level = Math.max(this.#level, capLevel);
        this.#stop(flow, this.#flows[flow]?.capBps ?? 0, stoppedByCap);
      }
    }
    for (let at = 0; at < this.#flows.length; at += 1) if (get(this.#isStopped, at) === 0) this.ratesBps[at] = Infinity;
  }

  /** The link that is full first, if it still is; otherwise it waits for its new turn. */
  #meetLink(heap: LevelHeap): void {
    const waited = heap.lowest;
    const link = heap.pop();
    if (get(this.#growing, link) === 0) return;
    const level = this.#fullAt(link);
    if (level > waited) {
      heap.push(link, level);
      return;
    }
    this.#level = Math.max(this.#level, level);
    for (let place = get(this.#first, link); place < get(this.#first, link + 1); place += 1) {
      const flow = get(this.#members, place);
      if (get(this.#isStopped, flow) === 0) this.#stop(flow, this.#level * (this.#flows[flow]?.weight ?? 1), link);
    }
  }

  #stop(at: number, rateBps: number, by: number): void {
    const flow = this.#flows[at];
    if (flow === undefined) return;
    this.#isStopped[at] = 1;
    this.ratesBps[at] = rateBps;
    this.stoppedBy[at] = by;
    this.#eachCrossing(flow, (link, share) => {
      this.#stoppedBps[link] = get(this.#stoppedBps, link) + share * rateBps;
      this.#growth[link] = get(this.#growth, link) - share * (flow.weight ?? 1);
      this.#growing[link] = get(this.#growing, link) - 1;
      // A difference of many numbers drifts: summed up anew at every halving, which of equal flows is log n times.
      if (get(this.#growth, link) * 2 <= get(this.#summed, link)) this.#sumUp(link);
    });
  }

  #sumUp(link: number): void {
    let growth = 0;
    for (let place = get(this.#first, link); place < get(this.#first, link + 1); place += 1) {
      const flow = get(this.#members, place);
      if (get(this.#isStopped, flow) === 0) growth += get(this.#shares, place) * (this.#flows[flow]?.weight ?? 1);
    }
    this.#growth[link] = growth;
    this.#summed[link] = growth;
  }

  #fullAt(link: number): number {
    const leftBps = (this.#capacitiesBps[link] ?? 0) - get(this.#stoppedBps, link);
    return Math.max(this.#level, leftBps / get(this.#growth, link));
  }

  #byCapLevel(): Int32Array {
    const levels = new Float64Array(this.#flows.length);
    const capped: number[] = [];
    this.#flows.forEach((flow, at) => {
      if (flow.capBps === undefined || flow.capBps === Infinity) return;
      levels[at] = this.#capLevel(at);
      capped.push(at);
    });
    return Int32Array.from(capped).sort((left, right) => get(levels, left) - get(levels, right) || left - right);
  }

  #capLevel(at: number): number {
    const flow = this.#flows[at];
    return (flow?.capBps ?? 0) / (flow?.weight ?? 1);
  }

  #eachCrossing(flow: FairFlow, visit: (link: number, share: number) => void): void {
    for (let at = 0; at < flow.path.length; at += 1) {
      const share = flow.shares?.[at] ?? 1;
      if (share > 0) visit(flow.path[at] ?? 0, share);
    }
  }
}

/** Reads within bounds, for the compiler's sake. */
const get = (from: Int32Array | Float64Array | Uint8Array, at: number): number => from[at] ?? 0;
