/**
 * Junos with the enhanced layer-2 software (`interface-mode`, `irb`). Sources: Junos CLI reference, "vlan members",
 * "native-vlan-id", "virtual-gateway-address"; firewall filter match conditions of EX and QFX switches. An interface's MTU
 * counts the Ethernet header of 14 bytes. A commit is atomic, so a list is deleted and written again.
 */
import type { Fabric } from "../fabric.ts";
import type { PortVlans } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";
import { gatewayFilterOf, missingParts } from "./gateway-frames.ts";
import { filterName } from "./switchport.ts";
import { gatewayAddressOf, vlanPortOf } from "./target.ts";
import type { GatewayAddress } from "./target.ts";
import { passing, rangesOf, vlansAfter } from "./vlan-sets.ts";

const ethernetHeaderBytes = 14;

export function junosLines(fabric: Fabric, change: ConfigChange): readonly string[] {
  switch (change.kind) {
    case "allow-vlan":
      if (change.before.kind === "access" && change.before.tag !== change.vlan)
        return whole(interfaceOf(vlanPortOf(fabric, change.port)), vlansAfter(change));
      if (change.before.kind === "trunk" && (change.before.trunks === "all" || change.before.native === change.vlan))
        return [];
      return [`set ${switching(vlanPortOf(fabric, change.port))} vlan members ${change.vlan}`];
    case "remove-vlans":
    case "set-vlans":
      return whole(interfaceOf(vlanPortOf(fabric, change.port)), vlansAfter(change));
    case "set-native":
      return change.before.kind === "access"
        ? whole(interfaceOf(vlanPortOf(fabric, change.port)), vlansAfter(change))
        : [
            `set interfaces ${interfaceOf(vlanPortOf(fabric, change.port))} native-vlan-id ${change.vlan}`,
            `set ${switching(vlanPortOf(fabric, change.port))} vlan members ${change.vlan}`,
          ];
    case "define-vlan":
      return [`set vlans ${change.name ?? `vlan${change.vlan}`} vlan-id ${change.vlan}`];
    case "undefine-vlan":
      return [`delete vlans ${change.name ?? `vlan${change.vlan}`}`];
    case "set-mtu": {
      const name = interfaceOf(vlanPortOf(fabric, change.port));
      return [
        change.mtu === undefined
          ? `delete interfaces ${name} mtu`
          : `set interfaces ${name} mtu ${change.mtu + ethernetHeaderBytes}`,
      ];
    }
    case "filter-gateway":
      return filterLines(fabric, change);
    case "add-gateway-address":
    case "remove-gateway-address": {
      const at = gatewayAddressOf(fabric, change.device, change.gateway, change.address);
      return at === undefined ? [] : addressLines(at, change.kind === "add-gateway-address" ? "set" : "delete");
    }
  }
}

/** Ports may be named with their unit; VLANs are those of unit 0. */
const interfaceOf = (port: string): string => port.replace(/\.\d+$/, "");
const switching = (port: string): string => `interfaces ${interfaceOf(port)} unit 0 family ethernet-switching`;

function whole(port: string, vlans: PortVlans): readonly string[] {
  if (vlans.kind === "unknown") return [];
  const members = passing(vlans);
  const list = members === "all" ? "all" : `[ ${rangesOf(members).join(" ")} ]`;
  const isEmpty = members !== "all" && members.length === 0;
  const native = vlans.kind === "trunk" ? vlans.native : undefined;
  return [
    `delete ${switching(port)} vlan members`,
    `set ${switching(port)} interface-mode ${vlans.kind}`,
    ...(isEmpty ? [] : [`set ${switching(port)} vlan members ${list}`]),
    native === undefined
      ? `delete interfaces ${port} native-vlan-id`
      : `set interfaces ${port} native-vlan-id ${native}`,
  ];
}

function addressLines(at: GatewayAddress, verb: "set" | "delete"): readonly string[] {
  const { gateway, address } = at;
  const unit = `interfaces irb unit ${at.vlan}`;
  const family = `${unit} family ${at.isIpv6 ? "inet6" : "inet"}`;
  const link = verb === "set" ? [`set vlans ${at.segment} l3-interface irb.${at.vlan}`] : [];
  if (gateway.kind === "hsrp" || gateway.kind === "glbp")
    return [`# Junos does not speak ${gateway.kind.toUpperCase()}: gateway ${gateway.name} cannot have a member here`];
  if (gateway.kind === "vrrp") {
    if (at.ownAddress === undefined)
      return [`# VRRP needs an address of the router's own in ${at.segment}, which is not described`];
    const group = at.isIpv6 ? "vrrp-inet6-group" : "vrrp-group";
    const virtual = at.isIpv6 ? "virtual-inet6-address" : "virtual-address";
    return [...link, `${verb} ${family} address ${at.ownAddress} ${group} ${gateway.group ?? 0} ${virtual} ${address}`];
  }
  if (gateway.kind === "anycast" && at.ownAddress !== undefined)
    return [
      ...link,
      `${verb} ${family} address ${at.ownAddress} virtual-gateway-address ${address}`,
      ...(at.mac === undefined ? [] : [`${verb} ${unit} virtual-gateway-${at.isIpv6 ? "v6" : "v4"}-mac ${at.mac}`]),
    ];
  return [
    ...link,
    `${verb} ${family} address ${address}/${at.prefixLength}`,
    ...(at.mac === undefined ? [] : [`${verb} ${unit} mac ${at.mac}`]),
  ];
}

function filterLines(
  fabric: Fabric,
  change: Extract<ConfigChange, { readonly kind: "filter-gateway" }>,
): readonly string[] {
  const filter = gatewayFilterOf(fabric, change);
  if (filter === undefined) return [];
  const name = filterName(filter.gateway.name);
  const attached = `${switching(filter.port)} filter input ${name}`;
  if (!change.isAdded) return [`delete ${attached}`, `delete firewall family ethernet-switching filter ${name}`];
  const terms = [
    ...filter.hellos.map(({ groupMac }, index) => ({
      name: `hello-${index + 1}`,
      from: [`destination-mac-address ${groupMac}`],
    })),
    ...(filter.virtualMac === undefined
      ? []
      : [
          { name: "from-virtual-mac", from: [`source-mac-address ${filter.virtualMac}`] },
          { name: "to-virtual-mac", from: [`destination-mac-address ${filter.virtualMac}`] },
        ]),
    ...(filter.arp?.mac === undefined
      ? []
      : [
          { name: "gateway-arp", from: [`ether-type ${filter.arp.etherType}`, `source-mac-address ${filter.arp.mac}`] },
        ]),
  ];
  const term = (each: string, rest: string): string =>
    `set firewall family ethernet-switching filter ${name} term ${each} ${rest}`;
  const missing = missingParts(filter, "mac").map((text) => `# ${text}`);
  if (terms.length === 0) return missing;
  return [
    ...missing,
    ...terms.flatMap((each) => [
      ...[...each.from, ...(filter.tag === undefined ? [] : [`user-vlan-id ${filter.tag}`])].map((match) =>
        term(each.name, `from ${match}`),
      ),
      term(each.name, "then discard"),
    ]),
    term("rest", "then accept"),
    `set ${attached}`,
  ];
}
