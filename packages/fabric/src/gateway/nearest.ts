/**
 * Which of several devices does a frame meet first, when it is bridged from `from` over links that let frames of the
 * gateway's MAC address pass? Distance is counted in links. Devices that are equally near are all answered: an MLAG pair
 * takes the frame by hash.
 */
import { assert } from "@trunkline/model";
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Gateway } from "../fabric.ts";
import { bridgeTable } from "../layer-two/bridges.ts";
import type { TopologyEdge } from "../layer-two/segment-topology.ts";
import { segmentTopology } from "../layer-two/segment-topology.ts";
import { limits } from "../limits.ts";
import { dropsFrame } from "./frame-reach.ts";

type EdgesByDevice = ReadonlyMap<string, readonly TopologyEdge[]>;

const edgeTables = memoTable<EdgesByDevice>("edges of a segment by device");

/** @returns sorted; nothing when none of `targets` is in reach. */
export function nearestOf(
  index: FabricIndex,
  gateway: Gateway,
  from: string,
  targets: readonly string[],
  guess: "sure" | "possible",
): readonly string[] {
  const wanted = new Set(targets);
  if (wanted.has(from)) return [from];
  const edges = index.remember(edgeTables, gateway.segment, () => edgesByDevice(index, gateway.segment));
  const { bridgeOf } = bridgeTable(index);
  const seen = new Set([from]);
  let front: readonly string[] = [from];
  while (front.length > 0) {
    const next = new Set(
      front
        .flatMap((device) => farDevices(index, gateway, device, edges.get(device) ?? [], guess))
        .filter((device) => !seen.has(device)),
    );
    const found = [...next].filter((device) => wanted.has(device));
    if (found.length > 0) return found.toSorted();
    for (const device of next) seen.add(device);
    assert(seen.size <= limits.devicesVisited, "a search for the nearest gateway visits a bounded number of devices");
    front = [...next].filter((device) => bridgeOf(device)?.isForwarding === true);
  }
  return [];
}

function farDevices(
  index: FabricIndex,
  gateway: Gateway,
  device: string,
  edges: readonly TopologyEdge[],
  guess: "sure" | "possible",
): readonly string[] {
  return edges.flatMap((edge) => {
    const drops = dropsFrame(index, gateway, "virtualMac", edge);
    if (drops === "yes" || (guess === "sure" && (drops === "unknown" || edge.carries === "unknown"))) return [];
    return edge.a.includes(device) ? edge.b : edge.a;
  });
}

function edgesByDevice(index: FabricIndex, segment: string): EdgesByDevice {
  const table = new Map<string, TopologyEdge[]>();
  for (const edge of segmentTopology(index, segment).edges)
    // An overlay has an edge from each of its members.
    for (const device of edge.kind === "overlay" ? edge.a : [...edge.a, ...edge.b]) {
      const known = table.get(device);
      if (known === undefined) table.set(device, [edge]);
      else known.push(edge);
    }
  return table;
}
