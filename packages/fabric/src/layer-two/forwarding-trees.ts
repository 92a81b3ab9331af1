/**
 * Which bundles spanning tree closes for a VLAN.
 *
 * Who takes part: bridges in mode rstp, rpvst or mst. A bridge in mode off, and one of which nothing is said, passes no
 * BPDUs on, so that the tree ends there; OTV passes none either. Each region of bridges that hear each other has a tree of
 * its own.
 *
 * Which links belong to it: between two bridges in mode rpvst, those that carry the VLAN; otherwise all, whatever VLANs
 * they trunk, so that a tree may close the only link that carries one. `isPerVlan` tells the two apart.
 *
 * A region has doubts only where there is something to decide, that is on links that lie on a cycle.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Device, Link, Tri } from "../fabric.ts";
import type { Bridge, Bundle, BundleView } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import { cyclicGroups, disjointSets } from "./cycles.ts";
import { passesBundle } from "./bundle-passage.ts";
import type { TreeBridge } from "./spanning-tree.ts";
import { defaultBridgePriority, pathCost, spanningTree } from "./spanning-tree.ts";
import type { VlanDomain } from "./vlan-domain.ts";

export interface ForwardingTrees {
  /** Closed bundles, with the bridge at whose end. */
  readonly blocked: ReadonlyMap<Bundle, { readonly at: Bridge; readonly root: Bridge }>;
  /** Bundles on cycles of a region about which something is not known. */
  readonly doubtful: ReadonlyMap<Bundle, DoubtfulRing>;
  /** Bundles of trees that are made for this VLAN alone: closing one of these never cuts the VLAN off. */
  readonly perVlan: ReadonlySet<Bundle>;
  /** Of every bridge that takes part in a region of two or more. */
  readonly rootOf: ReadonlyMap<Bridge, Bridge>;
}

/** Links among which spanning tree chooses, in a way that cannot be told for sure. */
export interface DoubtfulRing {
  readonly doubts: readonly string[];
  readonly bundles: readonly BundleView[];
}

type Mode = NonNullable<Device["spanningTree"]>["mode"] | undefined;

const trees = memoTable<ForwardingTrees>("spanning trees");
const treesByDomain = memoTable<ForwardingTrees>("spanning trees by domain");
const modes = memoTable<Mode>("modes of spanning tree");

export function forwardingTrees(index: FabricIndex, domain: VlanDomain): ForwardingTrees {
  return index.remember(treesByDomain, domain, () =>
    index.remember(trees, treeName(index, domain), () => makeTrees(index, domain)),
  );
}

/** "undefined": nothing is said, or the members of the MLAG domain disagree. */
export function spanningTreeMode(index: FabricIndex, bridge: Bridge): Mode {
  return index.remember(modes, bridge, () => {
    const said = new Set(bridge.devices.map((device) => index.device(device)?.spanningTree?.mode));
    const [mode] = said;
    return said.size === 1 ? mode : undefined;
  });
}

/** Whether BPDUs cross the link: known of wires and fibres, and of OTV, which filters them at its edge. */
export function carriesBpdus({ kind, dci }: Link): Tri {
  if (kind !== "dci") return "yes";
  if (dci?.carriesBpdus !== undefined) return dci.carriesBpdus;
  if (dci?.technology === "dark-fibre") return "yes";
  return dci?.technology === "otv" ? "no" : "unknown";
}

/** VLANs whose trees are the same share them. */
function treeName(index: FabricIndex, domain: VlanDomain): string {
  const { bridges } = bridgeTable(index);
  const said = bridges.map((bridge) => [bridge, spanningTreeMode(index, bridge)] as const);
  if (said.some(([, mode]) => mode === "rpvst")) return `of ${domain.key}`;
  return said.flatMap(([bridge, mode]) => (mode === "mst" ? instanceOf(index, domain, bridge).id : [])).join(" ");
}

function makeTrees(index: FabricIndex, domain: VlanDomain): ForwardingTrees {
  const found = {
    blocked: new Map<Bundle, { at: Bridge; root: Bridge }>(),
    doubtful: new Map<Bundle, DoubtfulRing>(),
    perVlan: new Set<Bundle>(),
    rootOf: new Map<Bridge, Bridge>(),
  };
  const members = bridgeTable(index).bundles.filter((view) => takesPart(index, domain, view));
  for (const view of members) if (isPerVlan(index, view)) found.perVlan.add(view.bundle);
  for (const region of regionsOf(members)) addRegion(index, domain, region, found);
  return found;
}

function takesPart(index: FabricIndex, domain: VlanDomain, view: BundleView): boolean {
  const isSpoken = [view.near, view.far].every((bridge) => isBridgeWithTree(index, bridge));
  if (!isSpoken || view.members.some(({ link }) => carriesBpdus(link) === "no")) return false;
  return !isPerVlan(index, view) || passesBundle(index, domain, view) !== "no";
}

function isBridgeWithTree(index: FabricIndex, bridge: Bridge): boolean {
  const mode = spanningTreeMode(index, bridge);
  return bridge.isForwarding && mode !== undefined && mode !== "off";
}

const isPerVlan = (index: FabricIndex, { near, far }: BundleView): boolean =>
  spanningTreeMode(index, near) === "rpvst" && spanningTreeMode(index, far) === "rpvst";

interface Region {
  readonly bridges: readonly Bridge[];
  readonly bundles: readonly BundleView[];
}

function regionsOf(bundles: readonly BundleView[]): readonly Region[] {
  const sets = disjointSets<Bridge>();
  for (const { near, far } of bundles) sets.join(near, far);
  const regions = new Map<Bridge, { bridges: Set<Bridge>; bundles: BundleView[] }>();
  for (const view of bundles) {
    const name = sets.find(view.near);
    const region = regions.get(name) ?? { bridges: new Set(), bundles: [] };
    regions.set(name, region);
    region.bundles.push(view);
    region.bridges.add(view.near).add(view.far);
  }
  return [...regions.values()].map((region) => ({ bridges: [...region.bridges], bundles: region.bundles }));
}

