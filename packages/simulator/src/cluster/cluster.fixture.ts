/** Two hosts on one switch, one VM: the smallest cluster in which something can be moved. */
import { hostName } from "@trunkline/model";
import type { Transfer, TransferOptions, World } from "@trunkline/ports";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { SimulatedCluster } from "./cluster.ts";
import type { ClusterSpec, VmSpec } from "./spec.ts";

const everything = { kind: "trunk", trunks: "all" } as const;
export const [h1, h2] = [hostName("h1"), hostName("h2")];
export const never: AbortSignal = new AbortController().signal;

export const twoHosts = (vm: Partial<VmSpec> = {}): ClusterSpec => ({
  hosts: ["h1", "h2"].map((name, at) => ({
    name,
    memoryMiB: 8192,
    cpuThreads: 8,
    migration: { address: `10.0.0.${at + 1}`, vlan: 20 },
  })),
  switches: [{ name: "s1", ports: ["p1", "p2", "p3"].map((name) => ({ name, vlans: everything })) }],
  links: ["h1", "h2"].map((device, at) => ({
    a: { device, port: "up0" },
    b: { device: "s1", port: `p${at + 1}` },
    rateBps: 1e9,
  })),
  probes: [{ name: "client", at: { device: "s1", port: "p3" }, vlan: 10 }],
  vms: [
    {
      name: "vm1",
      host: "h1",
      memoryMiB: 1024,
      memoryInUseMiB: 512,
      workingSetMiB: 64,
      dirtyRateBps: 100e6,
      service: { address: "10.0.10.5", echoPort: 7 },
      ...vm,
    },
  ],
});

export interface Stage {
  readonly clock: VirtualClock;
  readonly cluster: SimulatedCluster;
}

export function stageOf(spec: ClusterSpec = twoHosts(), seed = 1): Stage {
  const clock = new VirtualClock();
  return { clock, cluster: new SimulatedCluster({ seed, clock, ...spec }) };
}

export async function open(
  world: World,
  cluster: SimulatedCluster,
  options: Partial<TransferOptions> = {},
): Promise<Transfer> {
  const { id: vm, name: vmName, persistent: isPersistent } = cluster.vm("vm1");
  return await world.openTransfer(
    h1,
    h2,
    { vm, vmName, isPersistent, targetPeerUri: cluster.host("h2").uri, ...options },
    never,
  );
}

/** All five phases, one after the other. */
export async function moveAll(transfer: Transfer): Promise<void> {
  await transfer.begin(never);
  await transfer.prepare(never);
  await transfer.perform(never);
  await transfer.finish(never);
  await transfer.confirm(never);
}
