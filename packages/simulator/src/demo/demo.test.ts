import { describe, expect, it } from "vitest";
import { SeededRandom } from "../clock/seeded-random.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { SimulatedCluster } from "../cluster/cluster.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import { demoCluster } from "./demo-cluster.ts";
import { followHabits } from "./habits.ts";
import { scenario } from "./scenario.ts";

const seeds = Array.from({ length: 50 }, (_, seed) => seed);

function expectSound(spec: ClusterSpec): void {
  const cluster = new SimulatedCluster({ seed: 1, clock: new VirtualClock(), ...spec });
  for (const host of cluster.hosts) expect(host.memoryUsedMiB).toBeLessThanOrEqual(host.spec.memoryMiB);
  for (const vm of cluster.vms) {
    expect(cluster.runningOn(vm.name)).toHaveLength(1);
    expect(vm.memoryInUseBytes).toBeLessThanOrEqual(vm.memoryMiB * 1024 * 1024);
  }
  expect(cluster.violations()).toEqual([]);
}

describe("ready-made clusters", () => {
  it("the demonstration has four hosts, two switches and 24 VMs, each with an address of its own", () => {
    const spec = demoCluster(7);
    expect([spec.hosts.length, spec.switches?.length, spec.vms.length]).toEqual([4, 2, 24]);
    const addresses = spec.vms.flatMap(({ service }) => service?.address ?? []);
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(spec.vms.every(({ workingSetMiB = 0, memoryInUseMiB = 0 }) => workingSetMiB <= memoryInUseMiB)).toBe(true);
  });

  it("change their load, keep it within what they have, and the hosts count it", async () => {
    const clock = new VirtualClock();
    const cluster = new SimulatedCluster({ seed: 1, clock, ...demoCluster(1) });
    const over = new AbortController();
    const demands = (): readonly number[] => cluster.vms.map((vm) => vm.cpuDemand);
    const before = demands();
    const habits = followHabits(cluster, clock, new SeededRandom(1), over.signal);
    await clock.pass(600_000);
    expect(demands()).not.toEqual(before);
    for (const vm of cluster.vms) expect(vm.cpuDemand).toBeLessThanOrEqual(vm.vcpus);
    for (const host of cluster.hosts) {
      host.settleLoad();
      const busyThreads = host.cpuBusyNs / (600_000 * 1e6);
      expect(busyThreads).toBeGreaterThan(0.1);
      expect(busyThreads).toBeLessThanOrEqual(host.spec.cpuThreads);
    }
    over.abort();
    await habits;
  });

  it("are the same for the same seed, and sound for every one", () => {
    expect(demoCluster(3)).toEqual(demoCluster(3));
    expect(scenario(3)).toEqual(scenario(3));
    expect(scenario(3)).not.toEqual(scenario(4));
    for (const seed of seeds) {
      expectSound(demoCluster(seed));
      expectSound(scenario(seed));
    }
  });
});
