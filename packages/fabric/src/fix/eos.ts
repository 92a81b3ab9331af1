/**
 * Arista EOS. Sources: EOS user manual, "VLAN configuration commands", "ACL command descriptions" (`deny` in a MAC list
 * takes an address with an inverse mask), "VARP". The MTU of a switched port is not set: EOS forwards frames of every
 * size that the hardware takes and applies `mtu` to what it routes.
 */
import type { Fabric } from "../fabric.ts";
import type { ConfigChange } from "./config-change.ts";
import { gatewayFilterOf, missingParts } from "./gateway-frames.ts";
import { filterName, interfaceBlock, switchportLines, vlanDatabaseLines } from "./switchport.ts";
import { gatewayAddressOf, vlanPortOf } from "./target.ts";
import type { GatewayAddress } from "./target.ts";

export function eosLines(fabric: Fabric, change: ConfigChange): readonly string[] {
  switch (change.kind) {
    case "allow-vlan":
    case "remove-vlans":
    case "set-native":
    case "set-vlans":
      return switchportLines(fabric, change);
    case "define-vlan":
    case "undefine-vlan":
      return vlanDatabaseLines(change);
    case "set-mtu":
      return [
        "! for a routed port: switched ports take every size that the hardware does",
        ...interfaceBlock(vlanPortOf(fabric, change.port), [change.mtu === undefined ? "no mtu" : `mtu ${change.mtu}`]),
      ];
    case "filter-gateway":
      return filterLines(fabric, change);
    case "add-gateway-address":
    case "remove-gateway-address": {
      const at = gatewayAddressOf(fabric, change.device, change.gateway, change.address);
      return at === undefined ? [] : addressLines(at, change.kind === "add-gateway-address");
    }
  }
}

function addressLines(at: GatewayAddress, isAdded: boolean): readonly string[] {
  const { gateway, address } = at;
  const version = at.isIpv6 ? "ipv6" : "ip";
  const no = isAdded ? "" : "no ";
  const name = `Vlan${at.vlan}`;
  switch (gateway.kind) {
    case "vrrp":
      return interfaceBlock(name, [`${no}vrrp ${gateway.group ?? 0} ${at.isIpv6 ? "ipv6" : "ipv4"} ${address}`]);
    case "anycast":
      return [
        ...(isAdded && at.mac !== undefined ? [`ip virtual-router mac-address ${at.mac}`] : []),
        ...interfaceBlock(name, [`${no}${version} virtual-router address ${address}`]),
      ];
    case "hsrp":
    case "glbp":
      return [`! EOS does not speak ${gateway.kind.toUpperCase()}: gateway ${gateway.name} cannot have a member here`];
    case "mlag":
    case "central":
    case "proxy":
    case "static":
      return interfaceBlock(name, [`${no}${version} address ${address}/${at.prefixLength}`]);
  }
}

function filterLines(
  fabric: Fabric,
  change: Extract<ConfigChange, { readonly kind: "filter-gateway" }>,
): readonly string[] {
  const filter = gatewayFilterOf(fabric, change);
  if (filter === undefined) return [];
  const name = filterName(filter.gateway.name);
  const one = (mac: string): string => `${mac} 00:00:00:00:00:00`;
  const rules = [
    ...filter.hellos.map(({ groupMac }) => `deny any ${one(groupMac)}`),
    ...(filter.virtualMac === undefined
      ? []
      : [`deny ${one(filter.virtualMac)} any`, `deny any ${one(filter.virtualMac)}`]),
    ...(filter.arp?.mac === undefined ? [] : [`deny ${one(filter.arp.mac)} any ${filter.arp.etherType}`]),
  ];
  if (!change.isAdded)
    return [...interfaceBlock(filter.port, [`no mac access-group ${name} in`]), `no mac access-list ${name}`];
  const missing = missingParts(filter, "mac").map((text) => `! ${text}`);
  if (rules.length === 0) return missing;
  return [
    "! a port access list filters every VLAN of the port",
    ...missing,
    `mac access-list ${name}`,
    ...[...rules, "permit any any"].map((rule, index) => ` ${(index + 1) * 10} ${rule}`),
    ...interfaceBlock(filter.port, [`mac access-group ${name} in`]),
  ];
}
