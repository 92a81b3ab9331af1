/**
 * Ganeti's score as a table to search in. A standard deviation follows from the sum and the sum of squares over the nodes,
 * and a move changes two of these; so a look costs a dozen additions and a root for each term.
 */
import type { ScoreTable } from "@trunkline/scheduler";
import type { GanetiCluster } from "./cluster-file.ts";

/** Free memory, virtual processors, and the four loads. */
const terms = 6;

export class GanetiTable implements ScoreTable {
  readonly vmCount: number;
  readonly hostCount: number;
  readonly #hosts: Int32Array;
  readonly #isOffline: Uint8Array;
  /** What each VM weighs, and what of it a host is charged with: [VM or host][term]. */
  readonly #weights: Float64Array;
  readonly #scales: Float64Array;
  /** [host][term], about the mean of all, so that sums of squares lose no digits. */
  readonly #values: Float64Array;
  readonly #sums = new Float64Array(terms);
  readonly #squares = new Float64Array(terms);
  readonly #freeMiB: Float64Array;
  readonly #freeVcpus: Float64Array;
  readonly #onlineCount: number;
  #onOffline = 0;

  constructor({ nodes, instances, vcpuRatio }: GanetiCluster) {
    this.vmCount = instances.length;
    this.hostCount = nodes.length;
    this.#hosts = Int32Array.from(instances, ({ node }) => node);
    this.#isOffline = Uint8Array.from(nodes, ({ isOffline }) => Number(isOffline));
    this.#onlineCount = nodes.filter(({ isOffline }) => !isOffline).length;
    this.#freeMiB = Float64Array.from(nodes, ({ freeMemoryMiB }) => freeMemoryMiB);
    this.#freeVcpus = Float64Array.from(nodes, ({ cpus, cpuSpeed, osCpus }) => vcpuRatio * cpus * cpuSpeed - osCpus);
    this.#weights = Float64Array.from(
      instances.flatMap(({ memoryMiB, vcpus, loads }) => [-memoryMiB, vcpus, ...loads]),
    );
    this.#scales = Float64Array.from(
      nodes.flatMap(({ memoryMiB, cpus, cpuSpeed }) => [1 / memoryMiB, 1 / (cpus * cpuSpeed), 1, 1, 1, 1]),
    );
    this.#values = Float64Array.from(
      nodes.flatMap((node) => [
        node.freeMemoryMiB / node.memoryMiB,
        node.osCpus / node.cpus / node.cpuSpeed,
        0,
        0,
        0,
        0,
      ]),
    );
    for (const [vm, { node, vcpus }] of instances.entries()) {
      this.#freeVcpus[node] = (this.#freeVcpus[node] ?? 0) - vcpus;
      this.#onOffline += this.#isOffline[node] ?? 0;
      // Of free memory the file has already taken what the instances hold.
      for (let term = 1; term < terms; term += 1)
        this.#add(node, term, this.#weight(vm, term) * this.#scale(node, term));
    }
    this.#center();
    this.#sumUp();
  }

  hostOf(vm: number): number {
    return this.#hosts[vm] ?? -1;
  }

  score(): number {
    let score = this.#onOffline * offlineWeight;
    for (let term = 0; term < terms; term += 1)
      score += this.#deviation(this.#sums[term] ?? 0, this.#squares[term] ?? 0);
    return score;
  }

  scoreAfter(vm: number, target: number): number {
    const source = this.hostOf(vm);
    if (this.#isOffline[target] === 1) return Infinity;
    // As hbal has it: a node is never filled to the last MiB.
    if ((this.#freeMiB[target] ?? 0) + this.#weight(vm, 0) <= 0) return Infinity;
    if ((this.#freeVcpus[target] ?? 0) < this.#weight(vm, 1)) return Infinity;
    const leavesOffline = this.#isOffline[source] === 1;
    let score = (this.#onOffline - Number(leavesOffline)) * offlineWeight;
    for (let term = 0; term < terms; term += 1) {
      const weight = this.#weight(vm, term);
      const added = weight * this.#scale(target, term);
      const there = this.#value(target, term);
      let total = (this.#sums[term] ?? 0) + added;
      let squares = (this.#squares[term] ?? 0) + added * (added + 2 * there);
      if (!leavesOffline) {
        const taken = weight * this.#scale(source, term);
        total -= taken;
        squares += taken * (taken - 2 * this.#value(source, term));
      }
      score += this.#deviation(total, squares);
    }
    return score;
  }

  mostGain(): number {
    return Infinity;
  }

  place(vm: number, host: number): void {
    const source = this.hostOf(vm);
    const memory = this.#weight(vm, 0);
    const vcpus = this.#weight(vm, 1);
    this.#freeMiB[source] = (this.#freeMiB[source] ?? 0) - memory;
    this.#freeMiB[host] = (this.#freeMiB[host] ?? 0) + memory;
    this.#freeVcpus[source] = (this.#freeVcpus[source] ?? 0) + vcpus;
    this.#freeVcpus[host] = (this.#freeVcpus[host] ?? 0) - vcpus;
    this.#onOffline += (this.#isOffline[host] ?? 0) - (this.#isOffline[source] ?? 0);
    for (let term = 0; term < terms; term += 1) {
      this.#add(source, term, -this.#weight(vm, term) * this.#scale(source, term));
      this.#add(host, term, this.#weight(vm, term) * this.#scale(host, term));
    }
    this.#hosts[vm] = host;
    // Added up anew: small errors of many moves do not gather.
    this.#sumUp();
  }

  #deviation(total: number, squares: number): number {
    const mean = total / this.#onlineCount;
    return Math.sqrt(Math.max(0, squares / this.#onlineCount - mean * mean));
  }

  #weight(vm: number, term: number): number {
    return this.#weights[vm * terms + term] ?? 0;
  }

  #scale(host: number, term: number): number {
    return this.#scales[host * terms + term] ?? 0;
  }

  #value(host: number, term: number): number {
    return this.#values[host * terms + term] ?? 0;
  }

  #add(host: number, term: number, by: number): void {
    const at = host * terms + term;
    this.#values[at] = (this.#values[at] ?? 0) + by;
  }

  #center(): void {
    this.#sumUp();
    const means = this.#sums.map((total) => total / this.#onlineCount);
    for (let host = 0; host < this.hostCount; host += 1)
      for (const [term, mean] of means.entries()) this.#add(host, term, -mean);
  }

  #sumUp(): void {
    this.#sums.fill(0);
    this.#squares.fill(0);
    for (let host = 0; host < this.hostCount; host += 1) {
      if (this.#isOffline[host] === 1) continue;
      for (let term = 0; term < terms; term += 1) {
        const value = this.#value(host, term);
        this.#sums[term] = (this.#sums[term] ?? 0) + value;
        this.#squares[term] = (this.#squares[term] ?? 0) + value * value;
      }
    }
  }
}

/** `offline_all_cnt` 4 and `offline_pri_cnt` 16. */
const offlineWeight = 20;
