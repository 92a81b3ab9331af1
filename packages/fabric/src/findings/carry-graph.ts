/**
 * Where a segment could travel: every link that carries it, those that spanning tree holds back included. Nodes are
 * bridges, as layer two knows them: a switch, or a domain of several that act as one.
 *
 * Two questions are asked of it. Which links are needed, so that all members reach each other as they do now and no worse
 * protected? And which links are the only way to somebody?
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { bridgeTable } from "../layer-two/bridges.ts";
import { cyclicGroups, disjointSets } from "../layer-two/cycles.ts";
import { segmentTopology } from "../layer-two/segment-topology.ts";

export interface CarryEdge {
  /** Bridges by name. */
  readonly a: string;
  readonly b: string;
  /** By linkId(); none where it is an overlay over the routed network. */
  readonly links: readonly string[];
}

const graphs = memoTable<readonly CarryEdge[]>("links that carry a segment");

/** Sorted by links. */
export function carryGraph(index: FabricIndex, segment: string): readonly CarryEdge[] {
  return index.remember(graphs, segment, () => {
    const { edges, blocked } = segmentTopology(index, segment);
    const active = edges.flatMap(({ kind, links, a, b }) =>
      kind === "overlay" ? edgeBetween(index, a[0], overlayHub, []) : edgeBetween(index, a[0], b[0], links),
    );
    const heldBack = blocked.flatMap(({ links, reason }) => {
      const link = index.link(links[0] ?? "");
      return reason === "spanning-tree" ? edgeBetween(index, link?.a.device, link?.b.device, links) : [];
    });
    return [...active, ...heldBack].toSorted((left, right) => (left.links.join() < right.links.join() ? -1 : 1));
  });
}

/** Where all tunnels meet: the routed network between VXLAN tunnel endpoints, which is no device. */
const overlayHub = "(overlay)";

export const bridgeName = (index: FabricIndex, device: string): string =>
  bridgeTable(index).bridgeOf(device)?.name ?? device;

function edgeBetween(
  index: FabricIndex,
  a: string | undefined,
  b: string | undefined,
  links: readonly string[],
): readonly CarryEdge[] {
  if (a === undefined || b === undefined) return [];
  const edge = { a: bridgeName(index, a), b: bridgeName(index, b), links };
  // What joins the members of one domain is inside of a node.
  return edge.a === edge.b ? [] : [edge];
}

/**
 * The part of the graph that members need. Hosts and routers without members go first, for they forward nothing; then
 * bridges without members, one after the other, as long as no member loses another and no link becomes the only one
 * between members that was not so before.
 *
 * @param members bridges by name.
 */
export function neededEdges(
  index: FabricIndex,
  graph: readonly CarryEdge[],
  members: ReadonlySet<string>,
): readonly CarryEdge[] {
  const forwarding = new Set(
    bridgeTable(index)
      .bridges.filter((bridge) => bridge.isForwarding)
      .map(({ name }) => name),
  );
  forwarding.add(overlayHub);
  let kept: readonly CarryEdge[] = graph.filter(({ a, b }) =>
    [a, b].every((end) => members.has(end) || forwarding.has(end)),
  );
  kept = withoutDeadEnds(kept, members);
  const before = protection(kept, members);
  const candidates = [...new Set(kept.flatMap(({ a, b }) => [a, b]))].filter((node) => !members.has(node)).sort();
  const degrees = new Map<string, number>();
  for (const { a, b } of kept) for (const end of [a, b]) degrees.set(end, (degrees.get(end) ?? 0) + 1);
  candidates.sort((left, right) => (degrees.get(left) ?? 0) - (degrees.get(right) ?? 0));
  for (const candidate of candidates) {
    const without = kept.filter(({ a, b }) => a !== candidate && b !== candidate);
    if (without.length < kept.length && isNoWorse(before, protection(without, members)))
      kept = withoutDeadEnds(without, members);
  }
  return kept;
}

/** Takes away bridges without members that hang on one edge, again and again. */
function withoutDeadEnds(edges: readonly CarryEdge[], members: ReadonlySet<string>): readonly CarryEdge[] {
  const incident = incidence(edges);
  const gone = new Set<CarryEdge>();
  const open = [...incident.keys()];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (members.has(node)) continue;
    const left = (incident.get(node) ?? []).filter((edge) => !gone.has(edge));
    const [only] = left;
    if (only === undefined || left.length > 1) continue;
    gone.add(only);
    open.push(only.a === node ? only.b : only.a);
  }
  return edges.filter((edge) => !gone.has(edge));
}

interface Protection {
  /** Groups of members that reach each other. */
  readonly groups: number;
  /** Groups of members that still reach each other whichever single edge fails. */
  readonly protectedGroups: number;
}

function protection(edges: readonly CarryEdge[], members: ReadonlySet<string>): Protection {
  const reach = disjointSets<string>();
  for (const { a, b } of edges) reach.join(a, b);
  const safe = disjointSets<string>();
  for (const group of cyclicGroups<string, CarryEdge>(edges)) for (const { a, b } of group) safe.join(a, b);
  return {
    groups: new Set([...members].map((member) => reach.find(member))).size,
    protectedGroups: new Set([...members].map((member) => safe.find(member))).size,
  };
}

const isNoWorse = (before: Protection, after: Protection): boolean =>
  after.groups <= before.groups && after.protectedGroups <= before.protectedGroups;

/** The edges whose loss alone parts the graph. An edge of several links that fail together is one. */
export function soleEdges(edges: readonly CarryEdge[]): readonly CarryEdge[] {
  const onCycles = new Set(cyclicGroups<string, CarryEdge>(edges).flat());
  return edges.filter((edge) => !onCycles.has(edge));
}

export function incidence(edges: readonly CarryEdge[]): ReadonlyMap<string, readonly CarryEdge[]> {
  const table = new Map<string, CarryEdge[]>();
  for (const edge of edges)
    for (const node of [edge.a, edge.b]) {
      const list = table.get(node);
      if (list === undefined) table.set(node, [edge]);
      else list.push(edge);
    }
  return table;
}
