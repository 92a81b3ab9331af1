/**
 * Ports and links out of netlab's links. A link of more than two nodes is a Linux bridge that knows no VLANs, and becomes a
 * switch. A host gets the untagged VLAN of its link, by assumption: netlab configures no VLANs on it.
 */
import type { Device, Link, Port } from "../../fabric.ts";
import type { PortVlans } from "../../ports.ts";
import { importError } from "../import-result.ts";
import type { NoteList } from "../import-result.ts";
import { groupOf } from "./segments.ts";
import type { NetlabSegment, SegmentTable } from "./segments.ts";
import type {
  NetlabInterface,
  NetlabLink,
  NetlabLinkEnd,
  NetlabNode,
  NetlabPortVlans,
  NetlabTopology,
} from "./topology.ts";

export interface Cabling {
  readonly ports: ReadonlyMap<string, readonly Port[]>;
  readonly links: readonly Link[];
  /** Bridges between more than two nodes. */
  readonly bridges: readonly Device[];
  /** The segment of untagged frames at an interface, aggregation groups included; by interfaceKey. */
  readonly untagged: ReadonlyMap<string, NetlabSegment>;
}

export const interfaceKey = (node: string, ifname: string): string => `${node}\u0000${ifname}`;

/** Links that exist for netlab's own bookkeeping, or that no frame of a VM crosses. */
const passedOver: ReadonlySet<string> = new Set(["lag", "loopback", "tunnel", "vlan_member", "svi"]);

export function cablingOf(topology: NetlabTopology, segments: SegmentTable, notes: NoteList): Cabling {
  const ports = new Map<string, Port[]>([...topology.nodes.keys()].map((name) => [name, []]));
  const links: Link[] = [];
  const bridges: Device[] = [];
  const untagged = new Map<string, NetlabSegment>();
  const peerParents = new Set(
    topology.links.filter(({ peerGroup }) => peerGroup !== undefined).map(({ index }) => index),
  );
  const members = new Set(topology.links.flatMap(({ lagParent }) => lagParent ?? []));

  for (const link of topology.links) {
    const isVirtual = passedOver.has(link.type ?? "") || (link.type === "mlag_peer" && members.has(link.index));
    if (isVirtual) {
      if (link.type === "tunnel") notes.add(link.path, "is a tunnel, which is not imported");
      continue;
    }
    const isPeerLink = link.peerGroup !== undefined || peerParents.has(link.lagParent ?? Number.NaN);
    const ends = link.ends.map((end) => portAt(end, link, isPeerLink));
    for (const [index, end] of link.ends.entries()) {
      const port = ends[index];
      if (port !== undefined) ports.get(end.node)?.push(port);
    }
    const [a, b] = link.ends.map(({ node }, index) => ({ device: node, port: ends[index]?.name ?? "" }));
    const figures = figuresOf(link);
    if (link.ends.length === 2 && a !== undefined && b !== undefined)
      links.push({ a, b, ...(isPeerLink ? { kind: "peer-link" as const } : {}), ...figures });
    if (link.ends.length > 2) {
      const bridge = bridgeOf(link, ends, topology);
      bridges.push(bridge);
      for (const [index, end] of link.ends.entries())
        links.push({
          a: { device: end.node, port: ends[index]?.name ?? "" },
          b: { device: bridge.name, port: bridge.ports[index]?.name ?? "" },
          ...figures,
        });
    }
  }
  return { ports, links, bridges, untagged };

  function portAt(end: NetlabLinkEnd, link: NetlabLink, isPeerLink: boolean): Port {
    const node = topology.nodes.get(end.node);
    if (node === undefined) throw importError(end.path, `names node ${end.node}, which the topology does not have`);
    const own = interfaceAt(node, end, link);
    const group = isPeerLink ? undefined : groupOf(node, link);
    const name = end.ifname ?? own?.ifname;
    if (name === undefined)
      throw importError(end.path, `has no interface name, and ${node.name} has none with its index`);
    if (isPeerLink)
      notes.add(
        link.path,
        "is the peer link of an MLAG pair: that it carries every VLAN is assumed, netlab does not say",
      );
    const vlans = isPeerLink
      ? ({ vlans: { kind: "trunk", trunks: "all" }, knowledge: "assumed" } as const)
      : vlansAt(node, link, end, group);
    const native = vlans.untagged;
    if (native !== undefined) untagged.set(interfaceKey(node.name, group?.ifname ?? name), native);
    const mtu = own?.mtu ?? group?.mtu ?? node.mtu;
    const lag = group === undefined ? undefined : lagName(node, group);
    return {
      name,
      vlans: vlans.vlans,
      ...(mtu === undefined ? {} : { mtu }),
      ...(lag === undefined ? {} : { lag }),
      ...(vlans.knowledge === undefined ? {} : { knowledge: vlans.knowledge }),
    };
  }

  function vlansAt(
    node: NetlabNode,
    link: NetlabLink,
    end: NetlabLinkEnd,
    group: NetlabInterface | undefined,
  ): Carried {
    const said = group?.vlans ?? end.vlans;
    const path = group?.path ?? end.path;
    if (said.access !== undefined || said.trunk !== undefined) return carriedBy(node, said, path);
    const routed = segments.ofRoutedLink(link);
    if (routed !== undefined) return { vlans: { kind: "access", tag: routed.vlan }, untagged: routed };
    const far = link.ends.flatMap((other) => untaggedAt(other, link) ?? []).at(0);
    if (far === undefined) {
      const why = "netlab gives this end of the link neither a VLAN nor an address";
      notes.add(end.path, why);
      return { vlans: { kind: "unknown", why } };
    }
    return { vlans: { kind: "access", tag: far.vlan }, untagged: far, knowledge: "assumed" };
  }

  function untaggedAt(end: NetlabLinkEnd, link: NetlabLink): NetlabSegment | undefined {
    const node = topology.nodes.get(end.node);
    const group = groupOf(node, link);
    const name = untaggedName(group?.vlans ?? end.vlans);
    return node === undefined || name === undefined ? undefined : segments.ofVlan(node, name, group?.path ?? end.path);
  }

  function carriedBy(node: NetlabNode, said: NetlabPortVlans, path: string): Carried {
    if (said.access !== undefined) {
      const segment = segments.ofVlan(node, said.access, path);
      return { vlans: { kind: "access", tag: segment.vlan }, untagged: segment };
    }
    const untaggedSegment = said.native === undefined ? undefined : segments.ofVlan(node, said.native, path);
    const trunks = (said.trunk ?? [])
      .map((name) => segments.ofVlan(node, name, path).vlan)
      .filter((vlan) => vlan !== untaggedSegment?.vlan)
      .toSorted((a, b) => a - b);
    return untaggedSegment === undefined
      ? { vlans: { kind: "trunk", trunks } }
      : { vlans: { kind: "trunk", trunks, native: untaggedSegment.vlan }, untagged: untaggedSegment };
  }
}

