/**
 * The fabric as it is now: what the document says, what the switches themselves say, and where the VMs really run.
 *
 * A switch that was read has the last word about its ports. What nobody can be asked (sites, gateways, capacities, devices
 * that speak no OVSDB) is as the document has it. Without a document there is still a fabric: the inventory's hosts,
 * switches and links, with a segment for each VLAN in which a host has its foot. Pure.
 */
import { emptyFabric, linkId } from "@trunkline/fabric";
import type { Device, Endpoint, Fabric, FabricDevice, Link, Nic, Port, Segment } from "@trunkline/fabric";
import type { Inventory, InventoryHost, Snapshot, VmDescription } from "@trunkline/model";
import type { FabricReading } from "./read-fabric.ts";

/** Which VM runs on which host, by name, as far as the hosts themselves said so. */
export type Placements = ReadonlyMap<string, string>;

export interface FabricParts {
  readonly document: Fabric | undefined;
  readonly inventory: Inventory;
  readonly reading: FabricReading;
  readonly placements: Placements;
  /** Described just now: its NICs are known better than any document has them. */
  readonly vm?: VmDescription;
}

export function fabricNow({ document = emptyFabric, inventory, reading, placements, vm }: FabricParts): Fabric {
  const devices = devicesOf(document, inventory, reading);
  const links = linksOf(document, inventory);
  const segments = segmentsOf(document, inventory, vm);
  const withFeet = devices.map((device) => withMigrationFoot(device, inventory, segments));
  const placed = document.endpoints.map((endpoint): Endpoint => {
    const host = endpoint.kind === "vm" ? placements.get(endpoint.name) : undefined;
    return host === undefined || host === endpoint.device ? endpoint : movedTo(endpoint, host);
  });
  const endpoints = vm === undefined ? placed : withDescribed(placed, vm, placements.get(vm.name), segments);
  return { ...document, devices: withFeet, links, segments, endpoints };
}

/** A VM that is on its way is on two hosts: the one that lets it run counts. */
export const placementsOf = (snapshot: Snapshot): Placements =>
  new Map(snapshot.vms.filter((vm) => vm.power === "running" && !vm.isLastSeen).map((vm) => [vm.name, vm.host]));

/** The port belongs to the host that it was on. */
function movedTo({ port: _port, ...endpoint }: Endpoint, device: string): Endpoint {
  return { ...endpoint, device };
}

function devicesOf(document: Fabric, inventory: Inventory, reading: FabricReading): readonly Device[] {
  const read = new Map(reading.view.devices.map((device) => [device.name, device]));
  const hosts = new Set<string>(inventory.hosts.map((host) => host.name));
  const described = new Set(document.devices.map((device) => device.name));
  const undescribed = [...inventory.hosts, ...inventory.switches]
    .filter(({ name }) => !described.has(name))
    .map(({ name }): Device => ({ name, kind: hosts.has(name) ? "host" : "switch", ports: [] }));
  return [...document.devices, ...undescribed].map((device) => {
    const seen = read.get(device.name);
    if (seen === undefined) return device;
    const base: Device = {
      ...device,
      platform: "open-vswitch",
      ...(seen.bridge === undefined ? {} : { bridge: seen.bridge }),
      ...(seen.ovsdb === undefined ? {} : { ovsdb: seen.ovsdb }),
    };
    return reading.silent.has(device.name)
      ? { ...base, ports: portsOf(device, seen, "document") }
      : { ...base, ports: portsOf(device, seen, "switch") };
  });
}

/** @param lastWord who decides about a port that both know: a switch that was silent has only names to offer. */
function portsOf(device: Device, seen: FabricDevice, lastWord: "document" | "switch"): readonly Port[] {
  const documented = new Map(device.ports.map((port) => [port.name, port]));
  const observed = seen.ports.map((port): Port => {
    const known = documented.get(port.name);
    if (lastWord === "document") return known ?? { ...port };
    return { ...known, ...port, knowledge: "observed" };
  });
  const names = new Set(seen.ports.map((port) => port.name));
  return [...observed, ...device.ports.filter((port) => !names.has(port.name))];
}

function linksOf(document: Fabric, inventory: Inventory): readonly Link[] {
  const described = new Set(document.links.map(linkId));
  return [...document.links, ...inventory.links.filter((link) => !described.has(linkId(link)))];
}

/** What the inventory and the VM itself speak of gets a name, where the document has none for it. */
function segmentsOf(document: Fabric, inventory: Inventory, vm: VmDescription | undefined): readonly Segment[] {
  const wanted = [
    ...inventory.hosts.flatMap((host) => host.migration?.vlan ?? []),
    ...(vm?.nics.flatMap((nic) => nic.vlans) ?? []),
  ];
  const known = new Set(
    document.segments.flatMap((segment) => [segment.vlan, ...Object.values(segment.vlanBySite ?? {})]),
  );
  const missing = [...new Set(wanted)].filter((vlan) => !known.has(vlan)).sort((a, b) => a - b);
  return [...document.segments, ...missing.map((vlan): Segment => ({ name: `vlan-${vlan}`, vlan, subnets: [] }))];
}

const vlanAt = (segment: Segment, site: string | undefined): number =>
  (site === undefined ? undefined : segment.vlanBySite?.[site]) ?? segment.vlan;

function segmentOf(segments: readonly Segment[], vlan: number, site: string | undefined): Segment | undefined {
  return segments.find(
    (segment) =>
      vlanAt(segment, site) === vlan &&
      (segment.sites === undefined || site === undefined || segment.sites.includes(site)),
  );
}

function withMigrationFoot(device: Device, inventory: Inventory, segments: readonly Segment[]): Device {
  const foot = inventory.hosts.find((host: InventoryHost) => host.name === device.name)?.migration;
  if (device.migration !== undefined || foot?.vlan === undefined) return device;
  const segment = segmentOf(segments, foot.vlan, device.site);
  return segment === undefined ? device : { ...device, migration: { segment: segment.name, address: foot.address } };
}

/** The document knows its addresses and its gateway; the hypervisor knows its NICs. */
function withDescribed(
  endpoints: readonly Endpoint[],
  vm: VmDescription,
  host: string | undefined,
  segments: readonly Segment[],
): readonly Endpoint[] {
  const documented = endpoints.find((endpoint) => endpoint.name === vm.name);
  const device = host ?? documented?.device;
  if (device === undefined) return endpoints;
  const nics = vm.nics.flatMap((nic): readonly Nic[] =>
    nic.vlans.flatMap((vlan) => {
      const segment = segmentOf(segments, vlan, undefined);
      const known = documented?.nics.find((other) => other.mac === nic.mac || other.segment === segment?.name);
      const name = known?.segment ?? segment?.name;
      if (name === undefined) return [];
      const network = nic.network === undefined ? {} : { network: nic.network };
      return [{ addresses: [], ...known, segment: name, mac: nic.mac, ...network }];
    }),
  );
  const described: Endpoint = {
    ...documented,
    name: vm.name,
    kind: "vm",
    device,
    nics,
    memoryMiB: vm.memoryMiB,
  };
  return [...endpoints.filter((endpoint) => endpoint.name !== vm.name), described];
}
