/**
 * Who is in a segment, and where: the devices from which frames of the segment come or for which they are meant. An
 * access port counts although nobody says what is plugged in there.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";

export interface SegmentMembers {
  /** Endpoints of the document, by device. */
  readonly endpoints: ReadonlyMap<string, number>;
  /** Gateway members, routers, VXLAN tunnel endpoints and hosts' feet in the migration network. */
  readonly infrastructure: ReadonlySet<string>;
  /** Devices with an access port in the segment. */
  readonly plugged: ReadonlySet<string>;
  /** Hosts of clusters of which one VM is in the segment: it may land on any of them. */
  readonly byPolicy: ReadonlySet<string>;
}

const tables = memoTable<ReadonlyMap<string, SegmentMembers>>("members of segments");

const nobody: SegmentMembers = {
  endpoints: new Map(),
  infrastructure: new Set(),
  plugged: new Set(),
  byPolicy: new Set(),
};

export function segmentMembers(index: FabricIndex, segment: string): SegmentMembers {
  return index.remember(tables, "", () => findMembers(index)).get(segment) ?? nobody;
}

/** Devices with members that are there now, of whatever kind. */
export function memberDevices(index: FabricIndex, segment: string): ReadonlySet<string> {
  const { endpoints, infrastructure, plugged } = segmentMembers(index, segment);
  return new Set([...endpoints.keys(), ...infrastructure, ...plugged]);
}

interface Collected {
  readonly endpoints: Map<string, number>;
  readonly infrastructure: Set<string>;
  readonly plugged: Set<string>;
  readonly byPolicy: Set<string>;
}

function findMembers(index: FabricIndex): ReadonlyMap<string, SegmentMembers> {
  const { fabric } = index;
  const table = new Map<string, Collected>(
    fabric.segments.map(({ name }) => [
      name,
      { endpoints: new Map(), infrastructure: new Set(), plugged: new Set(), byPolicy: new Set() },
    ]),
  );
  for (const { device, nics } of fabric.endpoints)
    for (const segment of new Set(nics.map((nic) => nic.segment))) {
      const endpoints = table.get(segment)?.endpoints;
      endpoints?.set(device, (endpoints.get(device) ?? 0) + 1);
    }
  for (const { segment, members } of fabric.gateways)
    for (const { device } of members) table.get(segment)?.infrastructure.add(device);
  for (const device of fabric.devices) {
    for (const { segment } of device.interfaces ?? []) table.get(segment)?.infrastructure.add(device.name);
    if (device.migration !== undefined) table.get(device.migration.segment)?.infrastructure.add(device.name);
    if (device.vtep !== undefined)
      for (const { name, vni } of fabric.segments)
        if (vni !== undefined) table.get(name)?.infrastructure.add(device.name);
    for (const { vlans } of device.ports)
      if (vlans.kind === "access")
        for (const { name } of index.segmentsOfVlan(vlans.tag, device.name)) table.get(name)?.plugged.add(device.name);
  }
  for (const { hosts } of fabric.clusters) {
    const segments = new Set(
      hosts.flatMap((host) =>
        index.endpointsAt(host).flatMap(({ kind, nics }) => (kind === "vm" ? nics.map(({ segment }) => segment) : [])),
      ),
    );
    for (const segment of segments) for (const host of hosts) table.get(segment)?.byPolicy.add(host);
  }
  return table;
}
