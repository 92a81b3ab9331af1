/**
 * Cisco NX-OS. Sources: Nexus security command references, `deny (MAC)` with its `vlan` match, `mac port access-group`,
 * `mac packet-classify` (which lets a MAC list see IP frames and excludes an IP list on the same port); Nexus interfaces
 * guide, "system jumbomtu": several models take only 1500 and that value on a layer-2 port.
 */
import type { Fabric } from "../fabric.ts";
import type { ConfigChange } from "./config-change.ts";
import { gatewayFilterOf, missingParts } from "./gateway-frames.ts";
import { dotted, filterName, interfaceBlock, switchportLines, vlanDatabaseLines } from "./switchport.ts";
import { gatewayAddressOf, isHsrpVersion2, vlanPortOf } from "./target.ts";
import type { GatewayAddress } from "./target.ts";

export function nxosLines(fabric: Fabric, change: ConfigChange): readonly string[] {
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
        "! where only 1500 and the system's jumbo MTU are taken, give the latter: show running-config all | include jumbomtu",
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
  const group = gateway.group ?? 0;
  const version = at.isIpv6 ? "ipv6" : "ip";
  const no = isAdded ? "" : "no ";
  const name = `Vlan${at.vlan}`;
  switch (gateway.kind) {
    case "hsrp": {
      const isVersion2 = at.isIpv6 || isHsrpVersion2(gateway);
      const block = isAdded
        ? [...(isVersion2 ? ["hsrp version 2"] : []), `hsrp ${group}${at.isIpv6 ? " ipv6" : ""}`, ` ip ${address}`]
        : [`hsrp ${group}${at.isIpv6 ? " ipv6" : ""}`, ` no ip ${address}`];
      return [...(isAdded ? ["feature hsrp"] : []), ...interfaceBlock(name, block)];
    }
    case "vrrp":
      return at.isIpv6
        ? [
            ...(isAdded ? ["feature vrrpv3"] : []),
            ...interfaceBlock(name, [`vrrpv3 ${group} address-family ipv6`, ` ${no}address ${address} primary`]),
          ]
        : [
            ...(isAdded ? ["feature vrrp"] : []),
            ...interfaceBlock(name, [
              `vrrp ${group}`,
              ` ${no}address ${address}`,
              ...(isAdded ? [" no shutdown"] : []),
            ]),
          ];
    case "glbp":
      return [
        ...(isAdded ? ["feature glbp"] : []),
        ...interfaceBlock(name, [`glbp ${group}`, ` ${no}${version} ${address}`]),
      ];
    case "anycast":
      return [
        ...(isAdded && at.mac !== undefined ? [`fabric forwarding anycast-gateway-mac ${dotted(at.mac)}`] : []),
        ...interfaceBlock(name, [
          `${no}${version} address ${address}/${at.prefixLength}`,
          ...(isAdded ? ["fabric forwarding mode anycast-gateway"] : []),
        ]),
      ];
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
  const one = (mac: string): string => `${dotted(mac)} 0000.0000.0000`;
  const at = filter.tag === undefined ? "" : ` vlan ${filter.tag}`;
  const rules = [
    ...filter.hellos.map(({ groupMac }) => `deny any ${one(groupMac)}${at}`),
    ...(filter.virtualMac === undefined
      ? []
      : [`deny ${one(filter.virtualMac)} any${at}`, `deny any ${one(filter.virtualMac)}${at}`]),
    ...(filter.arp?.mac === undefined ? [] : [`deny ${one(filter.arp.mac)} any ${filter.arp.etherType}${at}`]),
  ];
  if (!change.isAdded)
    return [
      ...interfaceBlock(filter.port, [`no mac port access-group ${name}`, "no mac packet-classify"]),
      `no mac access-list ${name}`,
    ];
  const missing = missingParts(filter, "mac").map((text) => `! ${text}`);
  if (rules.length === 0) return missing;
  return [
    "! with mac packet-classify the port takes no IP access list",
    ...missing,
    `mac access-list ${name}`,
    ...[...rules, "permit any any"].map((rule, index) => ` ${(index + 1) * 10} ${rule}`),
    ...interfaceBlock(filter.port, ["mac packet-classify", `mac port access-group ${name}`]),
  ];
}
