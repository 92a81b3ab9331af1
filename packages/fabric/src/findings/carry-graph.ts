/**
 * Where a segment could travel: every link that carries it, those that spanning tree holds back included. Nodes are
 * bridges, as layer two knows them: a switch, or a domain of several that act as one. Hosts and routers end frames and do
 * not pass them on from one link to another, so they hang on the graph and are no part of it.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { bridgeTable } from "../layer-two/bridges.ts";
import { cyclicGroups } from "../layer-two/cycles.ts";
import { segmentTopology } from "../layer-two/segment-topology.ts";

export interface CarryEdge {
  /** Bridges by name. */
  readonly a: string;
  readonly b: string;
  /** By linkId(); none where it is an overlay over the routed network. */
  readonly links: readonly string[];
}

export interface CarryGraph {
  /** Between bridges that forward; sorted by links. */
  readonly core: readonly CarryEdge[];
  /** Of every other device, by its bridge's name: its links, whatever they lead to. */
  readonly attachments: ReadonlyMap<string, readonly CarryEdge[]>;
}

const graphs = memoTable<CarryGraph>("links that carry a segment");

export function carryGraph(index: FabricIndex, segment: string): CarryGraph {
  return index.remember(graphs, segment, () => {
    const { edges, blocked } = segmentTopology(index, segment);
    const active = edges.flatMap(({ kind, links, a, b }) =>
      kind === "overlay" ? edgeBetween(index, a[0], overlayHub, []) : edgeBetween(index, a[0], b[0], links),
    );
    const heldBack = blocked.flatMap(({ links, reason }) => {
      const link = index.link(links[0] ?? "");
      return reason === "spanning-tree" ? edgeBetween(index, link?.a.device, link?.b.device, links) : [];
    });
    const all = [...active, ...heldBack].toSorted((left, right) => (left.links.join() < right.links.join() ? -1 : 1));
    const forwards = forwardingBridges(index);
    return {
      core: all.filter(({ a, b }) => forwards.has(a) && forwards.has(b)),
      attachments: incidence(all, (node) => !forwards.has(node)),
    };
  });
}

/** Where all tunnels meet: the routed network between VXLAN tunnel endpoints, which is no device. */
export const overlayHub = "(overlay)";

const forwarding = memoTable<ReadonlySet<string>>("bridges that forward");

function forwardingBridges(index: FabricIndex): ReadonlySet<string> {
  return index.remember(forwarding, "", () => {
    const bridges = bridgeTable(index).bridges.filter(({ isForwarding }) => isForwarding);
    return new Set([overlayHub, ...bridges.map(({ name }) => name)]);
  });
}

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

/** All links that carry the segment, each once. */
export function carryingLinks(index: FabricIndex, segment: string): readonly string[] {
  const { core, attachments } = carryGraph(index, segment);
  return [...new Set([...core, ...[...attachments.values()].flat()].flatMap(({ links }) => links))].sort();
}

export const otherEnd = ({ a, b }: CarryEdge, node: string): string => (a === node ? b : a);

/** The edges whose loss alone parts the graph. An edge of several links that fail together is one. */
export function soleEdges(edges: readonly CarryEdge[]): ReadonlySet<CarryEdge> {
  const onCycles = new Set(cyclicGroups<string, CarryEdge>(edges).flat());
  return new Set(edges.filter((edge) => !onCycles.has(edge)));
}

export function incidence(
  edges: readonly CarryEdge[],
  isMeant: (node: string) => boolean = () => true,
): ReadonlyMap<string, readonly CarryEdge[]> {
  const table = new Map<string, CarryEdge[]>();
  for (const edge of edges)
    for (const node of [edge.a, edge.b]) {
      if (!isMeant(node)) continue;
      const list = table.get(node);
      if (list === undefined) table.set(node, [edge]);
      else list.push(edge);
    }
  return table;
}
