/**
 * Segments out of netlab's VLANs, and one for each routed link. A routed link has no VLAN; it gets a number of its own from
 * the top of the range, as a layer-3 switch gives its routed ports internal VLANs that no trunk carries.
 */
import type { Segment } from "../../fabric.ts";
import { vlanMax, vlanMin } from "../../fix/vlan-sets.ts";
import { importError } from "../import-result.ts";
import type { NoteList } from "../import-result.ts";
import { networkOf } from "../addresses.ts";
import type { NetlabInterface, NetlabLink, NetlabNode, NetlabTopology, NetlabVlan } from "./topology.ts";

export interface NetlabSegment {
  readonly segment: string;
  readonly vlan: number;
}

export interface SegmentTable {
  readonly segments: readonly Segment[];
  /** @throws fabric.import for a VLAN that neither the node nor the topology defines. */
  ofVlan(node: NetlabNode, name: string, path: string): NetlabSegment;
  /** undefined where the link carries VLANs, or nothing that netlab knows. */
  ofRoutedLink(link: NetlabLink): NetlabSegment | undefined;
}

export function segmentTable(topology: NetlabTopology, notes: NoteList): SegmentTable {
  const names = localNames(topology);
  const vlans = vlanSegments(topology, names, notes);
  const routed = routedSegments(topology, vlans, notes);
  return {
    segments: [...vlans.values(), ...new Set(routed.values())],
    ofVlan: (node, name, path) => {
      const local = node.vlans.get(name);
      const vlan = local?.vlan ?? topology.vlans.get(name)?.vlan;
      if (vlan === undefined)
        throw importError(path, `names VLAN ${name}, which neither ${node.name} nor the topology has`);
      return { segment: names.get(`${node.name}\u0000${name}`) ?? name, vlan };
    },
    ofRoutedLink: (link) => {
      const segment = routed.get(routeKey(link));
      return segment === undefined ? undefined : { segment: segment.name, vlan: segment.vlan };
    },
  };
}

/** A VLAN that nodes define for themselves is one segment where they agree on its number, and one for each node where not. */
function localNames(topology: NetlabTopology): ReadonlyMap<string, string> {
  const numbers = new Map<string, Set<number>>();
  for (const node of topology.nodes.values())
    for (const [name, { vlan }] of node.vlans)
      numbers.set(name, (numbers.get(name) ?? new Set(numberOf(topology, name))).add(vlan));
  const names = new Map<string, string>();
  for (const node of topology.nodes.values())
    for (const [name, { vlan }] of node.vlans) {
      const isShared = topology.vlans.get(name)?.vlan === vlan || (numbers.get(name)?.size ?? 0) < 2;
      names.set(`${node.name}\u0000${name}`, isShared ? name : `${name}@${node.name}`);
    }
  return names;
}

function numberOf(topology: NetlabTopology, name: string): readonly number[] {
  const vlan = topology.vlans.get(name)?.vlan;
  return vlan === undefined ? [] : [vlan];
}

function vlanSegments(
  topology: NetlabTopology,
  names: ReadonlyMap<string, string>,
  notes: NoteList,
): ReadonlyMap<string, Segment> {
  const segments = new Map<string, Segment>();
  for (const [name, vlan] of topology.vlans) segments.set(name, segmentOf(name, vlan, vniOf(topology, name)));
  for (const node of topology.nodes.values())
    for (const [name, vlan] of node.vlans) {
      const segment = names.get(`${node.name}\u0000${name}`) ?? name;
      if (
        vlan.mode === "route" &&
        [...topology.nodes.values()].some(({ interfaces }) => interfaces.some(isRoutedIn(name)))
      )
        notes.add(vlan.path, `VLAN ${name} is routed: netlab gives each of its links a subnet, here it is one segment`);
      if (!segments.has(segment)) segments.set(segment, segmentOf(segment, vlan, vniOf(topology, name)));
    }
  return segments;
}

