/**
 * A fabric out of objects that were exported from NetBox's REST API (netboxlabs.com/docs, REST API and data model). Read are
 * dcim/{devices,interfaces,cables,front-ports,rear-ports}, ipam/{vlans,vlan-groups,prefixes,ip-addresses,fhrp-groups,
 * fhrp-group-assignments}, virtualization/{clusters,virtual-machines,interfaces} and circuits/circuit-terminations. Only
 * devices and interfaces must be there. NetBox says what is meant to be, so that ports have the knowledge "config".
 */
import { emptyFabric } from "../../fabric.ts";
import { importError, noteList, ordered } from "../import-result.ts";
import { soundFabric } from "../sound/sound-fabric.ts";
import type { ImportResult } from "../import-result.ts";
import { at, maybeNumber, sourceOf, textOf } from "../source.ts";
import { linksOf } from "./netbox-cables.ts";
import { deviceTable } from "./netbox-devices.ts";
import { choiceOf, netboxExport } from "./netbox-export.ts";
import type { NetboxExport } from "./netbox-export.ts";
import { gatewaysOf } from "./netbox-gateways.ts";
import { clustersOf, endpointsOf } from "./netbox-machines.ts";
import { vlanTable } from "./netbox-segments.ts";

/** What something depends on that is not there, and what is then unknown. */
const optional: readonly (readonly [string, string])[] = [
  ["dcim/cables", "no links are known"],
  ["ipam/vlans", "segments are known by what interfaces refer to, without their sites"],
  ["ipam/prefixes", "segments have no subnets"],
  ["ipam/ip-addresses", "addresses of interfaces and VMs are unknown"],
];

/** @param data parsed JSON, by API path. @throws fabric.import with the path of what is not as NetBox writes it. */
export function importNetbox(data: unknown): ImportResult {
  const notes = noteList();
  const netbox = netboxExport(sourceOf(data), notes);
  for (const path of ["dcim/devices", "dcim/interfaces"])
    if (!netbox.has(path))
      throw importError(path, "is missing", "Save the answers of the API by path; docs/fabric-import.md lists them.");
  for (const [path, consequence] of optional)
    if (!netbox.has(path)) notes.add(path, `is not in the export: ${consequence}`);
  const addresses = addressTable(netbox);
  const vlans = vlanTable(netbox, notes);
  const devices = deviceTable(netbox, vlans, addresses, notes);
  const links = linksOf(netbox, devices, notes);
  const gateways = gatewaysOf(netbox, devices, vlans, addresses, notes);
  const endpoints = endpointsOf(netbox, devices, vlans, addresses, notes);
  const segments = vlans.segments();
  const sites = new Set([...devices.sites, ...segments.flatMap((segment) => segment.sites ?? [])]);
  const fabric = {
    ...emptyFabric,
    sites: [...sites].map((name) => ({ name })),
    segments,
    devices: devices.devices,
    links,
    gateways,
    endpoints,
    clusters: clustersOf(netbox, devices),
  };
  return { fabric: ordered(soundFabric(fabric, notes)), notes: notes.sorted() };
}

/** Addresses with their length, by type and number of what they are assigned to. */
function addressTable(netbox: NetboxExport): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, string[]>();
  for (const address of netbox.list("ipam/ip-addresses")) {
    const type = choiceOf(at(address, "assigned_object_type"));
    const id = maybeNumber(at(address, "assigned_object_id"));
    if (type === undefined || id === undefined) continue;
    const key = `${type}:${id}`;
    table.set(key, [...(table.get(key) ?? []), textOf(at(address, "address"))]);
  }
  return table;
}
