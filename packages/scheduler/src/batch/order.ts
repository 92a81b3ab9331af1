/**
 * An order in which the moves of a batch fit one after the other: each target has room when its move begins, counting what
 * left it before. The order matters only on hosts that are too small for all that is to come at once; there it is searched
 * for, depth first, and a set of moves that led nowhere is not looked at again. Pure.
 *
 * Moves into hosts with room for all come first and are never taken back: they take what nobody else needs.
 */
import type { VmId } from "@trunkline/model";
import { limits } from "../limits.ts";
import { tightHosts } from "./host-memory.ts";
import type { HostMemory, MemoryUse } from "./host-memory.ts";

/** One move of a VM: its only one, or one of the two by way of another host. */
export interface Leg extends MemoryUse {
  readonly vm: VmId;
  readonly name: string;
  readonly hop: 0 | 1;
  /** The VM is where it was to go when this has ended. */
  readonly isLast: boolean;
  /** VMs that must have arrived before. */
  readonly after: readonly VmId[];
}

export interface Ordering {
  /** As far as it was found. */
  readonly order: readonly Leg[];
  /** What cannot go then. */
  readonly stuck: readonly Leg[];
}

/** @param legs their order has no effect. */
export function orderOf(legs: readonly Leg[], memory: HostMemory): Ordering {
  const search = new Search(legs, memory);
  search.from([], memory.copy());
  const found = new Set(search.best);
  return { order: search.best, stuck: search.legs.filter((leg) => !found.has(leg)) };
}

class Search {
  readonly legs: readonly Leg[];
  best: readonly Leg[] = [];
  readonly #tight: ReadonlySet<string>;
  readonly #seen = new Set<string>();
  readonly #places: ReadonlyMap<Leg, number>;

  constructor(legs: readonly Leg[], memory: HostMemory) {
    this.#tight = tightHosts(legs, memory);
    // What makes room on a tight host first, then the largest.
    const frees = ({ source }: Leg): number => Number(!this.#tight.has(source));
    this.legs = legs.toSorted(
      (left, right) => frees(left) - frees(right) || right.memoryMiB - left.memoryMiB || byName(left, right),
    );
    this.#places = new Map(this.legs.map((leg, at) => [leg, at]));
  }

  /** @returns whether all of them found their turn. */
  from(done: readonly Leg[], memory: HostMemory): boolean {
    const order = this.#takeSafe(done, memory);
    if (order.length > this.best.length) this.best = order;
    if (order.length === this.legs.length) return true;
    const key = this.#keyOf(order);
    if (this.#seen.has(key) || this.#seen.size >= limits.orderStates) return false;
    this.#seen.add(key);
    const gone = new Set(order);
    for (const leg of this.legs) {
      if (gone.has(leg) || !isReady(leg, order) || !memory.fits(leg)) continue;
      const next = memory.copy();
      next.arrive(leg);
      next.depart(leg);
      if (this.from([...order, leg], next)) return true;
    }
    return false;
  }

  #takeSafe(done: readonly Leg[], memory: HostMemory): readonly Leg[] {
    const order = [...done];
    const gone = new Set(done);
    for (let before = -1; before < order.length;) {
      before = order.length;
      for (const leg of this.legs) {
        if (gone.has(leg) || this.#tight.has(leg.target) || !isReady(leg, order)) continue;
        gone.add(leg);
        order.push(leg);
        memory.arrive(leg);
        memory.depart(leg);
      }
    }
    return order;
  }

  #keyOf(order: readonly Leg[]): string {
    return order
      .map((leg) => this.#places.get(leg) ?? 0)
      .toSorted((left, right) => left - right)
      .join(" ");
  }
}

function isReady(leg: Leg, order: readonly Leg[]): boolean {
  const hasArrived = (vm: VmId): boolean => order.some((done) => done.vm === vm && done.isLast);
  if (leg.hop === 1) return order.some((done) => done.vm === leg.vm && done.hop === 0);
  return leg.after.every(hasArrived);
}

export function byName(left: Leg, right: Leg): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  if (left.vm !== right.vm) return left.vm < right.vm ? -1 : 1;
  return left.hop - right.hop;
}
