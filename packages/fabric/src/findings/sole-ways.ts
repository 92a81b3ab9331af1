/**
 * Links that are the only way from some devices to the rest of their segment. Links that spanning tree holds back count
 * as a second way: they open when the first one fails. So do the members of one link aggregation group.
 *
 * A device that forwards nothing is cut off when its last link is, or when all that it hangs on is.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { bridgeTable } from "../layer-two/bridges.ts";
import type { CarryEdge, CarryGraph } from "./carry-graph.ts";
import { bridgeName, carryGraph, otherEnd, soleEdges } from "./carry-graph.ts";
import type { Visit } from "./graph-walk.ts";
import { walks } from "./graph-walk.ts";
import { segmentMembers } from "./members.ts";

/** By linkId(): the devices that lose the rest of the segment when the link fails. */
export type SoleWays = ReadonlyMap<string, readonly string[]>;

const tables = memoTable<SoleWays>("links that are the only way");

export function soleWays(index: FabricIndex, segment: string): SoleWays {
  return index.remember(tables, segment, () => {
    const graph = carryGraph(index, segment);
    const weights = memberWeights(index, segment);
    const found = new Map<string, readonly string[]>();
    const sole = soleEdges(graph.core);
    const parts = partsOf(graph);
    const footings = footingsOf(parts);
    const cuts = parts.flatMap((part, number) => {
      const parted: Parted = (here, there) => areParted(footings, number, here, there);
      return [...uplinks(part, weights, parted), ...between(part, sole, weights, parted)];
    });
    for (const [link, bridges] of [...cuts, ...directLinks(graph, weights)]) found.set(link, devicesOf(index, bridges));
    return found;
  });
}

type Cut = readonly [string, readonly string[]];

const byDevice = memoTable<ReadonlyMap<string, readonly string[]>>("links that a device hangs on");

/** The links that are each the only way from the device to the rest of the segment, sorted. */
export function soleLinksOf(index: FabricIndex, segment: string, device: string): readonly string[] {
  const links = index.remember(byDevice, segment, () => {
    const table = new Map<string, string[]>();
    for (const [link, devices] of soleWays(index, segment))
      for (const each of devices) {
        const own = table.get(each);
        if (own === undefined) table.set(each, [link]);
        else own.push(link);
      }
    return table;
  });
  return (links.get(device) ?? []).toSorted();
}

interface Part {
  readonly walk: readonly Visit[];
  readonly nodes: ReadonlySet<string>;
  /** Devices that forward nothing and have links to it, with the bridges that those lead to. */
  readonly hanging: readonly {
    readonly node: string;
    readonly on: readonly string[];
    readonly edges: readonly CarryEdge[];
  }[];
}

/** By device that forwards nothing: the numbers of the parts that it has links to. */
type Footings = ReadonlyMap<string, ReadonlySet<number>>;

function footingsOf(parts: readonly Part[]): Footings {
  const table = new Map<string, Set<number>>();
  parts.forEach(({ hanging }, number) => {
    for (const { node } of hanging) {
      const own = table.get(node);
      if (own === undefined) table.set(node, new Set([number]));
      else own.add(number);
    }
  });
  return table;
}

/** Is there one on either side that does not have the other by another part of the segment as well? */
function areParted(footings: Footings, part: number, here: readonly string[], there: readonly string[]): boolean {
  const others = (node: string): readonly number[] =>
    [...(footings.get(node) ?? [])].filter((number) => number !== part);
  if (here.length === 0 || there.length === 0) return false;
  if ([here, there].some((side) => side.some((node) => others(node).length === 0))) return true;
  return here.some((node) =>
    there.some((far) => others(node).every((number) => footings.get(far)?.has(number) !== true)),
  );
}

/** The connected parts of the core, and what hangs on each; a device may hang on several. */
function partsOf({ core, attachments }: CarryGraph): readonly Part[] {
  const cored = new Set(core.flatMap(({ a, b }) => [a, b]));
  const lone = [...attachments].flatMap(([node, edges]) => edges.map((edge) => otherEnd(edge, node)));
  // A switch without links to others is a part of its own.
  const single = [...new Set(lone)].filter((node) => !cored.has(node) && !attachments.has(node));
  const all = [...walks(core), ...single.map((node): readonly Visit[] => [{ node, by: undefined, parent: undefined }])];
  const partByNode = new Map(all.flatMap((walk, number) => walk.map(({ node }) => [node, number] as const)));
  const hanging = all.map(() => new Map<string, { node: string; on: string[]; edges: CarryEdge[] }>());
  for (const [node, edges] of attachments)
    for (const edge of edges) {
      const far = otherEnd(edge, node);
      const own = hanging[partByNode.get(far) ?? -1];
      const known = own?.get(node);
      if (known === undefined) own?.set(node, { node, on: [far], edges: [edge] });
      else {
        known.on.push(far);
        known.edges.push(edge);
      }
    }
  return all.map((walk, number) => ({
    walk,
    nodes: new Set(walk.map(({ node }) => node)),
    hanging: [...(hanging[number]?.values() ?? [])],
  }));
}

