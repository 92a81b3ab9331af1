/**
 * Links that are the only way from some devices to the rest of their segment. Links that spanning tree holds back count
 * as a second way: they open when the first one fails. So do the members of one link aggregation group.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { bridgeTable } from "../layer-two/bridges.ts";
import type { CarryEdge } from "./carry-graph.ts";
import { bridgeName, carryGraph, incidence, soleEdges } from "./carry-graph.ts";
import { segmentMembers } from "./members.ts";

/** By linkId(): the devices that lose the rest of the segment when the link fails. */
export type SoleWays = ReadonlyMap<string, readonly string[]>;

const tables = memoTable<SoleWays>("links that are the only way");

export function soleWays(index: FabricIndex, segment: string): SoleWays {
  return index.remember(tables, segment, () => findSoleWays(index, segment));
}

const byDevice = memoTable<ReadonlyMap<string, readonly string[]>>("links that a device hangs on");

/** The links that are each the only way from the device to the rest of the segment, sorted. */
export function soleLinksOf(index: FabricIndex, segment: string, device: string): readonly string[] {
  return (
    index
      .remember(byDevice, segment, () => {
        const table = new Map<string, string[]>();
        for (const [link, devices] of soleWays(index, segment))
          for (const each of devices) {
            const links = table.get(each);
            if (links === undefined) table.set(each, [link]);
            else links.push(link);
          }
        return table;
      })
      .get(device) ?? []
  ).toSorted();
}

function findSoleWays(index: FabricIndex, segment: string): SoleWays {
  const graph = carryGraph(index, segment);
  const sole = new Set(soleEdges(graph).filter(({ links }) => links.length === 1));
  const incident = incidence(graph);
  const weights = memberWeights(index, segment);
  const found = new Map<string, readonly string[]>();
  const seen = new Set<string>();
  for (const start of [...incident.keys()].sort()) {
    if (seen.has(start)) continue;
    const walk = depthFirst(incident, start);
    for (const { node } of walk) seen.add(node);
    // The devices below an edge of the walk are one side of it, all others of the component the other.
    const below = sidesBelow(walk, sole, weights);
    const total = walk.reduce((sum, { node }) => sum + (weights.get(node) ?? 0), 0);
    for (const [edge, { nodes, weight }] of below) {
      if (weight === 0 || weight === total) continue;
      // The lighter side is the one that is cut off; its members are told.
      const isBelow = weight * 2 <= total;
      const all = walk.map(({ node }) => node);
      const within = new Set(nodes);
      const cutOff = isBelow ? nodes : all.filter((node) => !within.has(node));
      found.set(edge.links[0] ?? "", devicesOf(index, cutOff));
    }
  }
  return found;
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

interface Visit {
  readonly node: string;
  readonly by: CarryEdge | undefined;
  readonly parent: string | undefined;
}

/** In the order of arrival; with a stack of its own, for chains of thousands of devices. */
function depthFirst(incident: ReadonlyMap<string, readonly CarryEdge[]>, start: string): readonly Visit[] {
  const seen = new Set([start]);
  const visits: Visit[] = [];
  const stack: Visit[] = [{ node: start, by: undefined, parent: undefined }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { node } = visit;
    visits.push(visit);
    for (const edge of incident.get(node) ?? []) {
      const far = edge.a === node ? edge.b : edge.a;
      if (seen.has(far)) continue;
      seen.add(far);
      stack.push({ node: far, by: edge, parent: node });
    }
  }
  return visits;
}

interface Side {
  readonly nodes: readonly string[];
  readonly weight: number;
}

function sidesBelow(
  walk: readonly Visit[],
  sole: ReadonlySet<CarryEdge>,
  weights: ReadonlyMap<string, number>,
): ReadonlyMap<CarryEdge, Side> {
  const below = new Map<CarryEdge, Side>();
  const nodes = new Map<string, string[]>();
  const sums = new Map<string, number>();
  // Children arrive after their parents, so that walking back sums up whole subtrees.
  for (const { node, by, parent } of walk.toReversed()) {
    const own = [node, ...(nodes.get(node) ?? [])];
    const weight = (weights.get(node) ?? 0) + (sums.get(node) ?? 0);
    if (by !== undefined && sole.has(by)) below.set(by, { nodes: own, weight });
    if (parent === undefined) continue;
    sums.set(parent, (sums.get(parent) ?? 0) + weight);
    const list = nodes.get(parent);
    if (list === undefined) nodes.set(parent, own);
    else for (const each of own) list.push(each);
  }
  return below;
}

function devicesOf(index: FabricIndex, bridges: readonly string[]): readonly string[] {
  const byName = index.remember(
    bridgeDevices,
    "",
    () => new Map(bridgeTable(index).bridges.map(({ name, devices }) => [name, devices])),
  );
  return bridges.flatMap((bridge) => byName.get(bridge) ?? [bridge]).sort();
}

const bridgeDevices = memoTable<ReadonlyMap<string, readonly string[]>>("devices of a bridge");
