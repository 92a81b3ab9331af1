/**
 * Open vSwitch, in the words of ovs-vsctl(8) and ovs-ofctl(8). What the columns mean: ovs-vswitchd.conf.db(5), Port table.
 *
 * An empty `trunks` column means every VLAN, not none: a trunk that carries nothing lists 4095, which no frame may bear.
 * Integers may be written as ranges. Filters are flows, and match what comes in at the port.
 */
import type { Fabric } from "../fabric.ts";
import type { PortVlans } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";
import { gatewayFilterOf, missingParts } from "./gateway-frames.ts";
import { deviceOf, gatewayAddressOf, vlanPortOf } from "./target.ts";
import { rangeText, vlansAfter } from "./vlan-sets.ts";
import type { VlanChange } from "./vlan-sets.ts";

const noVlan = "4095";
/** Above what people use: ovs-ofctl's default is 32768. Below the flows of a frame hand-over. */
const filterPriority = 60_000;

export function openVswitchLines(fabric: Fabric, change: ConfigChange): readonly string[] {
  switch (change.kind) {
    case "allow-vlan":
    case "remove-vlans":
    case "set-native":
    case "set-vlans": {
      const port = vlanPortOf(fabric, change.port);
      return portCommand(port, change).map((command) => `${vsctl(fabric, change.port.device)} ${command}`);
    }
    case "define-vlan":
    case "undefine-vlan":
      // It has no list of VLANs: a port's own list is all there is.
      return [];
    case "set-mtu":
      return [
        change.mtu === undefined
          ? `${vsctl(fabric, change.port.device)} clear interface ${change.port.port} mtu_request`
          : `${vsctl(fabric, change.port.device)} set interface ${change.port.port} mtu_request=${change.mtu}`,
      ];
    case "filter-gateway":
      return filterLines(fabric, change);
    case "add-gateway-address":
    case "remove-gateway-address":
      return addressLines(fabric, change);
  }
}

function vsctl(fabric: Fabric, device: string): string {
  const database = deviceOf(fabric, device)?.ovsdb;
  return database === undefined ? "ovs-vsctl" : `ovs-vsctl --db=${database}`;
}

function portCommand(port: string, change: VlanChange): readonly string[] {
  const { before } = change;
  const after = vlansAfter(change);
  switch (change.kind) {
    case "allow-vlan":
      if (before.kind === "access")
        return before.tag === change.vlan ? [] : [`set port ${port} vlan_mode=native-untagged trunks=${change.vlan}`];
      // Adding to an empty list would turn "all" into this one.
      if (before.kind === "trunk" && (before.trunks === "all" || before.native === change.vlan)) return [];
      if (before.kind === "trunk" && before.trunks.length === 0) return [`set port ${port} trunks=${change.vlan}`];
      return [`add port ${port} trunks ${change.vlan}`];
    case "remove-vlans":
      if (after.kind !== "trunk") return [];
      return isNativeLost(before, after) ||
        before.kind !== "trunk" ||
        before.trunks === "all" ||
        trunkText(after) === noVlan
        ? [whole(port, after)]
        : [`remove port ${port} trunks ${rangeText(change.vlans)}`];
    case "set-native":
      if (before.kind === "access" || (before.kind === "trunk" && before.native !== undefined))
        return [`set port ${port} tag=${change.vlan}`];
      return [`set port ${port} vlan_mode=native-untagged tag=${change.vlan}`];
    case "set-vlans":
      return change.vlans.kind === "unknown" ? [] : [whole(port, change.vlans)];
  }
}

function whole(port: string, vlans: Exclude<PortVlans, { readonly kind: "unknown" }>): string {
  if (vlans.kind === "access") return `set port ${port} vlan_mode=access tag=${vlans.tag} trunks=[]`;
  const trunks = trunkText(vlans);
  return vlans.native === undefined
    ? `clear port ${port} tag -- set port ${port} vlan_mode=trunk trunks=${trunks}`
    : `set port ${port} vlan_mode=native-untagged tag=${vlans.native} trunks=${trunks}`;
}

function trunkText({ trunks }: Extract<PortVlans, { readonly kind: "trunk" }>): string {
  if (trunks === "all") return "[]";
  return trunks.length === 0 ? noVlan : rangeText(trunks);
}

const isNativeLost = (before: PortVlans, after: PortVlans): boolean =>
  before.kind === "trunk" && after.kind === "trunk" && before.native !== after.native;

function filterLines(
  fabric: Fabric,
  change: Extract<ConfigChange, { readonly kind: "filter-gateway" }>,
): readonly string[] {
  const filter = gatewayFilterOf(fabric, change);
  if (filter === undefined) return [];
  const bridge = deviceOf(fabric, change.port.device)?.bridge ?? change.port.device;
  const at = `priority=${filterPriority},in_port=${change.port.port},${filter.tag === undefined ? "dl_vlan=0xffff" : `dl_vlan=${filter.tag}`}`;
  const isIpv6 = filter.gateway.address.includes(":");
  const matches = [
    ...filter.hellos.map(({ ipProtocol, group, udpPort }) => {
      const to = isIpv6 ? `ipv6_dst=${group}` : `nw_dst=${group}`;
      if (ipProtocol === "udp") return `${isIpv6 ? "udp6" : "udp"},${to},tp_dst=${udpPort ?? 0}`;
      return `${isIpv6 ? "ipv6" : "ip"},nw_proto=112,${to}`;
    }),
    ...(filter.virtualMac === undefined ? [] : [`dl_src=${filter.virtualMac}`, `dl_dst=${filter.virtualMac}`]),
    ...(filter.arp === undefined ? [] : arpMatches(filter.arp.address)),
  ];
  const missing = missingParts(filter, "address").map((text) => `# ${text}`);
  return change.isAdded
    ? [...missing, ...matches.map((match) => `ovs-ofctl add-flow ${bridge} "${at},${match},actions=drop"`)]
    : matches.map((match) => `ovs-ofctl --strict del-flows ${bridge} "${at},${match}"`);
}

/** ARP, or neighbour discovery where the address is IPv6. */
function arpMatches(address: string): readonly string[] {
  if (!address.includes(":")) return [`arp,arp_spa=${address}`, `arp,arp_tpa=${address}`];
  return [135, 136].map((type) => `icmp6,icmp_type=${type},icmp_code=0,nd_target=${address}`);
}

function addressLines(
  fabric: Fabric,
  change: Extract<ConfigChange, { readonly kind: "add-gateway-address" | "remove-gateway-address" }>,
): readonly string[] {
  const at = gatewayAddressOf(fabric, change.device, change.gateway, change.address);
  if (at === undefined) return [];
  const bridge = deviceOf(fabric, change.device)?.bridge ?? change.device;
  const name = `gw${at.vlan}`;
  if (change.kind === "remove-gateway-address") return [`${vsctl(fabric, change.device)} del-port ${bridge} ${name}`];
  const mac = at.mac === undefined ? "" : ` mac="\\"${at.mac}\\""`;
  return [
    `${vsctl(fabric, change.device)} add-port ${bridge} ${name} tag=${at.vlan} -- set interface ${name} type=internal${mac}`,
    `ip address add ${at.address}/${at.prefixLength} dev ${name}`,
    `ip link set dev ${name} up`,
  ];
}
