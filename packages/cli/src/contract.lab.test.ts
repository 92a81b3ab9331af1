/** The ports' contract on real hosts: where they and the simulator differ, the simulator is wrong. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { realWorld } from "@trunkline/controller";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import { hostName } from "@trunkline/model";
import type { HostName } from "@trunkline/model";
import { hypervisorContract, surroundingsContract, transferContract } from "@trunkline/ports";
import type { ContractHarness, World } from "@trunkline/ports";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectRunsOnceOn } from "./testing/faults.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `c${process.pid}`;
const vmName = "vm1";
const run = promisify(execFile);
const never = new AbortController().signal;

describe.skipIf(!isRoot)("real hosts keep the contract", () => {
  let lab: Lab;
  let world: World;

  beforeAll(async () => {
    await labUp({ name, topology: "two-hosts" });
    lab = openLab(name);
  });

  afterAll(async () => {
    await labDown({ name });
  });

  beforeEach(() => {
    world = realWorld(lab.inventory());
  });

  afterEach(async () => {
    await world.close();
  });

  test.each([...hypervisorContract, ...transferContract, ...surroundingsContract])("$duty", async ({ check }) => {
    await expect(check(await harness())).resolves.toBeUndefined();
  });

  test("and nothing of it hurt the guest", async () => {
    const { here } = await harness();
    await expect(expectRunsOnceOn(lab, here, vmName)).resolves.toBeUndefined();
  });

  async function harness(): Promise<ContractHarness> {
    const hosts = world.inventory.hosts.map((host) => host.name);
    const lists = await Promise.all(hosts.map(async (host) => await world.hypervisor(host).listVms(never)));
    const found = lists.flat().find((vm) => vm.name === vmName && vm.power === "running");
    if (found === undefined) throw new Error(`${vmName} runs nowhere`);
    const there = hosts.find((host) => host !== found.host) ?? hostName("none");
    return {
      world,
      here: found.host,
      there,
      vm: found.id,
      vmName,
      isPersistent: found.persistent,
      silence: async (host) => {
        await lab.killLibvirtd(host);
      },
      restore: async (host) => {
        await lab.startLibvirtd(host);
      },
      stopVm: async (host) => {
        await run("virsh", ["-c", uriOf(host), "destroy", vmName]);
      },
      startVm: async (host) => {
        await lab.startVm(vmName, host);
      },
    };
  }

  function uriOf(host: HostName): string {
    return world.inventory.hosts.find((candidate) => candidate.name === host)?.uri ?? "";
  }
});
