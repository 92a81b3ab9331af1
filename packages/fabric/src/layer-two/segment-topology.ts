/**
 * The active topology of a segment, for whoever looks at it as a whole: over which links its frames travel, which links
 * are closed to them and why, which form a loop, and which devices are in one broadcast domain.
 *
 * Paths do not need it: they ask bridged-way.ts, which looks only at what it passes.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Tri } from "../fabric.ts";
import type { FabricEnd } from "../ports.ts";
import type { Bridge, Bundle, BundleView } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import { bundleJoint, passesBundle } from "./bundle-passage.ts";
import { disjointSets } from "./cycles.ts";
import { forwardingTrees } from "./forwarding-trees.ts";
import { isJointBlocked, layerOf, stepsOver } from "./layer.ts";
import type { BridgingLoop } from "./loops.ts";
import { overlayTable } from "./overlay.ts";
import { bundlesOfVlan } from "./vlan-bundles.ts";
import type { VlanDomain } from "./vlan-domain.ts";
import { domainOfSegment } from "./vlan-domain.ts";

/** Several links that act as one, a single link, or the overlay. */
export interface TopologyEdge {
  /** By linkId(), sorted; none for the overlay, whose packets take whatever way the underlay has. */
  readonly links: readonly string[];
  /** Devices of either side, sorted; several where the side is an MLAG domain. */
  readonly a: readonly string[];
  /** For the overlay, where there is one edge for each VTEP: the devices of all other VTEPs. */
  readonly b: readonly string[];
  readonly kind: "link" | "peer-link" | "overlay";
  /** "unknown": it cannot be told, because of a port that could not be read or a tree that is not sure. */
  readonly carries: "yes" | "unknown";
}

export interface BlockedEdge {
  /** By linkId(), sorted. */
  readonly links: readonly string[];
  /** Where it is closed. */
  readonly at: FabricEnd;
  readonly reason: "spanning-tree" | "native-mismatch";
  /** The root bridge of the tree that closes it: a device or an MLAG domain. */
  readonly root?: string;
  readonly message: string;
}

/** A link whose ends take the same frames for different VLANs: native VLANs that differ, a number that is used twice. */
export interface VlanJoin {
  readonly link: string;
  readonly cause: "native-mismatch" | "number-reused";
  readonly here: { readonly end: FabricEnd; readonly vlan: number };
  readonly there: { readonly end: FabricEnd; readonly vlan: number; readonly segment?: string };
  /** Rapid PVST+ notices that the native VLANs differ, and closes the link for both of them. */
  readonly isBlocked: boolean;
}

export interface SegmentTopology {
  readonly segment: string;
  /**
   * Devices in one broadcast domain, as far as is known for sure; each sorted, the largest first. Detours through another
   * VLAN, over two faulty links, do not count.
   */
  readonly components: readonly (readonly string[])[];
  readonly edges: readonly TopologyEdge[];
  readonly blocked: readonly BlockedEdge[];
  readonly loops: readonly BridgingLoop[];
  readonly joins: readonly VlanJoin[];
  /** Root bridges, one for each region of spanning tree: devices or MLAG domains. */
  readonly roots: readonly string[];
  /** "unknown": which links forward depends on something that is not described; `doubts` says on what. */
  readonly certainty: Tri;
  readonly doubts: readonly string[];
}

const topologies = memoTable<SegmentTopology>("segment topologies");

export function segmentTopology(index: FabricIndex, segment: string): SegmentTopology {
  return index.remember(topologies, segment, () => makeTopology(index, domainOfSegment(index, segment)));
}

function makeTopology(index: FabricIndex, domain: VlanDomain): SegmentTopology {
  const { bridges } = bridgeTable(index);
  const bundles = bundlesOfVlan(index, domain);
  const steps = bundles.flatMap((view) => stepsOver(index, domain, view)).filter((step) => step.domain === domain);
  const blocked = bundles.flatMap((view) => blockedByTree(index, domain, view));
  const joins = bundles.flatMap((view) => joinsAt(index, domain, view));
  const edges: TopologyEdge[] = [
    ...steps.map(({ view, carries }) => edgeOf(view, "link", carries)),
    ...bridges.flatMap((bridge) => peerEdges(index, domain, bridge)),
    ...overlayEdges(index, domain),
  ].toSorted(byLinks);
  const { loops } = layerOf(index, domain);
  const doubts = new Set([...steps.flatMap((step) => step.doubts), ...loops.map(({ message }) => message)]);
  return {
    segment: domain.name,
    components: componentsOf(index, edges, [...footholds(index, domain), ...blocked.flatMap(endsOf(index))]),
    edges,
    blocked: [...blocked, ...joins.flatMap((join) => blockedByMismatch(join))].toSorted(byLinks),
    loops,
    joins: joins.toSorted((left, right) => (left.link < right.link ? -1 : 1)),
    roots: rootsOf(index, domain, edges),
    certainty: doubts.size === 0 ? "yes" : "unknown",
    doubts: [...doubts].toSorted(),
  };
}

type Linked = { readonly links: readonly string[]; readonly a?: readonly string[] };

/** Overlay edges have no links: they come first, by their VTEPs. */
function byLinks(left: Linked, right: Linked): number {
  const [first, second] = [left, right].map(({ links, a }) => links[0] ?? `\u0000${a?.join(" ") ?? ""}`);
  return (first ?? "") < (second ?? "") ? -1 : 1;
}