type Weights = ReadonlyMap<string, number>;

const weigh = (nodes: Iterable<string>, weights: Weights): number =>
  [...nodes].reduce((sum, node) => sum + (weights.get(node) ?? 0), 0);

type Parted = (here: readonly string[], there: readonly string[]) => boolean;

/** Devices that hang on a part by one link. */
function uplinks({ nodes, hanging }: Part, weights: Weights, parted: Parted): readonly Cut[] {
  const members = [...nodes, ...hanging.map(({ node }) => node)].filter((node) => weights.has(node));
  return hanging.flatMap(({ node, edges }): readonly Cut[] => {
    const [only, second] = edges;
    const [link, other] = only?.links ?? [];
    if (second !== undefined || link === undefined || other !== undefined) return [];
    if (members.length === (weights.has(node) ? 1 : 0)) return [];
    return parted([node], members) ? [[link, [node]]] : [];
  });
}

/** Two devices that forward nothing and have a link between them: they have each other by it, and nobody else. */
function directLinks({ attachments }: CarryGraph, weights: Weights): readonly Cut[] {
  return [...attachments].flatMap(([node, edges]) =>
    edges.flatMap((edge): readonly Cut[] => {
      const far = otherEnd(edge, node);
      const [link, other] = edge.links;
      const isOnly = edges.filter((each) => otherEnd(each, node) === far).length === 1;
      if (!attachments.has(far) || link === undefined || other !== undefined || !isOnly) return [];
      return (weights.get(node) ?? 0) < (weights.get(far) ?? 0) ||
        (weights.get(node) === weights.get(far) && node < far)
        ? [[link, [node]]]
        : [];
    }),
  );
}

/** Links between bridges that nothing else goes round. */
function between(
  { walk, nodes, hanging }: Part,
  sole: ReadonlySet<CarryEdge>,
  weights: Weights,
  parted: Parted,
): readonly Cut[] {
  return [...nodesBelow(walk, sole)].flatMap(([edge, below]): readonly Cut[] => {
    const [link, second] = edge.links;
    if (link === undefined || second !== undefined) return [];
    const sides = [below, new Set([...nodes].filter((node) => !below.has(node)))].map((side) => {
      const whole = [
        ...side,
        ...hanging.filter(({ on }) => on.every((node) => side.has(node))).map(({ node }) => node),
      ];
      return { whole, weight: weigh(whole, weights) };
    });
    // The lighter side is the one that is cut off.
    const [lighter, heavier] = sides.toSorted((left, right) => left.weight - right.weight);
    if (lighter === undefined || heavier === undefined) return [];
    const [few = [], many = []] = [lighter, heavier].map(({ whole }) => whole.filter((node) => weights.has(node)));
    // Where nobody is yet, a VM may be moved to.
    const isSole = few.length === 0 ? many.length > 0 : parted(few, many);
    return isSole ? [[link, lighter.whole]] : [];
  });
}

function memberWeights(index: FabricIndex, segment: string): ReadonlyMap<string, number> {
  const { endpoints, infrastructure, plugged } = segmentMembers(index, segment);
  const weights = new Map<string, number>();
  const add = (device: string, weight: number): void => {
    const bridge = bridgeName(index, device);
    weights.set(bridge, (weights.get(bridge) ?? 0) + weight);
  };
  for (const [device, count] of endpoints) add(device, count);
  // What a segment needs most is its gateway: the side that has it is the rest.
  for (const device of infrastructure) add(device, gatewayWeight);
  for (const device of plugged) if (!endpoints.has(device)) add(device, 1);
  return weights;
}

const gatewayWeight = 1_000_000;

/** The bridges on the far side of each edge, as the walk came. */
function nodesBelow(walk: readonly Visit[], sole: ReadonlySet<CarryEdge>): ReadonlyMap<CarryEdge, ReadonlySet<string>> {
  const below = new Map<CarryEdge, ReadonlySet<string>>();
  const nodes = new Map<string, Set<string>>();
  // Children arrive after their parents, so that walking back gathers whole subtrees.
  for (const { node, by, parent } of walk.toReversed()) {
    const own = nodes.get(node) ?? new Set<string>();
    own.add(node);
    if (by !== undefined && sole.has(by)) below.set(by, own);
    if (parent === undefined) continue;
    const gathered = nodes.get(parent);
    if (gathered === undefined) nodes.set(parent, new Set(own));
    else for (const each of own) gathered.add(each);
  }
  return below;
}

function devicesOf(index: FabricIndex, bridges: readonly string[]): readonly string[] {
  const devices = index.remember(
    bridgeDevices,
    "",
    () => new Map(bridgeTable(index).bridges.map((bridge) => [bridge.name, bridge.devices])),
  );
  return bridges.flatMap((bridge) => devices.get(bridge) ?? []).sort();
}

const bridgeDevices = memoTable<ReadonlyMap<string, readonly string[]>>("devices of a bridge");
