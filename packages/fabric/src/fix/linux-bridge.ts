/**
 * A Linux bridge with VLAN filtering: bridge(8), ip-link(8), nft(8). A port's list is edited VLAN by VLAN; `pvid` is where
 * untagged frames go, and a VLAN that loses it is written again so that it leaves with its tag.
 *
 * A filter is a chain of its own in a table of ours, so that it can be taken away whole.
 */
import type { Fabric } from "../fabric.ts";
import type { PortVlans } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";
import { gatewayFilterOf, missingParts } from "./gateway-frames.ts";
import { filterName } from "./switchport.ts";
import { deviceOf, gatewayAddressOf, vlanPortOf } from "./target.ts";
import { listed, rangesOf, vlansAfter } from "./vlan-sets.ts";

export function linuxBridgeLines(fabric: Fabric, change: ConfigChange): readonly string[] {
  switch (change.kind) {
    case "allow-vlan":
    case "remove-vlans":
    case "set-native":
    case "set-vlans":
      return vlanLines(vlanPortOf(fabric, change.port), change.before, vlansAfter(change), change);
    case "define-vlan":
    case "undefine-vlan":
      // It has no list of VLANs: a port's own list is all there is.
      return [];
    case "set-mtu":
      return [`ip link set dev ${change.port.port} mtu ${change.mtu ?? 1500}`];
    case "filter-gateway":
      return filterLines(fabric, change);
    case "add-gateway-address":
    case "remove-gateway-address": {
      const at = gatewayAddressOf(fabric, change.device, change.gateway, change.address);
      if (at === undefined) return [];
      const bridge = deviceOf(fabric, change.device)?.bridge ?? "br0";
      const name = `${bridge}.${at.vlan}`;
      if (change.kind === "remove-gateway-address") return [`ip link del dev ${name}`];
      return [
        `bridge vlan add dev ${bridge} vid ${at.vlan} self`,
        `ip link add link ${bridge} name ${name}${at.mac === undefined ? "" : ` address ${at.mac}`} type vlan id ${at.vlan}`,
        `ip address add ${at.address}/${at.prefixLength} dev ${name}`,
        `ip link set dev ${name} up`,
      ];
    }
  }
}

interface Membership {
  readonly tagged: ReadonlySet<number>;
  readonly untagged: number | undefined;
}

function vlanLines(port: string, before: PortVlans, after: PortVlans, change: ConfigChange): readonly string[] {
  if (before.kind === "unknown" && change.kind === "allow-vlan")
    return [`bridge vlan add dev ${port} vid ${change.vlan}`];
  if (after.kind === "unknown") return [];
  const was = membership(before);
  const is = membership(after);
  const add = [...is.tagged].filter((vlan) => !was.tagged.has(vlan));
  const gone = [...was.tagged].filter((vlan) => !is.tagged.has(vlan) && vlan !== is.untagged);
  const isUntaggedGone = was.untagged !== undefined && was.untagged !== is.untagged && !is.tagged.has(was.untagged);
  const line = (verb: string, vlan: string, flags = ""): string =>
    `bridge vlan ${verb} dev ${port} vid ${vlan}${flags}`;
  return [
    ...(is.untagged === undefined || is.untagged === was.untagged
      ? []
      : [line("add", String(is.untagged), " pvid untagged")]),
    ...rangesOf(add).map((range) => line("add", range)),
    ...rangesOf(isUntaggedGone && was.untagged !== undefined ? [...gone, was.untagged] : gone).map((range) =>
      line("del", range),
    ),
  ];
}

function membership(vlans: PortVlans): Membership {
  if (vlans.kind === "unknown") return { tagged: new Set(), untagged: undefined };
  if (vlans.kind === "access") return { tagged: new Set(), untagged: vlans.tag };
  return { tagged: new Set(listed(vlans.trunks).filter((vlan) => vlan !== vlans.native)), untagged: vlans.native };
}

function filterLines(
  fabric: Fabric,
  change: Extract<ConfigChange, { readonly kind: "filter-gateway" }>,
): readonly string[] {
  const filter = gatewayFilterOf(fabric, change);
  if (filter === undefined) return [];
  const chain = `${filterName(filter.gateway.name)}-${change.port.port}`.replaceAll(/[^A-Za-z0-9]/g, "_");
  if (!change.isAdded) return [`nft delete chain bridge trunkline ${chain}`];
  const isIpv6 = filter.gateway.address.includes(":");
  const ip = isIpv6 ? "ip6" : "ip";
  const next = isIpv6 ? "ip6 nexthdr" : "ip protocol";
  const at = `iifname "${change.port.port}"${filter.tag === undefined ? "" : ` vlan id ${filter.tag}`}`;
  const matches = [
    ...filter.hellos.map(({ ipProtocol, group, udpPort }) =>
      ipProtocol === "udp" ? `${ip} daddr ${group} udp dport ${udpPort ?? 0}` : `${ip} daddr ${group} ${next} 112`,
    ),
    ...(filter.virtualMac === undefined
      ? []
      : [`ether saddr ${filter.virtualMac}`, `ether daddr ${filter.virtualMac}`]),
    ...(filter.arp === undefined ? [] : arpMatches(filter.arp.address)),
  ];
  const missing = missingParts(filter, "address").map((text) => `# ${text}`);
  if (matches.length === 0) return missing;
  return [
    ...missing,
    "nft add table bridge trunkline",
    `nft add chain bridge trunkline ${chain} '{ type filter hook prerouting priority -200; policy accept; }'`,
    ...matches.map((match) => `nft add rule bridge trunkline ${chain} '${at} ${match} drop'`),
  ];
}

/** ARP, or neighbour discovery where the address is IPv6: nft(8) names the target of the latter `icmpv6 taddr`. */
function arpMatches(address: string): readonly string[] {
  if (!address.includes(":")) return [`arp saddr ip ${address}`, `arp daddr ip ${address}`];
  return [`icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } icmpv6 taddr ${address}`];
}
