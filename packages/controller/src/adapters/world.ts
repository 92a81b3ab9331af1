/** The real world: libvirt, Open vSwitch and probe points, as an inventory names them. */
import { TrunklineError } from "@trunkline/model";
import type { HostName, Inventory, InventoryHost } from "@trunkline/model";
import type { Hypervisor, World } from "@trunkline/ports";
import { LibvirtHypervisor } from "./libvirt/hypervisor.ts";
import { openTransfer } from "./libvirt/transfer.ts";
import { hostNeighbours } from "./lldpd/host-neighbours.ts";
import { clearFrameHandover, openFrameHandover } from "./openvswitch/frame-handover.ts";
import { OpenVSwitch } from "./openvswitch/virtual-switch.ts";
import { echoProbe } from "./probe/echo-probe.ts";
import { commandShell } from "./system/command-shell.ts";
import { fabricFile } from "./system/fabric-file.ts";
import { systemClock } from "./system/system-clock.ts";
import { systemRandom } from "./system/system-random.ts";

export function realWorld(declared: Inventory): World {
  let inventory = declared;
  const readFabricFile = declared.fabric === undefined ? undefined : fabricFile(declared.fabric);
  const hypervisors = new Map<HostName, Hypervisor>(
    inventory.hosts.map((host) => [host.name, new LibvirtHypervisor(host)]),
  );
  const hostSwitches = new Map(
    inventory.hosts.flatMap((host) =>
      host.virtualSwitch === undefined ? [] : [[host.name, new OpenVSwitch(host.name, host.virtualSwitch)] as const],
    ),
  );
  const otherSwitches = inventory.switches.map((device) => new OpenVSwitch(device.name, device));
  const switches = (): readonly OpenVSwitch[] => [...hostSwitches.values(), ...otherSwitches];
  const detach = async (name: HostName): Promise<void> => {
    const [hypervisor, device] = [hypervisors.get(name), hostSwitches.get(name)];
    inventory = { ...inventory, hosts: inventory.hosts.filter((host) => host.name !== name) };
    hypervisors.delete(name);
    hostSwitches.delete(name);
    await Promise.all([hypervisor?.close(), device?.close()]);
  };
  const find = (name: HostName): InventoryHost => {
    const host = inventory.hosts.find((candidate) => candidate.name === name);
    if (host === undefined) throw unknownHost(name, inventory);
    return host;
  };
  return {
    get inventory() {
      return inventory;
    },
    clock: systemClock,
    random: systemRandom,
    identify: async (host, signal) => {
      const hypervisor = new LibvirtHypervisor(host);
      try {
        return (await hypervisor.facts(signal)).hostname;
      } finally {
        await hypervisor.close();
      }
    },
    attach: async (host) => {
      await detach(host.name);
      inventory = { ...inventory, hosts: [...inventory.hosts, host] };
      hypervisors.set(host.name, new LibvirtHypervisor(host));
      if (host.virtualSwitch !== undefined) hostSwitches.set(host.name, new OpenVSwitch(host.name, host.virtualSwitch));
    },
    detach,
    hypervisor: (name) => {
      const hypervisor = hypervisors.get(name);
      if (hypervisor === undefined) throw unknownHost(name, inventory);
      return hypervisor;
    },
    openTransfer: async (source, target, options, signal) =>
      await openTransfer(find(source), find(target), options, signal),
    openHandover: (source, target, vm, move) => openFrameHandover(find(source), find(target), vm, move),
    clearHandover: async (source, target, move) => {
      await clearFrameHandover([find(source), find(target)], move);
    },
    virtualSwitches: switches,
    probes: () => inventory.probes.map(echoProbe),
    shell: (name) => {
      const prefix = find(name).shell;
      return prefix === undefined ? undefined : commandShell(name, prefix);
    },
    fabricDocument: async () => await readFabricFile?.(),
    neighbours: async (name, ports, listenMs, signal) =>
      await hostNeighbours(name, find(name).shell, ports, listenMs, signal),
    close: async () => {
      await Promise.all(
        [...hypervisors.values()].map(async (hypervisor) => {
          await hypervisor.close();
        }),
      );
      await Promise.all(
        switches().map(async (device) => {
          await device.close();
        }),
      );
    },
  };
}

function unknownHost(name: HostName, inventory: Inventory): TrunklineError {
  const names = inventory.hosts.map((host) => host.name);
  return new TrunklineError("host.unknown", `there is no host "${name}" in the inventory; it has ${names.join(", ")}`, {
    details: { host: name, known: names },
  });
}
