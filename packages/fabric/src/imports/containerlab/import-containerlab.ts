/**
 * A fabric out of a containerlab topology (containerlab.dev, manual, topology definition), or of the topology-data.json that
 * `containerlab deploy` leaves behind. It says which cables there are and nothing of what runs over them: VLANs, addresses
 * and gateways are inside of the nodes' own configurations, and stay unknown here.
 */
import { emptyFabric } from "../../fabric.ts";
import type { Device, Link, Port } from "../../fabric.ts";
import { importError, noteList, ordered } from "../import-result.ts";
import { soundFabric } from "../sound/sound-fabric.ts";
import type { ImportResult, NoteList } from "../import-result.ts";
import { at, entriesOf, isAbsent, itemsOf, maybeText, sourceOf } from "../source.ts";
import type { Source } from "../source.ts";
import { containerlabKind } from "./kinds.ts";
import { readLink } from "./links.ts";
import type { LabEnd, LabLink } from "./links.ts";

const unread = { kind: "unknown", why: "containerlab describes cables, not VLANs" } as const;

/** @param data parsed YAML or JSON. @throws fabric.import with the path of what is not as containerlab writes it. */
export function importContainerlab(data: unknown): ImportResult {
  const root = sourceOf(data);
  const topology = isAbsent(at(root, "topology")) ? root : at(root, "topology");
  if (isAbsent(at(topology, "nodes"))) throw importError(at(topology, "nodes").path, "is missing");
  const notes = noteList();
  const devices = new Map<string, Device>();
  for (const [name, node] of entriesOf(at(topology, "nodes"))) devices.set(name, deviceOf(name, node, topology, notes));
  const ports = new Map<string, Map<string, Port>>([...devices.keys()].map((name) => [name, new Map<string, Port>()]));
  const links: Link[] = [];
  for (const link of itemsOf(at(topology, "links")).map(readLink)) {
    for (const end of link.ends) addPort(end, link);
    const [a, b] = link.ends.map(({ node, port }) => ({ device: node, port }));
    if (a !== undefined && b !== undefined) links.push({ a, b });
  }
  notes.add("", "containerlab describes cables only: VLANs, addresses, gateways, sites and speeds are to be added");
  const fabric = {
    ...emptyFabric,
    devices: [...devices.values()].map((device) => ({
      ...device,
      ports: [...(ports.get(device.name)?.values() ?? [])],
    })),
    links,
  };
  return { fabric: ordered(soundFabric(fabric, notes)), notes: notes.sorted() };

  function addPort(end: LabEnd, link: LabLink): void {
    if (!devices.has(end.node)) {
      if (!end.isExternal) throw importError(end.path, `names node ${end.node}, which the topology does not have`);
      devices.set(end.node, { name: end.node, kind: "external", ports: [] });
      ports.set(end.node, new Map());
      notes.add(end.path, `leads out of the lab, to ${end.node}`);
    }
    const known = ports.get(end.node);
    if (known?.has(end.port) === true)
      throw importError(end.path, `uses ${end.node}:${end.port}, which has a link already`);
    known?.set(end.port, { name: end.port, vlans: unread, ...(link.mtu === undefined ? {} : { mtu: link.mtu }) });
  }
}

function deviceOf(name: string, node: Source, topology: Source, notes: NoteList): Device {
  const kind = kindOf(node, topology);
  const is = kind === undefined ? undefined : containerlabKind(kind);
  if (kind === undefined)
    notes.add(node.path, "has no kind, and neither has its group nor the defaults; it is taken for a switch");
  else if (is === undefined)
    notes.add(node.path, `is of kind ${kind}, which is not known here; it is taken for a switch`);
  return { name, ports: [], ...(is ?? { kind: "switch" }) };
}

/** A node's own word, then its group's, then the defaults'; a group may come from the defaults as well. */
function kindOf(node: Source, topology: Source): string | undefined {
  const defaults = at(topology, "defaults");
  const own = maybeText(at(node, "kind"));
  if (own !== undefined) return own;
  const group = maybeText(at(node, "group")) ?? maybeText(at(defaults, "group"));
  const groups = at(topology, "groups");
  const ofGroup = group === undefined ? undefined : maybeText(at(at(groups, group), "kind"));
  return ofGroup ?? maybeText(at(defaults, "kind"));
}
