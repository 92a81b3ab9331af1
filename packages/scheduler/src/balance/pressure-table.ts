/**
 * The cluster's score as a table to search in: points that VMs lose, added up over all of them. A host's points are its VMs'
 * weights times what the pressure on it costs; so a move changes the points of two hosts.
 */
import type { ScoreTable } from "../search/score-table.ts";
import type { BalanceCluster } from "./cluster.ts";
import { pointsLost } from "./comfort.ts";

export class PressureTable implements ScoreTable {
  readonly vmCount: number;
  readonly hostCount: number;
  readonly #hosts: Int32Array;
  readonly #origins: Int32Array;
  readonly #isClosed: Uint8Array;
  readonly #isForbidden: (vm: number, host: number) => boolean;
  readonly #vmThreads: Float64Array;
  readonly #vmMemory: Float64Array;
  readonly #vmFrees: Float64Array;
  readonly #vmWeight: Float64Array;
  readonly #threads: Float64Array;
  readonly #memory: Float64Array;
  readonly #usedThreads: Float64Array;
  readonly #usedMemory: Float64Array;
  readonly #capacityLeft: Float64Array;
  readonly #freeLeft: Float64Array;
  readonly #weight: Float64Array;
  readonly #points: Float64Array;
  #score = 0;

  constructor({ hosts, vms }: BalanceCluster, isForbidden: (vm: number, host: number) => boolean) {
    this.vmCount = vms.length;
    this.hostCount = hosts.length;
    this.#isForbidden = isForbidden;
    this.#hosts = Int32Array.from(vms, ({ host }) => host);
    this.#origins = this.#hosts.slice();
    this.#isClosed = Uint8Array.from(hosts, ({ closed }) => Number(closed !== null));
    this.#vmThreads = Float64Array.from(vms, ({ threads }) => threads);
    this.#vmMemory = Float64Array.from(vms, ({ memoryMiB }) => memoryMiB);
    this.#vmFrees = Float64Array.from(vms, ({ freesMiB }) => freesMiB);
    this.#vmWeight = Float64Array.from(vms, ({ weight }) => weight);
    this.#threads = Float64Array.from(hosts, ({ threads }) => threads);
    this.#memory = Float64Array.from(hosts, ({ memoryMiB }) => memoryMiB);
    this.#usedThreads = Float64Array.from(hosts, ({ fixedThreads }) => fixedThreads);
    this.#usedMemory = Float64Array.from(hosts, ({ fixedMiB }) => fixedMiB);
    this.#capacityLeft = Float64Array.from(hosts, ({ roomMiB }) => roomMiB.capacityMiB);
    this.#freeLeft = Float64Array.from(hosts, ({ roomMiB }) => roomMiB.freeMiB);
    this.#weight = Float64Array.from(hosts, ({ fixedWeight }) => fixedWeight);
    this.#points = new Float64Array(hosts.length);
    for (const [vm, { host }] of vms.entries()) this.#put(vm, host, 1);
    // Also of hosts with nothing on them that could be moved.
    for (const host of hosts.keys()) this.#rate(host);
    this.#addUp();
  }

  hostOf(vm: number): number {
    return this.#hosts[vm] ?? -1;
  }

  score(): number {
    return this.#score;
  }

  scoreAfter(vm: number, target: number): number {
    if (this.#isClosed[target] === 1) return Infinity;
    const memory = this.#vmMemory[vm] ?? 0;
    if ((this.#capacityLeft[target] ?? 0) < memory || (this.#freeLeft[target] ?? 0) < this.#claimOf(vm, target))
      return Infinity;
    if (this.#isForbidden(vm, target)) return Infinity;
    const source = this.hostOf(vm);
    const before = (this.#points[source] ?? 0) + (this.#points[target] ?? 0);
    return this.#score - before + this.#pointsWith(vm, source, -1) + this.#pointsWith(vm, target, 1);
  }

  /** Where a VM goes, nobody fares better for it: all that can be gained is on the host that it leaves. */
  mostGain(vm: number): number {
    const source = this.hostOf(vm);
    return (this.#points[source] ?? 0) - this.#pointsWith(vm, source, -1);
  }

  place(vm: number, host: number): void {
    this.#put(vm, this.hostOf(vm), -1);
    this.#put(vm, host, 1);
    this.#hosts[vm] = host;
    // Added up anew: small errors of many moves do not gather.
    this.#addUp();
  }

  cpuRatioOf(host: number): number {
    return (this.#usedThreads[host] ?? 0) / (this.#threads[host] ?? 1);
  }

  memoryRatioOf(host: number): number {
    return (this.#usedMemory[host] ?? 0) / (this.#memory[host] ?? 1);
  }

  weightOf(host: number): number {
    return this.#weight[host] ?? 0;
  }

  #put(vm: number, host: number, sign: 1 | -1): void {
    add(this.#usedThreads, host, sign * (this.#vmThreads[vm] ?? 0));
    add(this.#usedMemory, host, sign * (this.#vmMemory[vm] ?? 0));
    add(this.#capacityLeft, host, -sign * (this.#vmMemory[vm] ?? 0));
    add(this.#freeLeft, host, -sign * this.#claimOf(vm, host));
    add(this.#weight, host, sign * (this.#vmWeight[vm] ?? 0));
    this.#rate(host);
  }

  #rate(host: number): void {
    this.#points[host] = this.weightOf(host) * pointsLost(this.cpuRatioOf(host), this.memoryRatioOf(host));
  }

  #pointsWith(vm: number, host: number, sign: 1 | -1): number {
    const threads = (this.#usedThreads[host] ?? 0) + sign * (this.#vmThreads[vm] ?? 0);
    const memory = (this.#usedMemory[host] ?? 0) + sign * (this.#vmMemory[vm] ?? 0);
    const weight = this.weightOf(host) + sign * (this.#vmWeight[vm] ?? 0);
    return weight * pointsLost(threads / (this.#threads[host] ?? 1), memory / (this.#memory[host] ?? 1));
  }

  /** Where it began, it holds what it has touched; a host that takes it must be ready for all of its memory. */
  #claimOf(vm: number, host: number): number {
    return (host === this.#origins[vm] ? this.#vmFrees[vm] : this.#vmMemory[vm]) ?? 0;
  }

  #addUp(): void {
    this.#score = sumOf(this.#points);
  }
}

function add(sums: Float64Array, at: number, by: number): void {
  sums[at] = (sums[at] ?? 0) + by;
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
