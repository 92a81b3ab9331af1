/** Reads the shape of topology.ts out of parsed data. What is not as netlab writes it ends in `fabric.import`. */
import { importError } from "../import-result.ts";
import {
  at,
  entriesOf,
  isAbsent,
  isMapping,
  itemsOf,
  maybeFlag,
  maybeNumber,
  maybeText,
  textOf,
  vlanOf,
} from "../source.ts";
import type { Source } from "../source.ts";
import { macText } from "../addresses.ts";
import type {
  NetlabGateway,
  NetlabInterface,
  NetlabLink,
  NetlabNode,
  NetlabPortVlans,
  NetlabTopology,
  NetlabVlan,
} from "./topology.ts";

const transformedHint = "Import what netlab create -o yaml prints, not the topology file that a person wrote.";

export function readTopology(root: Source): NetlabTopology {
  if (isAbsent(at(root, "nodes"))) throw importError("nodes", "is missing", transformedHint);
  return {
    modules: itemsOf(at(root, "module")).map(textOf),
    vlans: readVlans(at(root, "vlans")),
    nodes: new Map(entriesOf(at(root, "nodes")).map(([name, source]) => [name, readNode(name, source)])),
    links: itemsOf(at(root, "links")).map(readLink),
    vrrpGroup: maybeNumber(under(root, "gateway", "vrrp", "group")),
  };
}

function readVlans(source: Source): ReadonlyMap<string, NetlabVlan> {
  return new Map(
    entriesOf(source).map(([name, vlan]) => [
      name,
      {
        path: vlan.path,
        vlan: vlanOf(at(vlan, "id")),
        vni: maybeNumber(at(vlan, "vni")),
        vrf: maybeText(at(vlan, "vrf")),
        mode: maybeText(at(vlan, "mode")),
        subnets: prefixesOf(at(vlan, "prefix")),
        stpPriority: maybeNumber(under(vlan, "stp", "priority")),
      },
    ]),
  );
}

function readNode(name: string, node: Source): NetlabNode {
  if (isAbsent(at(node, "interfaces"))) throw importError(`${node.path}.interfaces`, "is missing", transformedHint);
  const stp = at(node, "stp");
  return {
    path: node.path,
    name,
    role: maybeText(at(node, "role")),
    device: maybeText(at(node, "device")),
    vlans: readVlans(at(node, "vlans")),
    interfaces: itemsOf(at(node, "interfaces")).map(readInterface),
    mtu: maybeNumber(at(node, "mtu")),
    vtep: maybeText(under(node, "vxlan", "vtep")),
    vxlanVlans: itemsOf(under(node, "vxlan", "vlans")).map(textOf),
    hasEvpn: !isAbsent(at(node, "evpn")),
    hasSymmetricVrf: entriesOf(at(node, "vrfs")).some(([, vrf]) => !isAbsent(under(vrf, "evpn", "transit_vni"))),
    vrrpGroup: maybeNumber(under(node, "gateway", "vrrp", "group")),
    stp: isAbsent(stp)
      ? undefined
      : {
          isEnabled: maybeFlag(at(stp, "enable")) ?? true,
          ...given("protocol", maybeText(at(stp, "protocol"))),
          ...given("priority", maybeNumber(at(stp, "priority"))),
        },
    routes: itemsOf(under(node, "routing", "static")).flatMap((route) => {
      const prefix = addressOf(at(route, "ipv4"));
      const via = addressOf(under(route, "nexthop", "ipv4"));
      return prefix === undefined || via === undefined ? [] : [{ prefix, via }];
    }),
  };
}

function readInterface(source: Source): NetlabInterface {
  const vlan = at(source, "vlan");
  const lag = at(source, "lag");
  return {
    path: source.path,
    type: maybeText(at(source, "type")),
    ifindex: maybeNumber(at(source, "ifindex")),
    ifname: textOf(at(source, "ifname")),
    linkindex: maybeNumber(at(source, "linkindex")),
    addresses: addressesOf(source),
    mac: macText(maybeText(at(source, "mac_address")) ?? ""),
    mtu: maybeNumber(at(source, "mtu")),
    vlans: readPortVlans(vlan),
    sviVlan: maybeText(at(vlan, "name")) ?? maybeText(at(source, "vlan_name")),
    lag: {
      ...given("number", maybeNumber(at(lag, "ifindex"))),
      ...given("parent", maybeNumber(at(lag, "_parentindex"))),
      ...given("peerGroup", peerGroupOf(lag)),
      isMlag: at(lag, "_mlag").value === true || at(lag, "mlag").value === true,
    },
    gateway: readGateway(at(source, "gateway")),
  };
}

