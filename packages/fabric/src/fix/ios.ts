/**
 * Cisco IOS and IOS XE on Catalyst switches. Sources: Catalyst command references, `switchport trunk`, `mac access-list
 * extended`, `standby`; port access lists filter what comes in, in every VLAN of a trunk (Catalyst 3750 software
 * configuration guide, "Port ACLs"), and a MAC list sees frames without IP only.
 */
import type { Fabric } from "../fabric.ts";
import type { ConfigChange } from "./config-change.ts";
import { gatewayFilterOf, missingParts } from "./gateway-frames.ts";
import { dotted, filterName, interfaceBlock, switchportLines, vlanDatabaseLines } from "./switchport.ts";
import { gatewayAddressOf, isHsrpVersion2, vlanPortOf } from "./target.ts";
import type { GatewayAddress } from "./target.ts";

export function iosLines(fabric: Fabric, change: ConfigChange): readonly string[] {
  switch (change.kind) {
    case "allow-vlan":
    case "set-vlans": {
      const lines = switchportLines(fabric, change);
      const isNewTrunk = change.before.kind === "access" && lines.includes(" switchport mode trunk");
      return isNewTrunk
        ? ["! a switch that knows ISL too wants first: switchport trunk encapsulation dot1q", ...lines]
        : lines;
    }
    case "remove-vlans":
    case "set-native":
      return switchportLines(fabric, change);
    case "define-vlan":
    case "undefine-vlan":
      return vlanDatabaseLines(change);
    case "set-mtu":
      return interfaceBlock(vlanPortOf(fabric, change.port), [
        change.mtu === undefined ? "no mtu" : `mtu ${change.mtu}`,
      ]);
    case "filter-gateway":
      return filterLines(fabric, change);
    case "add-gateway-address":
    case "remove-gateway-address": {
      const at = gatewayAddressOf(fabric, change.device, change.gateway, change.address);
      const no = change.kind === "remove-gateway-address" ? "no " : "";
      return at === undefined ? [] : interfaceBlock(`Vlan${at.vlan}`, addressLines(at, no));
    }
  }
}

function addressLines(at: GatewayAddress, no: string): readonly string[] {
  const { gateway, address } = at;
  const group = gateway.group ?? 0;
  const version = at.isIpv6 ? "ipv6" : "ip";
  if (gateway.kind === "hsrp") {
    const isVersion2 = at.isIpv6 || isHsrpVersion2(gateway);
    return [...(isVersion2 && no === "" ? ["standby version 2"] : []), `${no}standby ${group} ${version} ${address}`];
  }
  if (gateway.kind === "vrrp" || gateway.kind === "glbp")
    return [`${no}${gateway.kind} ${group} ${version} ${address}`];
  const assigned = at.isIpv6
    ? `${no}ipv6 address ${address}/${at.prefixLength}`
    : `${no}ip address ${address} ${netmask(at.prefixLength)}`;
  return at.mac === undefined ? [assigned] : [`${no}mac-address ${dotted(at.mac)}`, assigned];
}

function filterLines(
  fabric: Fabric,
  change: Extract<ConfigChange, { readonly kind: "filter-gateway" }>,
): readonly string[] {
  const filter = gatewayFilterOf(fabric, change);
  if (filter === undefined) return [];
  const name = filterName(filter.gateway.name);
  const isIpv6 = filter.gateway.address.includes(":");
  const family = isIpv6 ? "ipv6" : "ip";
  const attach = isIpv6 ? "ipv6 traffic-filter" : "ip access-group";
  const list = isIpv6 ? `ipv6 access-list ${name}` : `ip access-list extended ${name}`;
  const hellos = filter.hellos.map(({ ipProtocol, group, udpPort }) =>
    ipProtocol === "udp" ? ` deny udp any host ${group} eq ${udpPort ?? 0}` : ` deny 112 any host ${group}`,
  );
  const macs = [
    ...(filter.virtualMac === undefined
      ? []
      : [` deny host ${dotted(filter.virtualMac)} any`, ` deny any host ${dotted(filter.virtualMac)}`]),
    ...(filter.arp?.mac === undefined || isIpv6 ? [] : [` deny host ${dotted(filter.arp.mac)} any 0x0806 0x0000`]),
  ];
  const lists = [
    ...(hellos.length === 0
      ? []
      : [{ define: list, rules: [...hellos, ` permit ${family} any any`], attach: `${attach} ${name} in` }]),
    ...(macs.length === 0
      ? []
      : [
          {
            define: `mac access-list extended ${name}`,
            rules: [...macs, " permit any any"],
            attach: `mac access-group ${name} in`,
          },
        ]),
  ];
  const attached = interfaceBlock(
    filter.port,
    lists.map((each) => (change.isAdded ? each.attach : `no ${each.attach}`)),
  );
  if (!change.isAdded) return [...attached, ...lists.map((each) => `no ${each.define}`)];
  const missing = missingParts(filter, "mac").map((text) => `! ${text}`);
  if (lists.length === 0) return missing;
  return [
    "! a port access list filters every VLAN of the port, and its MAC part sees frames without IP only",
    ...missing,
    ...lists.flatMap((each) => [each.define, ...each.rules]),
    ...attached,
  ];
}

const netmask = (length: number): string =>
  [0, 8, 16, 24].map((shift) => 256 - 2 ** (8 - Math.min(8, Math.max(0, length - shift)))).join(".");
