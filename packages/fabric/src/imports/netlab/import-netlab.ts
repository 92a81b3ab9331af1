/**
 * A fabric out of a transformed netlab topology (netlab.tools; facts by its documentation and the expected results of its
 * own tests). Taken are nodes, links, VLANs, addresses, gateways, aggregation groups, VTEPs, spanning tree, bandwidths and
 * impairments. Sites are not in it, and routes that protocols learn at run time are not either.
 */
import { emptyFabric } from "../../fabric.ts";
import { noteList, ordered } from "../import-result.ts";
import { soundFabric } from "../sound/sound-fabric.ts";
import type { ImportResult } from "../import-result.ts";
import { sourceOf } from "../source.ts";
import { cablingOf } from "./cabling.ts";
import { deviceOf, endpointOf, isHost, nodesOf, understoodModules } from "./devices.ts";
import { gatewayTable } from "./gateways.ts";
import { segmentTable } from "./segments.ts";
import { readTopology } from "./read-topology.ts";

/** @param data parsed YAML or JSON. @throws fabric.import with the path of what is not as netlab writes it. */
export function importNetlab(data: unknown): ImportResult {
  const topology = readTopology(sourceOf(data));
  const notes = noteList();
  const segments = segmentTable(topology, notes);
  const cabling = cablingOf(topology, segments, notes);
  const gateways = gatewayTable(topology, cabling, segments, notes);
  const hosts = nodesOf(topology).filter(isHost);
  for (const module of topology.modules)
    if (!understoodModules.has(module))
      notes.add(
        "module",
        `${module} is not imported: what it does at run time, such as routes it learns, is unknown here`,
      );
  notes.add("", "netlab knows no sites; add them where devices stand in more than one");
  const fabric = {
    ...emptyFabric,
    segments: segments.segments,
    devices: [...nodesOf(topology).map((node) => deviceOf(node, cabling, segments)), ...cabling.bridges],
    links: cabling.links,
    gateways: gateways.gateways,
    endpoints: hosts.flatMap((node) => endpointOf(node, cabling, segments, gateways.find) ?? []),
  };
  return { fabric: ordered(soundFabric(fabric, notes)), notes: notes.sorted() };
}
