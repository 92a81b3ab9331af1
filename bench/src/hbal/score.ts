/**
 * Ganeti's score of a placement, by its definition (htools 3.0, src/Ganeti/HTools/Cluster/Metrics.hs): standard deviations
 * over the online nodes, each in two passes over all instances. Slow on purpose: it shares nothing with the table that is
 * searched in, and says whether that one and hbal are right.
 *
 * Terms that are always 0 here are left out: disks and spindles (external storage holds them), reserved memory (no second
 * node), tags, and instances that are still to come, whose terms repeat the present ones at half the weight each.
 */
import { sum } from "./sum.ts";
import type { GanetiCluster } from "./cluster-file.ts";

/** @param placement the node of each instance. */
export function ganetiScore({ nodes, instances }: GanetiCluster, placement: readonly number[]): number {
  const moved = (node: number): number =>
    sum(
      instances.map((each, index) => (Number(each.node === node) - Number(placement[index] === node)) * each.memoryMiB),
    );
  const onNode = (node: number) => instances.filter((_, index) => placement[index] === node);
  const online = nodes.map((_, index) => index).filter((index) => nodes[index]?.isOffline === false);
  const free: number[] = [];
  const ratios: number[] = [];
  const loads: number[][] = [[], [], [], []];
  for (const index of online) {
    const node = nodes[index];
    if (node === undefined) continue;
    const here = onNode(index);
    free.push((node.freeMemoryMiB + moved(index)) / node.memoryMiB);
    ratios.push((node.osCpus + sum(here.map(({ vcpus }) => vcpus))) / node.cpus / node.cpuSpeed);
    for (const [kind, list] of loads.entries()) list.push(sum(here.map((each) => each.loads[kind] ?? 0)));
  }
  const onOffline = instances.filter((_, index) => nodes[placement[index] ?? -1]?.isOffline === true).length;
  // Every instance of an offline node counts as one and as a primary one.
  return deviation(free) + deviation(ratios) + sum(loads.map(deviation)) + (4 + 16) * onOffline;
}

/** Of the whole, not of a sample. */
function deviation(values: readonly number[]): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
}
