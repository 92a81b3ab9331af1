/**
 * Over which links does the memory of a move travel? Budgets of links are kept with the answer.
 *
 * The ways are the shortest ones between the virtual switches of the two hosts, counted in links. A tree has one. Where
 * several are equally short, each of their links may carry the move, so all of them are named: too much is spoken for,
 * never too little. Links whose ports are known not to carry the target's migration VLAN are left out; what nobody could
 * read is kept. What cannot be told is a value of its own with the reason, never an empty list of links.
 *
 * Spanning tree may send frames a longer way round than the shortest one; nothing that is read today tells.
 */
import { assert } from "@trunkline/model";
import type { Inventory, InventoryLink, PortRef } from "@trunkline/model";
import { limits } from "./limits.ts";
import { carries } from "./ports.ts";
import type { FabricView, PortVlans } from "./ports.ts";

export type MigrationPath =
  | {
      readonly kind: "known";
      readonly links: readonly PathLink[];
      /** Several ways are equally short: the memory takes one of them, `links` are those of all. */
      readonly isAmbiguous: boolean;
    }
  | { readonly kind: "unknown"; readonly why: string };

export interface PathLink {
  /** `h1/up0--sw1/p-h1`, the same from whichever end the link is described. */
  readonly id: string;
  readonly link: InventoryLink;
  /** The device that sends into it: a link carries both directions at once, so each has a budget of its own. */
  readonly from: string;
}

/** Finds paths in one inventory. Remembers what it worked out, so keep it as long as the inventory stays the same. */
export type PathFinder = (source: string, target: string) => MigrationPath;

interface Hop extends Omit<PathLink, "from"> {
  readonly to: string;
}

/** @param view what the ports carry, where it was read; without it every described link counts. */
export function migrationPath(
  inventory: Inventory,
  view: FabricView | undefined,
  source: string,
  target: string,
): MigrationPath {
  return pathFinder(inventory, view)(source, target);
}

export function pathFinder(inventory: Inventory, view?: FabricView): PathFinder {
  const hosts = new Map<string, Inventory["hosts"][number]>(inventory.hosts.map((host) => [host.name, host]));
  const vlans = portTable(view);
  const hopsByVlan = new Map<number | undefined, ReadonlyMap<string, readonly Hop[]>>();
  const distancesByTarget = new Map<string, ReadonlyMap<string, number>>();
  const pathsByTarget = new Map<string, Map<string, MigrationPath>>();

  return (source, target) =>
    remembered(
      remembered(pathsByTarget, target, () => new Map<string, MigrationPath>()),
      source,
      () => find(source, target),
    );

  function find(source: string, target: string): MigrationPath {
    const why = reasonAgainst(inventory, hosts, source, target);
    if (why !== undefined) return { kind: "unknown", why };
    // Without a view nothing is known of any VLAN, so that all of them share one table.
    const vlan = view === undefined ? undefined : hosts.get(target)?.migration?.vlan;
    const hops = remembered(hopsByVlan, vlan, () => hopTable(inventory.links, vlans, vlan));
    const distances = remembered(distancesByTarget, target, () => distancesTo(target, hops));
    if (!distances.has(source)) {
      const carrying = vlan === undefined ? "" : ` that carries the migration VLAN ${vlan}`;
      return { kind: "unknown", why: `no described way${carrying} leads from ${source} to ${target}` };
    }
    return linksDownhill(source, hops, distances);
  }
}

/** The same text from whichever end the link is described. */
export function linkId({ a, b }: InventoryLink): string {
  return [endText(a), endText(b)].toSorted().join("--");
}

function reasonAgainst(
  inventory: Inventory,
  hosts: ReadonlyMap<string, unknown>,
  source: string,
  target: string,
): string | undefined {
  if (source === target) return `${source} is both ends`;
  const stranger = [source, target].find((name) => !hosts.has(name));
  if (stranger !== undefined) return `the inventory has no host ${stranger}`;
  return inventory.links.length === 0 ? "the inventory describes no links" : undefined;
}

/** Every link on a way on which each step comes one link nearer. */
function linksDownhill(
  source: string,
  hops: ReadonlyMap<string, readonly Hop[]>,
  distances: ReadonlyMap<string, number>,
): MigrationPath {
  const found = new Map<string, PathLink>();
  let isAmbiguous = false;
  let front = new Set([source]);
  for (let left = distances.get(source) ?? 0; left > 0; left -= 1) {
    const next = new Set<string>();
    let choices = 0;
    for (const device of front)
      for (const { id, link, to } of hops.get(device) ?? []) {
        if (distances.get(to) !== left - 1) continue;
        if (!found.has(id)) choices += 1;
        found.set(id, { id, link, from: device });
        next.add(to);
      }
    isAmbiguous ||= choices > 1;
    front = next;
  }
  const links = [...found.values()].toSorted((left, right) => (left.id < right.id ? -1 : 1));
  return { kind: "known", links, isAmbiguous };
}

function distancesTo(target: string, hops: ReadonlyMap<string, readonly Hop[]>): ReadonlyMap<string, number> {
  const distances = new Map([[target, 0]]);
  // A Map is walked in the order of insertion and shows what is added on the way: breadth first.
  for (const [device, distance] of distances) {
    assert(distances.size <= limits.devicesVisited, "a search for a path visits a bounded number of devices");
    for (const { to } of hops.get(device) ?? []) if (!distances.has(to)) distances.set(to, distance + 1);
  }
  return distances;
}

function hopTable(
  links: readonly InventoryLink[],
  vlans: ReadonlyMap<string, PortVlans>,
  vlan: number | undefined,
): ReadonlyMap<string, readonly Hop[]> {
  const table = new Map<string, Hop[]>();
  const isClosed = (end: PortRef): boolean => {
    const carried = vlans.get(endText(end));
    return vlan !== undefined && carried !== undefined && carries(carried, vlan) === "no";
  };
  for (const link of links) {
    if (isClosed(link.a) || isClosed(link.b)) continue;
    const id = linkId(link);
    remembered(table, link.a.device, () => []).push({ id, link, to: link.b.device });
    remembered(table, link.b.device, () => []).push({ id, link, to: link.a.device });
  }
  return table;
}

function portTable(view: FabricView | undefined): ReadonlyMap<string, PortVlans> {
  const table = new Map<string, PortVlans>();
  for (const device of view?.devices ?? [])
    for (const port of device.ports) table.set(endText({ device: device.name, port: port.name }), port.vlans);
  return table;
}

function remembered<Key, Value>(table: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = table.get(key);
  if (known !== undefined) return known;
  const made = make();
  table.set(key, made);
  return made;
}

const endText = (end: PortRef): string => `${end.device}/${end.port}`;