function addRegion(
  index: FabricIndex,
  domain: VlanDomain,
  { bridges, bundles }: Region,
  found: {
    readonly blocked: Map<Bundle, { at: Bridge; root: Bridge }>;
    readonly doubtful: Map<Bundle, DoubtfulRing>;
    readonly rootOf: Map<Bridge, Bridge>;
  },
): void {
  const asTree = new Map(bridges.map((bridge) => [bridge, treeBridge(index, domain, bridge)]));
  const asBridge = new Map([...asTree].map(([bridge, tree]) => [tree, bridge]));
  const links = bundles.flatMap(({ bundle, near, far, members }) => {
    const [a, b] = [asTree.get(near), asTree.get(far)];
    return a === undefined || b === undefined ? [] : [{ id: bundle.id, a, b, cost: costOf(members) }];
  });
  const outcome = spanningTree([...asTree.values()], links);
  const root = outcome === undefined ? undefined : asBridge.get(outcome.root);
  if (outcome === undefined || root === undefined) return;
  for (const bridge of bridges) found.rootOf.set(bridge, root);
  for (const { bundle } of bundles) {
    const at = asBridge.get(outcome.blocked.get(bundle.id) ?? outcome.root);
    if (at !== undefined && outcome.blocked.has(bundle.id)) found.blocked.set(bundle, { at, root });
  }
  const rings = cyclicGroups(bundles.map((view) => ({ a: view.near, b: view.far, view })));
  for (const ring of rings.map((edges) => edges.map(({ view }) => view))) {
    const doubts = [...outcome.doubts, ...doubtsAbout(index, domain, bridges, ring)];
    if (doubts.length > 0) for (const { bundle } of ring) found.doubtful.set(bundle, { doubts, bundles: ring });
  }
}

function doubtsAbout(
  index: FabricIndex,
  domain: VlanDomain,
  bridges: readonly Bridge[],
  ring: readonly BundleView[],
): readonly string[] {
  const doubts: string[] = [];
  const spoken = new Set(bridges.flatMap((bridge) => spanningTreeMode(index, bridge) ?? []));
  if (spoken.size > 1)
    doubts.push(`bridges with different modes of spanning tree hear each other: ${[...spoken].sort().join(", ")}`);
  const instances = new Set(bridges.map((bridge) => instanceOf(index, domain, bridge).id));
  if (spoken.has("mst") && instances.size > 1)
    doubts.push(`${domain.name} is in different MST instances: ${[...instances].toSorted((a, b) => a - b).join(", ")}`);
  for (const view of ring) {
    const { bundle, members } = view;
    if (isPerVlan(index, view) && passesBundle(index, domain, view) === "unknown")
      doubts.push(`whether ${bundle.id} carries ${domain.name}, and belongs to its tree, is not known`);
    if (members.some(({ link }) => carriesBpdus(link) === "unknown"))
      doubts.push(`whether ${bundle.id} carries BPDUs is not known`);
    if (members.some(({ capacityBps }) => capacityBps === undefined))
      doubts.push(`the speed of ${bundle.id}, which gives its path cost, is not known`);
  }
  return doubts;
}

function treeBridge(index: FabricIndex, domain: VlanDomain, bridge: Bridge): TreeBridge {
  const settings = bridge.devices.flatMap((device) => index.device(device)?.spanningTree ?? []);
  const macs = settings.flatMap(({ mac }) => mac?.toLowerCase().replaceAll(/[^0-9a-f]/g, "") ?? []);
  const [mac] = macs.toSorted();
  const isKnown = mac !== undefined && macs.length === bridge.devices.length;
  const priority = Math.min(...bridge.devices.map((device) => priorityOf(index, domain, device)));
  return { name: bridge.name, priority, ...(isKnown ? { mac } : {}) };
}

function priorityOf(index: FabricIndex, domain: VlanDomain, name: string): number {
  const setting = index.device(name)?.spanningTree;
  const common = setting?.priority ?? defaultBridgePriority;
  if (setting?.mode === "rpvst") return setting.priorityByVlan?.[domain.vlanAt(name) ?? 0] ?? common;
  return setting?.mode === "mst" ? (instanceAt(index, domain, name).priority ?? common) : common;
}

/** Members of an MLAG domain must agree on their instances; the first one is asked. */
const instanceOf = (index: FabricIndex, domain: VlanDomain, bridge: Bridge): { readonly id: number } =>
  instanceAt(index, domain, bridge.devices[0] ?? bridge.name);

function instanceAt(
  index: FabricIndex,
  domain: VlanDomain,
  device: string,
): { readonly id: number; readonly priority?: number } {
  const vlan = domain.vlanAt(device);
  const instances = index.device(device)?.spanningTree?.instances ?? [];
  const found = instances.find(({ vlans }) => vlan !== undefined && vlans.includes(vlan));
  return found ?? instances.find(({ id }) => id === 0) ?? { id: 0 };
}

/** The links of a group count together (IEEE 802.1AX: their speeds add up); of the two directions the slower one. */
function costOf(members: BundleView["members"]): number {
  const speed = (capacity: number | undefined): number => capacity ?? presumedBps;
  const total = members.reduce(
    (sum, { link }) => sum + Math.min(speed(link.capacityBps), speed(link.capacityBackBps ?? link.capacityBps)),
    0,
  );
  return pathCost(total);
}

/** For a link whose speed is not known; the ring that it lies on is doubtful then. */
const presumedBps = 10e9;
