/** Devices: their ports do not contradict themselves, and what they name exists. */
import { parseAddress, parsePrefix, prefixContains } from "../../address/ip.ts";
import type { DevicePart, PortPart } from "../device-schema.ts";
import type { DocumentPath } from "../problem.ts";
import { parseVlanKey } from "../vlan-list.ts";
import { belongs, claims, refer, resolved, resolvedOne, unique } from "./scope.ts";
import type { Scope } from "./scope.ts";

export function checkDevices(scope: Scope): void {
  const devices = scope.document.devices ?? [];
  unique(
    scope,
    "device",
    claims(["devices"], devices, "name", ({ name }) => name),
  );
  const memberships = segmentsOfMembers(scope);
  for (const [index, device] of devices.entries()) {
    const path = ["devices", index];
    refer(scope, [...path, "site"], device.site, scope.sites, "site");
    resolved(scope, [...path, "vlans"], device.vlans ?? [], device);
    unique(
      scope,
      "port",
      claims([...path, "ports"], device.ports, "name", ({ name }) => name),
    );
    for (const [at, port] of (device.ports ?? []).entries()) checkPort(scope, [...path, "ports", at], port, device);
    checkSpanningTree(scope, [...path, "spanningTree"], device);
    checkAddresses(scope, path, device);
    checkRoutes(scope, path, device, memberships.get(device.name) ?? []);
    unique(
      scope,
      "network",
      claims([...path, "networks"], device.networks, "name", ({ name }) => name),
    );
    for (const [at, { vlan }] of (device.networks ?? []).entries())
      resolvedOne(scope, [...path, "networks", at, "vlan"], vlan, device);
    unique(
      scope,
      "traffic class",
      claims([...path, "shaping"], device.shaping, "class", (traffic) => traffic.class),
    );
  }
}

function checkPort(scope: Scope, path: DocumentPath, port: PortPart, device: DevicePart): void {
  const { access, trunk, native, unread } = port;
  if (access !== undefined && (trunk !== undefined || native !== undefined)) {
    const key = trunk === undefined ? "native" : "trunk";
    const hint = "Keep access for one untagged VLAN; a trunk with an untagged VLAN is trunk and native.";
    scope.complain([...path, key], `the port ${port.name} is an access port and has ${key} as well`, hint);
  }
  if (native !== undefined && trunk === undefined && access === undefined)
    scope.complain(
      [...path, "native"],
      `the port ${port.name} has a native VLAN and is not a trunk`,
      "Add trunk with the tagged VLANs, or write access if it carries this one alone.",
    );
  if (unread !== undefined && (access !== undefined || trunk !== undefined))
    scope.complain(
      [...path, "unread"],
      `the VLANs of the port ${port.name} are said to be unread and are written`,
      "Keep one of the two.",
    );
  resolvedOne(scope, [...path, "access"], access, device);
  resolvedOne(scope, [...path, "native"], native, device);
  if (trunk !== "all") resolved(scope, [...path, "trunk"], trunk ?? [], device);
}

function checkSpanningTree(scope: Scope, path: DocumentPath, device: DevicePart): void {
  const tree = device.spanningTree;
  if (tree === undefined) return;
  if (tree.priorityByVlan !== undefined && tree.mode !== "rpvst")
    scope.complain(
      [...path, "priorityByVlan"],
      `${tree.mode} has no tree for each VLAN`,
      "Only rpvst takes priorityByVlan.",
    );
  if (tree.instances !== undefined && tree.mode !== "mst")
    scope.complain([...path, "instances"], `${tree.mode} has no instances`, "Only mst takes them.");
  const numbers: { path: DocumentPath; value: string }[] = [];
  for (const key of Object.keys(tree.priorityByVlan ?? {})) {
    const item = parseVlanKey(key);
    const at = [...path, "priorityByVlan", key];
    if (item === undefined)
      scope.complain(at, `"${key}" is not a VLAN`, "Write a number from 1 to 4094, or the name of a segment.");
    else for (const vlan of resolved(scope, at, [item], device)) numbers.push({ path: at, value: String(vlan) });
  }
  unique(scope, "VLAN", numbers);
  unique(
    scope,
    "MST instance",
    claims([...path, "instances"], tree.instances, "id", ({ id }) => String(id)),
  );
  const mapped = (tree.instances ?? []).flatMap((instance, index) => {
    const at = [...path, "instances", index, "vlans"];
    return resolved(scope, at, instance.vlans, device).map((vlan) => ({ path: at, value: String(vlan) }));
  });
  unique(scope, "VLAN of MST instances", mapped);
}

function checkAddresses(scope: Scope, path: DocumentPath, device: DevicePart): void {
  for (const [at, { segment, address }] of (device.interfaces ?? []).entries()) {
    const place = [...path, "interfaces", at];
    refer(scope, [...place, "segment"], segment, scope.segments, "segment");
    belongs(scope, [...place, "address"], address, segment);
  }
  if (device.migration === undefined) return;
  refer(scope, [...path, "migration", "segment"], device.migration.segment, scope.segments, "segment");
  belongs(scope, [...path, "migration", "address"], device.migration.address, device.migration.segment);
}

/** A next hop is in a network in which the device has an address, as an interface or as the member of a gateway. */
function checkRoutes(scope: Scope, path: DocumentPath, device: DevicePart, memberships: readonly string[]): void {
  if (device.routes === undefined) return;
  const segments = [...(device.interfaces ?? []).map(({ segment }) => segment), ...memberships];
  const written = (device.interfaces ?? []).flatMap(({ address }) => parsePrefix(address) ?? []);
  const networks = [...written, ...segments.flatMap((segment) => scope.subnets.get(segment) ?? [])];
  for (const [at, { via }] of device.routes.entries()) {
    const hop = parseAddress(via);
    if (hop === undefined || networks.some((network) => prefixContains(network, hop))) continue;
    scope.complain(
      [...path, "routes", at, "via"],
      `${device.name} has no interface in a network that holds ${via}`,
      "Add it to interfaces with its address and prefix length, or correct the next hop.",
    );
  }
}

function segmentsOfMembers(scope: Scope): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, string[]>();
  for (const { segment, members } of scope.document.gateways ?? [])
    for (const { device } of members) table.set(device, [...(table.get(device) ?? []), segment]);
  return table;
}
