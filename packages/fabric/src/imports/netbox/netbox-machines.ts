/** VMs and clusters out of NetBox. A VM has a place only where NetBox names its host, or where its cluster has one host. */
import type { Cluster, Endpoint, Nic } from "../../fabric.ts";
import { bareAddress, macText } from "../addresses.ts";
import type { NoteList } from "../import-result.ts";
import { at, itemsOf, maybeNumber, maybeText, numberOf, textOf } from "../source.ts";
import type { Source } from "../source.ts";
import type { DeviceTable } from "./netbox-devices.ts";
import { choiceOf, idOf, nameOf } from "./netbox-export.ts";
import type { NetboxExport } from "./netbox-export.ts";
import type { VlanTable } from "./netbox-segments.ts";

/** States of a VM that sends nothing. */
const idleStates: ReadonlySet<string> = new Set([
  "offline",
  "planned",
  "staged",
  "failed",
  "decommissioning",
  "paused",
]);

export function clustersOf(netbox: NetboxExport, devices: DeviceTable): readonly Cluster[] {
  return netbox.list("virtualization/clusters").flatMap((cluster) => {
    const hosts = devices.hostsOf(numberOf(at(cluster, "id")));
    return hosts.length === 0 ? [] : [{ name: textOf(at(cluster, "name")), hosts }];
  });
}

export function endpointsOf(
  netbox: NetboxExport,
  devices: DeviceTable,
  vlans: VlanTable,
  addresses: ReadonlyMap<string, readonly string[]>,
  notes: NoteList,
): readonly Endpoint[] {
  const machines = netbox.list("virtualization/virtual-machines");
  const names = machines.map((machine) => textOf(at(machine, "name")));
  const portsOf = new Map<number, Source[]>();
  for (const port of netbox.list("virtualization/interfaces")) {
    const id = idOf(at(port, "virtual_machine"));
    if (id !== undefined) portsOf.set(id, [...(portsOf.get(id) ?? []), port]);
  }
  return machines.flatMap((machine, index) => {
    const state = choiceOf(at(machine, "status"));
    const name = names[index] ?? "";
    if (state !== undefined && idleStates.has(state)) {
      notes.add(machine.path, `${name} is ${state}, and left out`);
      return [];
    }
    const device = hostOf(machine, name);
    if (device === undefined) return [];
    const id = numberOf(at(machine, "id"));
    const memoryMiB = maybeNumber(at(machine, "memory"));
    const own = portsOf.get(id) ?? [];
    const isUnique = names.indexOf(name) === names.lastIndexOf(name);
    return [
      {
        name: isUnique ? name : `${name}-${id}`,
        kind: "vm" as const,
        device,
        nics: own.flatMap((port) => nicsOf(port, own.length === 1 ? primaryOf(machine) : [])),
        ...(memoryMiB === undefined ? {} : { memoryMiB }),
      },
    ];
  });

  function hostOf(machine: Source, name: string): string | undefined {
    const id = idOf(at(machine, "device"));
    const named = id === undefined ? undefined : devices.nameOf(id);
    if (named !== undefined) return named;
    const cluster = idOf(at(machine, "cluster"));
    const hosts = cluster === undefined ? [] : devices.hostsOf(cluster);
    if (hosts.length !== 1)
      notes.add(machine.path, `${name} has no host in NetBox, and its cluster has ${hosts.length}; left out`);
    return hosts.length === 1 ? hosts[0] : undefined;
  }

  /** A trunk into a VM is a NIC in each of its VLANs. */
  function nicsOf(port: Source, primary: readonly string[]): readonly Nic[] {
    const assigned = addresses.get(`virtualization.vminterface:${numberOf(at(port, "id"))}`) ?? [];
    const own = assigned.length === 0 ? primary : assigned;
    const mac = macText(maybeText(at(port, "mac_address")) ?? "");
    const tail = mac === undefined ? {} : { mac };
    const untagged = vlans.of(at(port, "untagged_vlan"));
    const tagged = itemsOf(at(port, "tagged_vlans")).flatMap((vlan) => vlans.of(vlan)?.segment ?? []);
    const segment = untagged?.segment ?? own.map((address) => vlans.holding(address)?.segment).find(isKnown);
    if (segment === undefined && tagged.length === 0) {
      notes.add(
        port.path,
        `${textOf(at(port, "name"))} has no VLAN, and no prefix with one holds its addresses; left out`,
      );
      return [];
    }
    const segments = [...new Set([...(segment === undefined ? [] : [segment]), ...tagged])];
    return segments.map((one) => ({
      segment: one,
      ...tail,
      addresses: own
        .filter((address) => (vlans.holding(address)?.segment ?? segment) === one)
        .map(bareAddress)
        .toSorted(),
    }));
  }
}

const isKnown = (segment: string | undefined): segment is string => segment !== undefined;

/** Only the text of an address tells where it belongs when addresses were not exported. */
function primaryOf(machine: Source): readonly string[] {
  return [at(machine, "primary_ip4"), at(machine, "primary_ip6")].flatMap((address) =>
    idOf(address) === undefined ? [] : (maybeText(at(address, "address")) ?? nameOf(address) ?? []),
  );
}