function readGateway(source: Source): NetlabGateway | undefined {
  if (!isMapping(source)) return undefined;
  return {
    path: source.path,
    protocol: maybeText(at(source, "protocol")),
    addresses: addressesOf(source),
    mac: macText(maybeText(under(source, "anycast", "mac")) ?? ""),
    group: maybeNumber(under(source, "vrrp", "group")),
    priority: maybeNumber(under(source, "vrrp", "priority")),
    preempts: maybeFlag(under(source, "vrrp", "preempt")),
  };
}

function readLink(source: Source): NetlabLink {
  const { path } = source;
  const lag = at(source, "lag");
  if (!isMapping(source) || isAbsent(at(source, "interfaces")))
    throw importError(path, "has no list of interfaces", transformedHint);
  return {
    path,
    index: maybeNumber(at(source, "linkindex")) ?? Number(/\d+/.exec(path)?.[0] ?? 0) + 1,
    type: maybeText(at(source, "type")),
    bridge: maybeText(at(source, "bridge")),
    ends: itemsOf(at(source, "interfaces")).map((end) => ({
      path: end.path,
      node: textOf(at(end, "node")),
      ifindex: maybeNumber(at(end, "ifindex")),
      ifname: maybeText(at(end, "ifname")),
      vlans: readPortVlans(at(end, "vlan")),
      isRouted: [at(end, "ipv4"), at(end, "ipv6")].some(({ value }) => value === true || typeof value === "string"),
    })),
    subnets: prefixesOf(at(source, "prefix")),
    bandwidthKbps: maybeNumber(at(source, "bandwidth")),
    delayUs: delayOf(under(source, "tc", "delay")),
    rateKbps: maybeNumber(under(source, "tc", "rate")),
    lagParent: maybeNumber(at(lag, "_parentindex")),
    peerGroup: peerGroupOf(lag),
  };
}

/** A trunk is a mapping by name; old releases and people write a list. */
function readPortVlans(vlan: Source): NetlabPortVlans {
  const trunk = at(vlan, "trunk");
  return {
    access: maybeText(at(vlan, "access")),
    trunk: isAbsent(trunk)
      ? undefined
      : isMapping(trunk)
        ? entriesOf(trunk).map(([name]) => name)
        : itemsOf(trunk).map(textOf),
    native: maybeText(at(vlan, "native")),
  };
}

/** Only the peer link has a mapping there; elsewhere it is a flag or nothing. */
function peerGroupOf(lag: Source): number | undefined {
  const mlag = at(lag, "mlag");
  return isMapping(mlag) ? maybeNumber(at(mlag, "peergroup")) : undefined;
}

/** `ipv4: true` is an unnumbered interface, `false` none; a bare length (24) stands for the VLAN's own prefix. */
function addressesOf(source: Source): readonly string[] {
  return [at(source, "ipv4"), at(source, "ipv6")].flatMap((field) => addressOf(field) ?? []);
}

function addressOf(field: Source): string | undefined {
  return typeof field.value === "string" && /[.:]/.test(field.value) ? field.value : undefined;
}

function prefixesOf(prefix: Source): readonly string[] {
  if (typeof prefix.value === "string") return [prefix.value];
  return isMapping(prefix) ? addressesOf(prefix) : [];
}

/** netem's notation: milliseconds unless a unit stands there. */
function delayOf(source: Source): number | undefined {
  const text = maybeText(source);
  if (text === undefined) return undefined;
  const { amount, unit } = /^(?<amount>\d+(?:\.\d+)?)\s*(?<unit>us|ms|s)?$/.exec(text)?.groups ?? {};
  if (amount === undefined) throw importError(source.path, `is ${JSON.stringify(text)}, and no delay`);
  return Math.round(Number(amount) * (unit === "s" ? 1_000_000 : unit === "us" ? 1 : 1000));
}

function under(source: Source, ...keys: readonly string[]): Source {
  return keys.reduce(
    (place, key) => (isAbsent(place) || isMapping(place) ? at(place, key) : absent(place, key)),
    source,
  );
}

/** netlab writes flags where mappings may stand: `gateway: true`. They have no fields. */
function absent(source: Source, key: string): Source {
  return { value: undefined, path: `${source.path}.${key}` };
}

function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}
