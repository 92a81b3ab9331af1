/**
 * Two sites of one leaf and one host each, joined by a dark fibre; a gateway of two members in VLAN 120, a VM on h1. Tests
 * observe it as it is and as it should not be.
 *
 *   h1/up0 ── leaf1/Eth1   leaf1/Eth9 ══ leaf2/Eth9   leaf2/Eth1 ── h2/up0
 */
import { emptyFabric } from "../fabric.ts";
import type { Fabric, Gateway } from "../fabric.ts";
import type { FabricEnd, PortVlans } from "../ports.ts";
import type { GatewayHello, MacEntrySeen, NeighborSeen, PortSeen } from "./observation.ts";

const trunk: PortVlans = { kind: "trunk", trunks: [120, 130], native: 10 };

export const hsrp: Gateway = {
  name: "web-gateway",
  segment: "web",
  kind: "hsrp",
  address: "10.1.120.1",
  group: 10,
  members: [
    { device: "leaf1", address: "10.1.120.2", priority: 110 },
    { device: "leaf2", address: "10.1.120.3", priority: 100 },
  ],
};

export const smallNetwork: Fabric = {
  ...emptyFabric,
  sites: [{ name: "east" }, { name: "west" }],
  segments: [
    { name: "web", vlan: 120, subnets: ["10.1.120.0/24"] },
    { name: "data", vlan: 130, vlanBySite: { west: 230 }, subnets: [] },
    { name: "migration", vlan: 10, subnets: [] },
  ],
  devices: [
    { name: "h1", kind: "host", site: "east", ports: [{ name: "up0", vlans: trunk, mtu: 9000 }] },
    { name: "h2", kind: "host", site: "west", ports: [{ name: "up0", vlans: trunk }] },
    {
      name: "leaf1",
      kind: "switch",
      site: "east",
      ports: [
        { name: "Eth1", vlans: trunk, mtu: 9000 },
        { name: "Eth9", vlans: trunk },
      ],
      vtep: { address: "10.0.0.1" },
    },
    {
      name: "leaf2",
      kind: "switch",
      site: "west",
      ports: [
        { name: "Eth1", vlans: { kind: "unknown", why: "nobody asked" } },
        { name: "Eth9", vlans: trunk },
      ],
      vtep: { address: "10.0.0.2" },
    },
  ],
  links: [
    { a: { device: "h1", port: "up0" }, b: { device: "leaf1", port: "Eth1" } },
    { a: { device: "h2", port: "up0" }, b: { device: "leaf2", port: "Eth1" } },
    { a: { device: "leaf1", port: "Eth9" }, b: { device: "leaf2", port: "Eth9" }, kind: "dci" },
  ],
  gateways: [hsrp],
  endpoints: [
    {
      name: "web01",
      kind: "vm",
      device: "h1",
      nics: [{ segment: "web", mac: "52:54:00:00:00:01", addresses: ["10.1.120.42"] }],
    },
  ],
};

export const noonMs = Date.UTC(2026, 0, 5, 12);

export const at = (text: string): FabricEnd => {
  const [device = "", port = ""] = text.split(" ");
  return { device, port };
};

export function portSeen(where: string, facts: Partial<PortSeen>): PortSeen {
  return { kind: "port", where: at(where), atMs: noonMs, ...facts };
}

/** @param far `leaf1.example.net Eth1`: what the neighbour calls itself and its port. */
export function neighborSeen(where: string, far: string, facts: Partial<NeighborSeen> = {}): NeighborSeen {
  const { device, port } = at(far);
  const empty = { names: [device], ports: [port], addresses: [], roles: [], vlanNames: [] };
  return { kind: "neighbor", protocol: "lldp", where: at(where), atMs: noonMs, ...empty, ...facts };
}

export function hello(source: string, facts: Partial<GatewayHello> = {}): GatewayHello {
  return {
    kind: "gateway-hello",
    protocol: "hsrp",
    where: at("h1 up0"),
    atMs: noonMs,
    group: 10,
    state: "active",
    priority: source.endsWith(".2") ? 110 : 100,
    addresses: ["10.1.120.1"],
    source,
    vlan: 120,
    helloMs: 3_000,
    holdMs: 10_000,
    ...facts,
  };
}

export function macSeen(where: string, mac: string, vlan: number, atMs = noonMs): MacEntrySeen {
  return { kind: "mac-entry", where: at(where), mac, vlan, atMs };
}
