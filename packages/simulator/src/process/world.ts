/** Everything one controller process is handed: the ports, all of them leading into the simulated cluster. */
import { TrunklineError } from "@trunkline/model";
import type { Fabric } from "@trunkline/fabric";
import type { HostName, Inventory, InventoryHost } from "@trunkline/model";
import type { VirtualSwitch, World } from "@trunkline/ports";
import type { SeededRandom } from "../clock/seeded-random.ts";
import type { Host } from "../host/host.ts";
import type { LayerTwo } from "../network/layer-two.ts";
import { SimulatedHypervisor } from "./hypervisor.ts";
import { simulatedProbe } from "./probe.ts";
import type { ProbeView } from "./probe.ts";
import { ControlLine } from "./process.ts";
import type { ProcessLife } from "./process.ts";
import { simulatedShell } from "./shell.ts";
import { simulatedSwitch } from "./switch.ts";
import { openTransfer } from "./transfer.ts";

export interface ClusterView {
  readonly inventory: Inventory;
  readonly network: LayerTwo;
  readonly fabric: Fabric | undefined;
  hostAt(uri: string): Host | undefined;
  hosts(): readonly Host[];
  probeView(point: string): ProbeView;
}

interface Known {
  readonly declared: InventoryHost;
  readonly host: Host | undefined;
  readonly hypervisor: SimulatedHypervisor;
  readonly device: VirtualSwitch | undefined;
}

export function simulatedWorld(life: ProcessLife, random: SeededRandom, cluster: ClusterView): World {
  let { inventory } = cluster;
  const know = (declared: InventoryHost): Known => {
    const host = cluster.hostAt(declared.uri);
    const { name, virtualSwitch } = declared;
    const device =
      virtualSwitch === undefined
        ? undefined
        : simulatedSwitch(life, name, virtualSwitch, host && cluster.network.devices.get(host.name), cluster.network);
    const line = new ControlLine(life, host, name);
    return { declared, host, hypervisor: new SimulatedHypervisor(name, declared.uri, line), device };
  };
  const known = new Map<HostName, Known>(inventory.hosts.map((host) => [host.name, know(host)]));
  const otherSwitches = inventory.switches.map((device) =>
    simulatedSwitch(life, device.name, device, cluster.network.devices.get(device.name), cluster.network),
  );
  const find = (name: HostName): Known => {
    const found = known.get(name);
    if (found === undefined) throw unknownHost(name, [...known.keys()]);
    return found;
  };
  const end = (name: HostName): { readonly name: HostName; readonly host: Host | undefined } => ({
    name,
    host: find(name).host,
  });
  const detach = async (name: HostName): Promise<void> => {
    const former = known.get(name);
    known.delete(name);
    inventory = { ...inventory, hosts: inventory.hosts.filter((host) => host.name !== name) };
    await former?.hypervisor.close();
  };
  return {
    get inventory() {
      return inventory;
    },
    clock: life.clock,
    random,
    identify: async (declared, signal) => {
      const { hypervisor } = know(declared);
      try {
        return (await hypervisor.facts(signal)).hostname;
      } finally {
        await hypervisor.close();
      }
    },
    attach: async (host) => {
      await detach(host.name);
      inventory = { ...inventory, hosts: [...inventory.hosts, host] };
      known.set(host.name, know(host));
    },
    detach,
    hypervisor: (name) => find(name).hypervisor,
    openTransfer: async (source, target, options, signal) => {
      const ends = { source: end(source), target: end(target), hostAt: (uri: string) => cluster.hostAt(uri) };
      return await openTransfer(life, ends, options, signal);
    },
    openHandover: () => "a simulated switch hands no frames over",
    clearHandover: async () => undefined,
    virtualSwitches: () => [...[...known.values()].flatMap(({ device }) => device ?? []), ...otherSwitches],
    probes: () => inventory.probes.map(({ name }) => simulatedProbe(life, name, cluster.probeView(name))),
    shell: (name) => {
      const { declared, host } = find(name);
      return declared.shell === undefined ? undefined : simulatedShell(life, name, host, () => cluster.hosts());
    },
    fabricDocument: async () => cluster.fabric,
    neighbours: async () => [],
    close: async () => {
      for (const { hypervisor } of known.values()) await hypervisor.close();
    },
  };
}

const unknownHost = (name: HostName, names: readonly HostName[]): TrunklineError =>
  new TrunklineError("host.unknown", `there is no host "${name}" in the inventory; it has ${names.join(", ")}`, {
    details: { host: name, known: names },
  });
