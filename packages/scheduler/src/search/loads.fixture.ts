/** The least that can be searched: hosts that hold so much, VMs that are so large, the sum of squared loads as the score. */
import type { ScoreTable } from "./score-table.ts";

export interface Loads {
  readonly capacities: readonly number[];
  readonly sizes: readonly number[];
  readonly hosts: readonly number[];
}

export class LoadsTable implements ScoreTable {
  readonly vmCount: number;
  readonly hostCount: number;
  readonly used: number[];
  readonly #loads: Loads;
  readonly #hosts: number[];

  constructor(loads: Loads) {
    this.#loads = loads;
    this.vmCount = loads.sizes.length;
    this.hostCount = loads.capacities.length;
    this.#hosts = [...loads.hosts];
    this.used = loads.capacities.map((_, host) =>
      loads.sizes.reduce((sum, size, vm) => sum + (loads.hosts[vm] === host ? size : 0), 0),
    );
  }

  get placement(): readonly number[] {
    return [...this.#hosts];
  }

  hostOf(vm: number): number {
    return this.#hosts[vm] ?? -1;
  }

  score(): number {
    return this.used.reduce((sum, load) => sum + load * load, 0);
  }

  scoreAfter(vm: number, target: number): number {
    const size = this.#loads.sizes[vm] ?? 0;
    const [left, taken] = [this.used[this.hostOf(vm)] ?? 0, this.used[target] ?? 0];
    if (taken + size > (this.#loads.capacities[target] ?? 0)) return Infinity;
    return this.score() - left ** 2 - taken ** 2 + (left - size) ** 2 + (taken + size) ** 2;
  }

  /** What it makes its own host lighter by. */
  mostGain(vm: number): number {
    const [load, size] = [this.used[this.hostOf(vm)] ?? 0, this.#loads.sizes[vm] ?? 0];
    return load ** 2 - (load - size) ** 2;
  }

  place(vm: number, host: number): void {
    const size = this.#loads.sizes[vm] ?? 0;
    this.used[this.hostOf(vm)] = (this.used[this.hostOf(vm)] ?? 0) - size;
    this.used[host] = (this.used[host] ?? 0) + size;
    this.#hosts[vm] = host;
  }

  isWithinCapacity(): boolean {
    return this.used.every((load, host) => load <= (this.#loads.capacities[host] ?? 0));
  }
}

/** Draws of a fixed order, for what must only be the same every time: Park and Miller's generator (1988). */
export function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
