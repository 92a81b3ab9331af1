/**
 * Links out of NetBox's cables. Between two interfaces may lie patch panels: a cable into a front port goes on at the rear
 * port behind it and the other way round, and a rear port of several positions keeps in mind which one it was. Circuits are
 * followed from one termination to the other where the export has them.
 */
import type { Link } from "../../fabric.ts";
import { limits } from "../../limits.ts";
import { linkId } from "../../migration-path.ts";
import type { NoteList } from "../import-result.ts";
import { at, isAbsent, itemsOf, maybeNumber, maybeText, numberOf, textOf } from "../source.ts";
import type { Source } from "../source.ts";
import type { DeviceTable, NetboxInterface } from "./netbox-devices.ts";
import { choiceOf, idOf } from "./netbox-export.ts";
import type { NetboxExport } from "./netbox-export.ts";

interface Termination {
  /** `dcim.interface`, `dcim.frontport`, `dcim.rearport`, `circuits.circuittermination`, … */
  readonly type: string;
  readonly id: number;
}

interface Hop {
  readonly far: Termination;
  readonly isUp: boolean;
}

/** What lies behind a termination: the other side of a panel or circuit, or why nobody can tell. */
type Behind = { readonly next: Termination } | { readonly why: string };

const keyOf = ({ type, id }: Termination): string => `${type}:${id}`;

export function linksOf(netbox: NetboxExport, devices: DeviceTable, notes: NoteList): readonly Link[] {
  const hops = hopTable(netbox, notes);
  const panels = panelTable(netbox, notes);
  const circuits = circuitTable(netbox);
  const links = new Map<string, Link>();
  for (const port of netbox.list("dcim/interfaces")) {
    const start = devices.interfaceAt(numberOf(at(port, "id")));
    if (start?.isPort !== true) continue;
    const link = follow(start, { type: "dcim.interface", id: numberOf(at(port, "id")) });
    if (link !== undefined && !links.has(linkId(link))) links.set(linkId(link), link);
  }
  return [...links.values()];

  function follow(start: NetboxInterface, from: Termination): Link | undefined {
    const positions: number[] = [];
    let isUp = true;
    let isLeased = false;
    let here = from;
    for (let count = 0; count < limits.patchedCables; count += 1) {
      const hop = hops.get(keyOf(here));
      if (hop === undefined) return ended(start, here, from, "is not connected any further");
      isUp &&= hop.isUp;
      if (hop.far.type === "dcim.interface") {
        const end = devices.interfaceAt(hop.far.id);
        if (end?.isPort !== true) return ended(start, hop.far, from, "is no port that was imported");
        return linkOf(start, end, isUp, isLeased);
      }
      isLeased ||= hop.far.type === "circuits.circuittermination";
      const behind = behindOf(hop.far, positions);
      if ("why" in behind) return ended(start, hop.far, from, behind.why);
      here = behind.next;
    }
    return ended(start, here, from, `is more than ${limits.patchedCables} cables away`);
  }

  function behindOf(termination: Termination, positions: number[]): Behind {
    switch (termination.type) {
      case "dcim.frontport":
        return panels.rearOf(termination.id, positions);
      case "dcim.rearport":
        return panels.frontOf(termination.id, positions);
      case "circuits.circuittermination":
        return circuits.get(termination.id) ?? { why: "is a circuit whose other end the export lacks" };
      default:
        return { why: "is nothing that frames pass through" };
    }
  }

  /** An interface without a cable is no news; a cable that leads nowhere is. */
  function ended(start: NetboxInterface, where: Termination, from: Termination, why: string): undefined {
    if (where !== from)
      notes.add(start.source.path, `has a cable, but ${where.type} ${where.id} ${why}; no link was made`);
    return undefined;
  }
}

function linkOf(start: NetboxInterface, end: NetboxInterface, isUp: boolean, isLeased: boolean): Link {
  const rates = [start.rateBps, end.rateBps].flatMap((rate) => rate ?? []);
  return {
    a: { device: start.device, port: start.name },
    b: { device: end.device, port: end.name },
    ...(isLeased ? { kind: "dci" as const } : {}),
    ...(rates.length === 0 ? {} : { capacityBps: Math.min(...rates) }),
    ...(isUp ? {} : { isUp: false }),
  };
}

