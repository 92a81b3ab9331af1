/**
 * An order in which the moves of a batch fit one after the other: each target has room when its move begins, counting what
 * left it before. The order matters only on hosts that are too small for all that is to come at once; there it is searched
 * for, depth first, and a set of moves that led nowhere is not looked at again. Pure.
 *
 * Moves into hosts with room for all come first and are never taken back: they take what nobody else needs.
 */
import { assert } from "@trunkline/model";
import type { VmId } from "@trunkline/model";
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
  /** What finding it took. */
  readonly looks: number;
}

/**
 * @param legs their order has no effect.
 * @param looks how many times a move is looked at: an order that is harder to find is not found.
 */
export function orderOf(legs: readonly Leg[], memory: HostMemory, looks: number): Ordering {
  const search = new Search(legs, memory.copy(), looks);
  search.goOn();
  const found = new Set(search.best);
  const stuck = search.legs.filter((leg) => !found.has(leg));
  return { order: search.best, stuck, looks: looks - search.looksLeft };
}

/** Goes forward and back on one memory and one order: a step costs no copy of either. */
class Search {
  readonly legs: readonly Leg[];
  best: readonly Leg[] = [];
  looksLeft: number;
  readonly #memory: HostMemory;
  readonly #order: Leg[] = [];
  readonly #gone = new Set<Leg>();
  readonly #arrived = new Set<VmId>();
  readonly #onTheirWay = new Set<VmId>();
  readonly #seen = new Set<string>();
  readonly #safe: readonly Leg[];
  readonly #hard: readonly Leg[];

  constructor(legs: readonly Leg[], memory: HostMemory, looks: number) {
    this.#memory = memory;
    this.looksLeft = looks;
    const tight = tightHosts(legs, memory);
    // What makes room on a tight host first, then the largest.
    const frees = ({ source }: Leg): number => Number(!tight.has(source));
    this.legs = legs.toSorted(
      (left, right) => frees(left) - frees(right) || right.memoryMiB - left.memoryMiB || byName(left, right),
    );
    this.#safe = this.legs.filter(({ target }) => !tight.has(target));
    this.#hard = this.legs.filter(({ target }) => tight.has(target));
  }

  /** @returns whether all of them find their turn from here on; if not, everything is as it was. */
  goOn(): boolean {
    const before = this.#order.length;
    this.#takeSafe();
    if (this.#order.length > this.best.length) this.best = [...this.#order];
    if (this.#order.length === this.legs.length || this.#tryEach()) return true;
    while (this.#order.length > before) this.#takeBack();
    return false;
  }

  #tryEach(): boolean {
    // The safe ones are the same for the same hard ones.
    const key = this.#hard.map((leg) => (this.#gone.has(leg) ? "1" : "0")).join("");
    if (this.#seen.has(key) || this.looksLeft <= 0) return false;
    this.#seen.add(key);
    for (const leg of this.#hard) {
      if (this.looksLeft <= 0) return false;
      if (!this.#isReady(leg) || !this.#memory.fits(leg)) continue;
      this.#take(leg);
      if (this.goOn()) return true;
      this.#takeBack();
    }
    return false;
  }

  #takeSafe(): void {
    for (let before = -1; before < this.#order.length;) {
      before = this.#order.length;
      for (const leg of this.#safe) if (this.#isReady(leg)) this.#take(leg);
    }
  }

  #isReady(leg: Leg): boolean {
    this.looksLeft -= 1;
    if (this.#gone.has(leg)) return false;
    return leg.hop === 1 ? this.#onTheirWay.has(leg.vm) : leg.after.every((vm) => this.#arrived.has(vm));
  }

  #take(leg: Leg): void {
    this.#order.push(leg);
    this.#gone.add(leg);
    (leg.isLast ? this.#arrived : this.#onTheirWay).add(leg.vm);
    this.#memory.arrive(leg);
    this.#memory.depart(leg);
  }

  #takeBack(): void {
    const leg = this.#order.pop();
    assert(leg !== undefined, "what is taken back was taken");
    this.#gone.delete(leg);
    (leg.isLast ? this.#arrived : this.#onTheirWay).delete(leg.vm);
    this.#memory.takeBack(leg);
  }
}

export function byName(left: Leg, right: Leg): number {
  if (left.name !== right.name) return left.name < right.name ? -1 : 1;
  if (left.vm !== right.vm) return left.vm < right.vm ? -1 : 1;
  return left.hop - right.hop;
}
