import { describe, expect, it } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { SimulatedCluster } from "../cluster/cluster.ts";
import type { ClusterSpec } from "../cluster/spec.ts";
import { demoCluster } from "./demo-cluster.ts";
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