const isRoutedIn = (name: string) => (port: NetlabInterface) =>
  port.type === "vlan_member" && port.vlans.access === name;

function segmentOf(name: string, vlan: NetlabVlan, vni: number | undefined): Segment {
  return {
    name,
    vlan: vlan.vlan,
    ...(vni === undefined ? {} : { vni }),
    ...(vlan.vrf === undefined ? {} : { vrf: vlan.vrf }),
    subnets: vlan.subnets,
  };
}

/** Old releases give every VLAN a VNI; it means something only where a node extends the VLAN over VXLAN. */
function vniOf(topology: NetlabTopology, name: string): number | undefined {
  const node = [...topology.nodes.values()].find(({ vxlanVlans }) => vxlanVlans.includes(name));
  return node === undefined ? undefined : (node.vlans.get(name)?.vni ?? topology.vlans.get(name)?.vni);
}

/** Members of one aggregation group share the segment of the group. */
const routeKey = (link: NetlabLink): string =>
  link.lagParent === undefined ? `link ${link.index}` : `lag ${link.lagParent}`;

function routedSegments(
  topology: NetlabTopology,
  vlans: ReadonlyMap<string, Segment>,
  notes: NoteList,
): ReadonlyMap<string, Segment> {
  const used = new Set([...vlans.values()].map(({ vlan }) => vlan));
  for (const node of topology.nodes.values()) for (const { vlan } of node.vlans.values()) used.add(vlan);
  const segments = new Map<string, Segment>();
  const names = new Set(vlans.keys());
  let free = vlanMax;
  for (const link of [...topology.links].toSorted((left, right) => left.index - right.index)) {
    const key = routeKey(link);
    const subnets = routedSubnets(topology, link);
    if (subnets === undefined || segments.has(key)) continue;
    while (used.has(free)) free -= 1;
    if (free < vlanMin) throw importError(link.path, "is a routed link, and no VLAN number is left to stand for it");
    used.add(free);
    const nodes = [...new Set(link.ends.map(({ node }) => node))].toSorted().join("-");
    const name = names.has(nodes) ? `${nodes}-${link.index}` : nodes;
    names.add(name);
    segments.set(key, { name, vlan: free, subnets });
    notes.add(
      link.path,
      `is routed and has no VLAN; it stands as segment ${name} with VLAN ${free}, which netlab does not use`,
    );
  }
  return segments;
}

/** undefined for a link that is not routed as such. */
function routedSubnets(topology: NetlabTopology, link: NetlabLink): readonly string[] | undefined {
  if (link.ends.some(({ vlans }) => vlans.access !== undefined || vlans.trunk !== undefined)) return undefined;
  if (link.lagParent === undefined) return link.ends.some(({ isRouted }) => isRouted) ? link.subnets : undefined;
  const groups = link.ends.flatMap(({ node }) => groupOf(topology.nodes.get(node), link) ?? []);
  if (groups.some(({ vlans }) => vlans.access !== undefined || vlans.trunk !== undefined)) return undefined;
  const addresses = groups.flatMap((group) => group.addresses);
  if (addresses.length === 0) return undefined;
  return [...new Set(addresses.flatMap((address) => networkOf(address) ?? []))].toSorted();
}

/**
 * The aggregation group that a link is a member of at a node. Its interface has the index of the group's own link; where a
 * release leaves that out, the member's interface names the group's number.
 */
export function groupOf(node: NetlabNode | undefined, link: NetlabLink): NetlabInterface | undefined {
  const groups = node?.interfaces.filter(({ type }) => type === "lag") ?? [];
  const byLink = groups.find(({ linkindex }) => linkindex !== undefined && linkindex === link.lagParent);
  if (byLink !== undefined) return byLink;
  const member = node?.interfaces.find(({ type, linkindex }) => type !== "lag" && linkindex === link.index);
  return groups.find(({ lag }) => lag.number !== undefined && lag.number === member?.lag.parent);
}