interface Carried {
  readonly vlans: PortVlans;
  readonly untagged?: NetlabSegment;
  readonly knowledge?: "assumed";
}

const untaggedName = (vlans: NetlabPortVlans): string | undefined => vlans.access ?? vlans.native;

function interfaceAt(node: NetlabNode, end: NetlabLinkEnd, link: NetlabLink): NetlabInterface | undefined {
  const candidates = node.interfaces.filter(({ linkindex }) => linkindex === link.index);
  return (
    candidates.find(({ ifindex, ifname }) =>
      end.ifname === undefined ? ifindex === end.ifindex : ifname === end.ifname,
    ) ?? node.interfaces.find(({ ifname }) => ifname === end.ifname)
  );
}

/**
 * Groups of an MLAG pair that are meant to be one have one number on both, and so one name. Others of such a pair are told
 * apart by their device, because there the same name would make them one.
 */
function lagName(node: NetlabNode, group: NetlabInterface): string {
  const isInPair = node.interfaces.some(({ lag }) => lag.peerGroup !== undefined);
  return isInPair && !group.lag.isMlag ? `${node.name}:${group.ifname}` : group.ifname;
}

function bridgeOf(link: NetlabLink, ends: readonly (Port | undefined)[], topology: NetlabTopology): Device {
  const wanted = link.bridge ?? `bridge-${link.index}`;
  const name = topology.nodes.has(wanted) ? `${wanted}-bridge` : wanted;
  const isAccess = ends.every((port) => port?.vlans.kind === "access");
  const natives = new Set(ends.flatMap((port) => (port === undefined ? [] : (nativeOf(port.vlans) ?? []))));
  const [native] = natives.size === 1 ? [...natives] : [];
  return {
    name,
    kind: "switch",
    platform: "linux-bridge",
    spanningTree: { mode: "off" },
    ports: link.ends.map((end, index) => ({
      name: `${end.node}-${ends[index]?.name ?? ""}`,
      vlans:
        isAccess && native !== undefined
          ? { kind: "access", tag: native }
          : { kind: "trunk", trunks: "all", ...(native === undefined ? {} : { native }) },
      knowledge: "assumed",
    })),
  };
}

function nativeOf(vlans: PortVlans): number | undefined {
  return vlans.kind === "access" ? vlans.tag : vlans.kind === "trunk" ? vlans.native : undefined;
}

/** What netem throttles to is what passes; the interface's bandwidth is a figure for routing protocols besides. */
function figuresOf(link: NetlabLink): Pick<Link, "capacityBps" | "latencyUs"> {
  const kbps = link.rateKbps ?? link.bandwidthKbps;
  return {
    ...(kbps === undefined ? {} : { capacityBps: kbps * 1000 }),
    ...(link.delayUs === undefined ? {} : { latencyUs: link.delayUs }),
  };
}
