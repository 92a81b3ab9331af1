/** One fabric and a change of every kind in it, for the goldens of every language. */
import { buildFabric, fabricEnd, portVlans } from "../fabric.fixture.ts";
import type { Fabric, Gateway } from "../fabric.ts";
import type { ConfigChange, GatewayFilterPart } from "./config-change.ts";

export const everyFabric: Fabric = buildFabric({
  segments: {
    web: { vlan: 120, subnets: ["10.1.120.0/24", "2001:db8:120::/64"] },
    db: { vlan: 130, subnets: ["10.1.130.0/24"] },
  },
  devices: {
    sw1: {
      bridge: "br0",
      ovsdb: "unix:/run/sw1.sock",
      interfaces: [{ segment: "db", address: "10.1.130.2/24" }],
    },
  },
  ports: {
    "sw1/p-access": "access 10",
    "sw1/p-trunk": "trunk 10,20,30,31,32",
    "sw1/p-native": "trunk 10,20 native 1",
    "sw1/p-bond": { vlans: portVlans("trunk 10"), lag: "bond0" },
    "sw1/p-unread": "unknown",
    "sw1/p-gateway": "trunk all native 130",
  },
  links: ["sw1/p-all sw2/p1"],
  gateways: {
    "web-gw": { segment: "web", kind: "hsrp", address: "10.1.120.1", group: 10, members: ["sw1", "sw2"] },
    "web-gw2": { segment: "web", kind: "hsrp", address: "10.1.120.1", group: 300, members: ["sw1", "sw2"] },
    "web-gw6": { segment: "web", kind: "vrrp", address: "2001:db8:120::1", group: 7, members: ["sw1", "sw2"] },
    "db-vrrp": { segment: "db", kind: "vrrp", address: "10.1.130.1", group: 30, members: ["sw1", "sw2"] },
    "db-glbp": { segment: "db", kind: "glbp", address: "10.1.130.1", group: 30, members: ["sw1", "sw2"] },
    "db-anycast": {
      segment: "db",
      kind: "anycast",
      address: "10.1.130.1",
      mac: "00:1C:73:00:00:99",
      members: ["sw1", "sw2"],
    },
    "web-static": { segment: "web", kind: "static", address: "10.1.120.1", members: ["sw1"] },
  },
});

const before = (end: string): ConfigChange & { readonly kind: "allow-vlan" } => {
  const port = fabricEnd(end);
  const found = everyFabric.devices
    .find(({ name }) => name === port.device)
    ?.ports.find(({ name }) => name === port.port);
  if (found === undefined) throw new Error(`the fixture has no port ${end}`);
  return { kind: "allow-vlan", port, vlan: 120, before: found.vlans };
};

const all: readonly GatewayFilterPart[] = ["hello", "virtual-mac", "gateway-arp"];
const filter = (port: string, gateway: string, what: readonly GatewayFilterPart[], isAdded = true): ConfigChange => ({
  kind: "filter-gateway",
  port: fabricEnd(port),
  gateway,
  what,
  isAdded,
});
const address = (gateway: Gateway): readonly ConfigChange[] =>
  (["add-gateway-address", "remove-gateway-address"] as const).map((kind) => ({
    kind,
    device: "sw1",
    gateway: gateway.name,
    address: gateway.address,
  }));

/** By what they show. */
export const everyChange: Readonly<Record<string, readonly ConfigChange[]>> = {
  "allow-vlan on an access port": [before("sw1/p-access")],
  "allow-vlan on a trunk": [before("sw1/p-trunk")],
  "allow-vlan on a trunk that carries all": [before("sw1/p-all")],
  "allow-vlan on a group": [before("sw1/p-bond")],
  "allow-vlan on a port that nobody could read": [before("sw1/p-unread")],
  "remove-vlans from a list": [{ ...before("sw1/p-trunk"), kind: "remove-vlans", vlans: [30, 31, 32, 10] }],
  "remove-vlans, all of them": [{ ...before("sw1/p-bond"), kind: "remove-vlans", vlans: [10] }],
  "remove-vlans from a trunk that carries all": [
    { ...before("sw1/p-all"), kind: "remove-vlans", vlans: [100, 101, 200] },
  ],
  "remove-vlans, the native one": [{ ...before("sw1/p-native"), kind: "remove-vlans", vlans: [1] }],
  "set-native on a trunk without": [{ ...before("sw1/p-trunk"), kind: "set-native", vlan: 99 }],
  "set-native on a trunk with another": [{ ...before("sw1/p-native"), kind: "set-native", vlan: 20 }],
  "set-native on an access port": [{ ...before("sw1/p-access"), kind: "set-native", vlan: 20 }],
  "set-vlans to access": [{ ...before("sw1/p-native"), kind: "set-vlans", vlans: portVlans("access 10") }],
  "set-vlans to a trunk": [{ ...before("sw1/p-access"), kind: "set-vlans", vlans: portVlans("trunk 10,20 native 10") }],
  "set-vlans to all": [{ ...before("sw1/p-native"), kind: "set-vlans", vlans: portVlans("trunk all") }],
  "define-vlan": [{ kind: "define-vlan", device: "sw1", vlan: 120, name: "web" }],
  "undefine-vlan": [{ kind: "undefine-vlan", device: "sw1", vlan: 120 }],
  "set-mtu": [{ kind: "set-mtu", port: fabricEnd("sw1/p-trunk"), mtu: 9000, before: 1500 }],
  "set-mtu to the default": [{ kind: "set-mtu", port: fabricEnd("sw1/p-trunk"), before: 9000 }],
  "filter-gateway, HSRP version 1 or 2": [filter("sw1/p-trunk", "web-gw", all)],
  "filter-gateway, HSRP version 2, hellos only": [filter("sw1/p-trunk", "web-gw2", ["hello"])],
  "filter-gateway, VRRP in the native VLAN": [filter("sw1/p-gateway", "db-vrrp", all)],
  "filter-gateway, GLBP": [filter("sw1/p-trunk", "db-glbp", ["hello"])],
  "filter-gateway, IPv6": [filter("sw1/p-trunk", "web-gw6", all)],
  "filter-gateway, nothing to match": [filter("sw1/p-trunk", "web-static", ["hello", "virtual-mac"])],
  "filter-gateway, taken away": [filter("sw1/p-trunk", "web-gw", all, false)],
  ...Object.fromEntries(
    everyFabric.gateways.map((gateway) => [`gateway address, ${gateway.kind} ${gateway.name}`, address(gateway)]),
  ),
};
