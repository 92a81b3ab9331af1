/**
 * How much memory each host has left while moves come and go. The target has a VM's memory from the start of its move, the
 * source until its end: whoever asks takes arrivals first and departures when they have ended.
 */
import type { HostName } from "@trunkline/model";

export interface MemoryLeft {
  /** Of what the host may give to VMs. */
  readonly capacityMiB: number;
  /** Of what it has free by its own word. */
  readonly freeMiB: number;
}

/** Of one move of one VM. */
export interface MemoryUse {
  readonly source: HostName;
  readonly target: HostName;
  readonly memoryMiB: number;
  /** What its source has free again afterwards: what it really held. */
  readonly freesMiB: number;
}

export class HostMemory {
  readonly #left: Map<HostName, MemoryLeft>;

  constructor(left: ReadonlyMap<HostName, MemoryLeft>) {
    this.#left = new Map(left);
  }

  copy(): HostMemory {
    return new HostMemory(this.#left);
  }

  /** Nothing, of a host that has never said what it has. */
  leftMiB(host: HostName): number {
    const { capacityMiB, freeMiB } = this.left(host);
    return Math.min(capacityMiB, freeMiB);
  }

  left(host: HostName): MemoryLeft {
    return this.#left.get(host) ?? { capacityMiB: 0, freeMiB: 0 };
  }

  fits({ target, memoryMiB }: MemoryUse): boolean {
    return this.leftMiB(target) >= memoryMiB;
  }

  arrive({ target, memoryMiB }: MemoryUse): void {
    this.#change(target, -memoryMiB, -memoryMiB);
  }

  depart({ source, memoryMiB, freesMiB }: MemoryUse): void {
    this.#change(source, memoryMiB, freesMiB);
  }

  /** As if it had neither arrived nor departed. */
  takeBack({ source, target, memoryMiB, freesMiB }: MemoryUse): void {
    this.#change(source, -memoryMiB, -freesMiB);
    this.#change(target, memoryMiB, memoryMiB);
  }

  #change(host: HostName, capacityMiB: number, freeMiB: number): void {
    const left = this.#left.get(host);
    if (left === undefined) return;
    this.#left.set(host, { capacityMiB: left.capacityMiB + capacityMiB, freeMiB: left.freeMiB + freeMiB });
  }
}

/** Hosts that cannot take all that is to come without something leaving them first: there the order matters. */
export function tightHosts(uses: readonly MemoryUse[], memory: HostMemory): ReadonlySet<HostName> {
  const full = memory.copy();
  for (const use of uses) full.arrive(use);
  return new Set(uses.map(({ target }) => target).filter((host) => full.leftMiB(host) < 0));
}