/** Where each end of each cable leads. Cables of several ends at a side are breakouts, which only a profile could resolve. */
function hopTable(netbox: NetboxExport, notes: NoteList): ReadonlyMap<string, Hop> {
  const hops = new Map<string, Hop>();
  for (const cable of netbox.list("dcim/cables")) {
    const [a, b] = [terminationsOf(cable, "a"), terminationsOf(cable, "b")];
    const [first] = a;
    const [second] = b;
    if (first === undefined || second === undefined || a.length > 1 || b.length > 1) {
      notes.add(cable.path, `has ${a.length} and ${b.length} ends: which leads to which is unknown; left out`);
      continue;
    }
    const isUp = choiceOf(at(cable, "status")) !== "planned";
    hops.set(keyOf(first), { far: second, isUp });
    hops.set(keyOf(second), { far: first, isUp });
  }
  return hops;
}

/** Lists since release 3.3, single fields before. */
function terminationsOf(cable: Source, side: "a" | "b"): readonly Termination[] {
  const list = at(cable, `${side}_terminations`);
  if (!isAbsent(list))
    return itemsOf(list).map((end) => ({ type: textOf(at(end, "object_type")), id: numberOf(at(end, "object_id")) }));
  const type = maybeText(at(cable, `termination_${side}_type`));
  const id = maybeNumber(at(cable, `termination_${side}_id`));
  return type === undefined || id === undefined ? [] : [{ type, id }];
}

interface PanelTable {
  readonly rearOf: (front: number, positions: number[]) => Behind;
  readonly frontOf: (rear: number, positions: number[]) => Behind;
}

/** Front ports name their rear port and position; since release 4.5 in a list of mappings, of which one is understood here. */
function panelTable(netbox: NetboxExport, notes: NoteList): PanelTable {
  const rearOfFront = new Map<number, { readonly rear: number; readonly position: number }>();
  const frontOfRear = new Map<string, number>();
  const positionsOfRear = new Map<number, number>();
  for (const rear of netbox.list("dcim/rear-ports"))
    positionsOfRear.set(numberOf(at(rear, "id")), maybeNumber(at(rear, "positions")) ?? 1);
  for (const front of netbox.list("dcim/front-ports")) {
    const mappings = itemsOf(at(front, "rear_ports"));
    const mapping = mappings.length === 0 ? front : mappings[0];
    if (mappings.length > 1) notes.add(front.path, "is split over several rear positions; left out");
    const rear = mapping === undefined ? undefined : idOf(at(mapping, "rear_port"));
    if (mapping === undefined || rear === undefined || mappings.length > 1) continue;
    const position = maybeNumber(at(mapping, "rear_port_position")) ?? 1;
    const id = numberOf(at(front, "id"));
    rearOfFront.set(id, { rear, position });
    frontOfRear.set(`${rear}:${position}`, id);
  }
  return {
    rearOf: (front, positions) => {
      const behind = rearOfFront.get(front);
      if (behind === undefined) return { why: "is a front port whose rear port the export lacks" };
      if ((positionsOfRear.get(behind.rear) ?? 1) > 1) positions.push(behind.position);
      return { next: { type: "dcim.rearport", id: behind.rear } };
    },
    frontOf: (rear, positions) => {
      const position = (positionsOfRear.get(rear) ?? 1) > 1 ? positions.pop() : 1;
      if (position === undefined) return { why: "is a rear port of several positions, and nothing tells which one" };
      const front = frontOfRear.get(`${rear}:${position}`);
      if (front === undefined) return { why: `is a rear port without a front port at position ${position}` };
      return { next: { type: "dcim.frontport", id: front } };
    },
  };
}

/** The two terminations of a circuit, each leading to the other. */
function circuitTable(netbox: NetboxExport): ReadonlyMap<number, { readonly next: Termination }> {
  const ends = new Map<number, number[]>();
  for (const termination of netbox.list("circuits/circuit-terminations")) {
    const circuit = idOf(at(termination, "circuit"));
    if (circuit !== undefined) ends.set(circuit, [...(ends.get(circuit) ?? []), numberOf(at(termination, "id"))]);
  }
  const others = new Map<number, { readonly next: Termination }>();
  for (const [first, second] of ends.values()) {
    if (first === undefined || second === undefined) continue;
    others.set(first, { next: { type: "circuits.circuittermination", id: second } });
    others.set(second, { next: { type: "circuits.circuittermination", id: first } });
  }
  return others;
}