const edgeOf = (view: BundleView, kind: TopologyEdge["kind"], carries: TopologyEdge["carries"]): TopologyEdge => ({
  links: view.bundle.links,
  a: view.nearDevices,
  b: view.farDevices,
  kind,
  carries,
});

function peerEdges(index: FabricIndex, domain: VlanDomain, bridge: Bridge): readonly TopologyEdge[] {
  const seen = new Set<Bundle>();
  const views = bridge.devices.flatMap((device) => bridgeTable(index).peerLinksOf(device));
  return views.flatMap((view) => {
    const carries = passesBundle(index, domain, view);
    if (carries === "no" || seen.has(view.bundle)) return [];
    seen.add(view.bundle);
    return [edgeOf(view, "peer-link", carries)];
  });
}

function overlayEdges(index: FabricIndex, domain: VlanDomain): readonly TopologyEdge[] {
  return overlayTable(index, domain).overlays.flatMap(({ members }) =>
    members.map((member): TopologyEdge => {
      const others = members.filter((other) => other !== member).flatMap(({ devices }) => devices);
      return { links: [], a: member.devices, b: others.toSorted(), kind: "overlay", carries: "yes" };
    }),
  );
}

function blockedByTree(index: FabricIndex, domain: VlanDomain, view: BundleView): readonly BlockedEdge[] {
  const closed = forwardingTrees(index, domain).blocked.get(view.bundle);
  if (closed === undefined || passesBundle(index, domain, view) === "no") return [];
  const [member] = view.members;
  const at = view.near === closed.at ? member?.near : member?.far;
  if (at === undefined) return [];
  const { links } = view.bundle;
  const message = `${links.join(", ")} is closed for ${domain.name} at ${at.device}/${at.port} by the spanning tree of root ${closed.root.name}`;
  return [{ links, at, reason: "spanning-tree", root: closed.root.name, message }];
}

/** From both of its ends, as far as the VLAN is turned into another there. */
function joinsAt(index: FabricIndex, domain: VlanDomain, bundle: BundleView): readonly VlanJoin[] {
  const views = [bundle, bundle.back()].toSorted((left, right) => (left.near.name < right.near.name ? -1 : 1));
  return views.flatMap((view) => {
    const joint = bundleJoint(index, domain, view);
    if (joint === undefined) return [];
    const { link, cause, here, domain: other } = joint;
    const there = other.segment === undefined ? joint.there : { ...joint.there, segment: other.segment };
    return [{ link, cause, here, there, isBlocked: isJointBlocked(index, joint, view) }];
  });
}

function blockedByMismatch({ link, here, there, isBlocked }: VlanJoin): readonly BlockedEdge[] {
  if (!isBlocked) return [];
  const message = `${link} is closed because its native VLANs differ: ${here.vlan} at ${here.end.device}/${here.end.port}, ${there.vlan} at ${there.end.device}/${there.end.port}`;
  return [{ links: [link], at: here.end, reason: "native-mismatch", message }];
}

function rootsOf(index: FabricIndex, domain: VlanDomain, edges: readonly TopologyEdge[]): readonly string[] {
  const { bridgeOf } = bridgeTable(index);
  const { rootOf } = forwardingTrees(index, domain);
  const roots = new Set<string>();
  for (const device of edges.flatMap(({ a, b }) => [...a, ...b])) {
    const bridge = bridgeOf(device);
    const root = bridge === undefined ? undefined : rootOf.get(bridge);
    if (root !== undefined) roots.add(root.name);
  }
  return [...roots].toSorted();
}

/** Devices that are on an edge, and others, by the edges that are sure. */
function componentsOf(
  index: FabricIndex,
  edges: readonly TopologyEdge[],
  others: readonly string[],
): readonly (readonly string[])[] {
  const { bridgeOf } = bridgeTable(index);
  const sets = disjointSets<string>();
  const members = new Set(others);
  const attached = new Set<string>();
  for (const { a, b, carries } of edges) {
    const devices = [...a, ...b];
    for (const device of devices) members.add(device);
    if (carries !== "yes") continue;
    // A host with two uplinks stands in the domain of the first: it does not join the two.
    const joining = devices.filter((device) => bridgeOf(device)?.isForwarding === true || !attached.has(device));
    for (const device of devices) attached.add(device);
    const [first, ...others] = joining;
    if (first !== undefined) for (const device of others) sets.join(first, device);
  }
  const components = new Map<string, string[]>();
  for (const device of [...members].toSorted()) {
    const known = components.get(sets.find(device));
    if (known === undefined) components.set(sets.find(device), [device]);
    else known.push(device);
  }
  return [...components.values()].toSorted(
    (left, right) => right.length - left.length || ((left[0] ?? "") < (right[0] ?? "") ? -1 : 1),
  );
}

const endsOf =
  (index: FabricIndex) =>
  ({ links }: BlockedEdge): readonly string[] =>
    links.flatMap((id) => index.link(id) ?? []).flatMap(({ a, b }) => [a.device, b.device]);

/** Where endpoints, interfaces and gateways of the segment are. */
function footholds(index: FabricIndex, { segment = "", vlanAt }: VlanDomain): readonly string[] {
  const devices = [
    ...index.endpointsIn(segment).map(({ device }) => device),
    ...index.gatewaysIn(segment).flatMap((gateway) => gateway.members.map(({ device }) => device)),
    ...index.fabric.devices
      .filter((device) => device.interfaces?.some((own) => own.segment === segment))
      .map(({ name }) => name),
  ];
  return devices.filter((device) => vlanAt(device) !== undefined);
}
