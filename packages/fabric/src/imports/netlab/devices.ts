/** Devices and endpoints out of netlab's nodes: what bridges, what routes, and the hosts at the edge. */
import type { Device, DeviceInterface, Endpoint, Nic, Platform, SpanningTree } from "../../fabric.ts";
import { bareAddress, isInSubnet } from "../addresses.ts";
import { interfaceKey } from "./cabling.ts";
import type { Cabling } from "./cabling.ts";
import type { SegmentTable } from "./segments.ts";
import type { NetlabInterface, NetlabNode, NetlabTopology } from "./topology.ts";

/** Which command language a netlab device type speaks, where fix/ knows it. */
const platforms: Readonly<Partial<Record<string, Platform>>> = {
  eos: "eos",
  nxos: "nx-os",
  iosv: "ios",
  iosvl2: "ios",
  iol: "ios",
  ioll2: "ios",
  csr: "ios",
  cat8000v: "ios",
  vmx: "junos",
  vptx: "junos",
  vsrx: "junos",
  "vjunos-router": "junos",
  "vjunos-switch": "junos",
  frr: "linux-bridge",
};

export const isHost = (node: NetlabNode): boolean => node.role === "host";

export function deviceOf(node: NetlabNode, cabling: Cabling, segments: SegmentTable): Device {
  const ports = cabling.ports.get(node.name) ?? [];
  const interfaces = isHost(node) ? [] : interfacesOf(node, cabling, segments);
  const isSwitch = node.vlans.size > 0 || node.role === "bridge";
  const platform = node.device === undefined ? undefined : platforms[node.device];
  const peerGroup = node.interfaces.find(({ lag }) => lag.peerGroup !== undefined)?.lag.peerGroup;
  const routes = isHost(node) ? [] : routesOf(node, interfaces);
  const tree = treeOf(node);
  return {
    name: node.name,
    kind: isHost(node) ? "host" : isSwitch ? "switch" : "router",
    ports,
    ...(node.vlans.size === 0 || isHost(node) ? {} : { vlans: definedVlans(node, cabling) }),
    ...(peerGroup === undefined ? {} : { mlag: `peergroup-${peerGroup}` }),
    ...(tree === undefined ? {} : { spanningTree: tree }),
    ...(interfaces.length === 0 ? {} : { interfaces }),
    ...(routes.length === 0 ? {} : { routes }),
    ...(node.vtep === undefined ? {} : { vtep: vtepOf(node, node.vtep) }),
    ...(platform === undefined ? {} : { platform }),
  };
}

/** Where an interface of a node sits; undefined for loopbacks and what is not imported. */
export function segmentAt(
  node: NetlabNode,
  port: NetlabInterface,
  cabling: Cabling,
  segments: SegmentTable,
): string | undefined {
  if (port.type === "loopback") return undefined;
  const name = port.type === "svi" ? port.sviVlan : port.type === "vlan_member" ? port.vlans.access : undefined;
  if (name !== undefined) return segments.ofVlan(node, name, port.path).segment;
  return cabling.untagged.get(interfaceKey(node.name, port.ifname))?.segment;
}

/** A host is where traffic begins and ends: it is an endpoint besides, under the same name. */
export function endpointOf(
  node: NetlabNode,
  cabling: Cabling,
  segments: SegmentTable,
  gatewayOf: (segment: string, addresses: readonly string[], path: string) => string | undefined,
): Endpoint | undefined {
  const nics = node.interfaces.flatMap((port): readonly Nic[] => {
    const segment = segmentAt(node, port, cabling, segments);
    if (segment === undefined || port.addresses.length === 0) return [];
    const gateway =
      port.gateway === undefined ? undefined : gatewayOf(segment, port.gateway.addresses, port.gateway.path);
    return [
      {
        segment,
        ...(port.mac === undefined ? {} : { mac: port.mac }),
        addresses: port.addresses.map(bareAddress),
        ...(gateway === undefined ? {} : { gateway }),
      },
    ];
  });
  return nics.length === 0 ? undefined : { name: node.name, kind: "server", device: node.name, nics };
}

/** Routed ports stand in VLANs of their own, which the device has as well. */
function definedVlans(node: NetlabNode, cabling: Cabling): readonly number[] {
  const routed = (cabling.ports.get(node.name) ?? []).flatMap(({ vlans }) =>
    vlans.kind === "access" ? [vlans.tag] : [],
  );
  return [...new Set([...[...node.vlans.values()].map(({ vlan }) => vlan), ...routed])].toSorted((a, b) => a - b);
}

function interfacesOf(node: NetlabNode, cabling: Cabling, segments: SegmentTable): readonly DeviceInterface[] {
  return node.interfaces.flatMap((port) => {
    const segment = segmentAt(node, port, cabling, segments);
    if (segment === undefined) return [];
    return port.addresses.map((address) => ({
      segment,
      address,
      ...(port.mac === undefined ? {} : { mac: port.mac }),
    }));
  });
}

/** Routes whose next hop no interface reaches say nothing here. */
function routesOf(node: NetlabNode, interfaces: readonly DeviceInterface[]): NetlabNode["routes"] {
  return node.routes
    .map(({ prefix, via }) => ({ prefix, via: bareAddress(via) }))
    .filter(({ via }) => interfaces.some(({ address }) => isInSubnet(via, address)));
}

function vtepOf(node: NetlabNode, address: string): NonNullable<Device["vtep"]> {
  const bare = bareAddress(address);
  if (!node.hasEvpn) return { address: bare };
  return { address: bare, irb: node.hasSymmetricVrf ? "symmetric" : "asymmetric" };
}

const treeModes: Readonly<Partial<Record<string, SpanningTree["mode"]>>> = {
  stp: "rstp",
  rstp: "rstp",
  mstp: "mst",
  pvrst: "rpvst",
};

function treeOf(node: NetlabNode): SpanningTree | undefined {
  const { stp } = node;
  if (stp === undefined) return undefined;
  const mode = stp.isEnabled ? treeModes[stp.protocol ?? "stp"] : "off";
  const byVlan = [...node.vlans.values()].flatMap(({ vlan, stpPriority }) =>
    stpPriority === undefined ? [] : [[String(vlan), stpPriority] as const],
  );
  return {
    mode: mode ?? "rstp",
    ...(stp.priority === undefined ? {} : { priority: stp.priority }),
    // The other modes have no tree of a VLAN.
    ...(byVlan.length === 0 || mode !== "rpvst" ? {} : { priorityByVlan: Object.fromEntries(byVlan) }),
  };
}

/** Modules whose facts are settings of interfaces and nodes, all read here. */
export const understoodModules: ReadonlySet<string> = new Set([
  "vlan",
  "vrf",
  "vxlan",
  "evpn",
  "gateway",
  "lag",
  "stp",
  "routing",
]);

export function nodesOf(topology: NetlabTopology): readonly NetlabNode[] {
  return [...topology.nodes.values()];
}
