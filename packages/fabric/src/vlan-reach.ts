/**
 * Does a VLAN reach from one device to another, and if not, what is the smallest repair?
 *
 * The search is a shortest path over devices in which a link costs one for every end that does not carry the VLAN, so
 * the cheapest path names the fewest ports to mend. Ends that nobody could read cost a little less than a missing one:
 * an unknown port is preferred to a certain gap, but never mistaken for proof. Ties fall to the names of devices and ports, so
 * the answer does not depend on the order of the document.
 */
import { assert } from "@trunkline/model";
import { heapOf } from "./layer-two/heap.ts";
import { limits } from "./limits.ts";
import { carries } from "./ports.ts";
import type { FabricEnd, FabricPort, FabricView } from "./ports.ts";

export type VlanReach =
  /** Every port on `path` carries the VLAN. */
  | { readonly kind: "reached"; readonly path: readonly string[] }
  /** `gaps` are the ports that do not carry it: mend all of them and it reaches. `unread` could not be asked. */
  | {
      readonly kind: "missing";
      readonly path: readonly string[];
      readonly gaps: readonly FabricEnd[];
      readonly unread: readonly FabricEnd[];
    }
  | { readonly kind: "unknown"; readonly path: readonly string[]; readonly unread: readonly FabricEnd[] }
  /** No link leads there, as far as the fabric is described. */
  | { readonly kind: "disconnected" };

interface Step {
  readonly device: string;
  readonly cost: number;
  readonly hops: number;
  /** The ports on the way, as one text: the last word between equals. */
  readonly trail: string;
  readonly previous: Step | undefined;
  readonly gaps: readonly FabricEnd[];
  readonly unread: readonly FabricEnd[];
}

/** What an unread port costs, in missing ports. Below 1: doubt is better than a certain gap. */
const unreadCost = 0.001;

export function vlanReach(view: FabricView, vlan: number, from: string, to: string): VlanReach {
  const ports = portTable(view);
  const neighbours = neighbourTable(view);
  const settled = new Set<string>();
  const open = heapOf(isBefore);
  open.push({ device: from, cost: 0, hops: 0, trail: "", previous: undefined, gaps: [], unread: [] });

  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    if (settled.has(here.device)) continue;
    settled.add(here.device);
    assert(settled.size <= limits.devicesVisited, "a VLAN search visits a bounded number of devices");
    if (here.device === to) return conclusion(here);

    for (const hop of neighbours.get(here.device) ?? []) {
      if (settled.has(hop.far.device)) continue;
      const gaps: FabricEnd[] = [];
      const unread: FabricEnd[] = [];
      for (const end of [hop.near, hop.far]) {
        const port = ports.get(key(end));
        const verdict = port === undefined ? "unknown" : carries(port.vlans, vlan);
        if (verdict === "no") gaps.push(end);
        if (verdict === "unknown") unread.push(end);
      }
      open.push({
        device: hop.far.device,
        cost: here.cost + gaps.length + unread.length * unreadCost,
        hops: here.hops + 1,
        trail: `${here.trail} ${hop.near.port} ${key(hop.far)}`,
        previous: here,
        gaps: [...here.gaps, ...gaps],
        unread: [...here.unread, ...unread],
      });
    }
  }
  return { kind: "disconnected" };
}

/**
 * The command that lets `vlan` through at `end`, for the kind of switch we can speak to, and takes nothing away. An
 * access port keeps its VLAN untagged (ovs-vswitchd.conf.db(5): a native-untagged port always trunks its native VLAN).
 */
export function repairCommand(view: FabricView, end: FabricEnd, vlan: number): string {
  const device = view.devices.find((candidate) => candidate.name === end.device);
  const port = device?.ports.find((candidate) => candidate.name === end.port);
  const database = device?.ovsdb === undefined ? "" : ` --db=${device.ovsdb}`;
  if (port?.vlans.kind === "access")
    return `ovs-vsctl${database} set port ${end.port} vlan_mode=native-untagged trunks=${vlan}`;
  return `ovs-vsctl${database} add port ${end.port} trunks ${vlan}`;
}

function conclusion(step: Step): VlanReach {
  const path: string[] = [];
  for (let at: Step | undefined = step; at !== undefined; at = at.previous) path.unshift(at.device);
  if (step.gaps.length > 0) return { kind: "missing", path, gaps: step.gaps, unread: step.unread };
  if (step.unread.length > 0) return { kind: "unknown", path, unread: step.unread };
  return { kind: "reached", path };
}

function isBefore(left: Step, right: Step): boolean {
  if (left.cost !== right.cost) return left.cost < right.cost;
  if (left.hops !== right.hops) return left.hops < right.hops;
  if (left.device !== right.device) return left.device < right.device;
  return left.trail < right.trail;
}

const key = (end: FabricEnd): string => `${end.device}\u0000${end.port}`;

function portTable(view: FabricView): Map<string, FabricPort> {
  const table = new Map<string, FabricPort>();
  for (const device of view.devices)
    for (const port of device.ports) table.set(key({ device: device.name, port: port.name }), port);
  return table;
}

function neighbourTable(view: FabricView): Map<string, { near: FabricEnd; far: FabricEnd }[]> {
  const table = new Map<string, { near: FabricEnd; far: FabricEnd }[]>();
  const add = (near: FabricEnd, far: FabricEnd): void => {
    const list = table.get(near.device) ?? [];
    list.push({ near, far });
    table.set(near.device, list);
  };
  for (const link of view.links) {
    add(link.a, link.b);
    add(link.b, link.a);
  }
  return table;
}
