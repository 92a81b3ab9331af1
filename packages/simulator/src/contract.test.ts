/** The simulator keeps the ports' contract; the lab runs the same clauses on real hosts. */
import { hypervisorContract, surroundingsContract, transferContract } from "@trunkline/ports";
import type { ContractHarness } from "@trunkline/ports";
import { describe, expect, it } from "vitest";
import { h1, h2, stageOf, twoHosts } from "./cluster/cluster.fixture.ts";
import type { Stage } from "./cluster/cluster.fixture.ts";

function harnessOf({ cluster }: Stage): ContractHarness {
  const { world } = cluster.connect("c1");
  const { id: vm, name: vmName, persistent: isPersistent } = cluster.vm("vm1");
  return {
    world,
    here: h1,
    there: h2,
    vm,
    vmName,
    isPersistent,
    silence: async (host) => {
      cluster.killDaemon(host);
    },
    restore: async (host) => {
      cluster.startDaemon(host);
    },
    stopVm: async () => {
      cluster.stopVm(vmName);
    },
    startVm: async (host) => {
      cluster.startVm(vmName, host);
    },
  };
}

describe.each([
  ["persistent", true],
  ["transient", false],
])("with a %s VM", (_kind, persistent) => {
  it.each([...hypervisorContract, ...transferContract, ...surroundingsContract])("$duty", async ({ check }) => {
    const stage = stageOf(twoHosts({ persistent }));
    await stage.clock.run(check(harnessOf(stage)));
    expect(stage.cluster.violations()).toEqual([]);
    expect(stage.cluster.runningOn("vm1")).toHaveLength(1);
  });
});
