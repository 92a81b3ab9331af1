/**
 * Does a segment reach from one device to another and back, and if not, what is the smallest repair?
 *
 * A shortest path (Dijkstra) over places, in which every setting that is missing costs one: a port that lacks the VLAN, a
 * native VLAN that differs from the other end's, a VLAN database that does not have it. So the cheapest way names the
 * fewest settings to mend. A port that nobody could read costs a little: doubt is better than a certain gap, but it is
 * never taken for proof.
 *
 * What no VLAN setting mends is not on the map: links that are down, links that a tree made for all VLANs closes, hosts as
 * passages. A tree made for this VLAN alone closes only what another way replaces, so its choice does not matter here.
 *
 * A place is a bridge, or one device of an MLAG domain: frames that come in by a group on both members may be at either,
 * and have to cross the peer-link to what hangs on one of them alone.
 *
 * Ties fall to fewer links, then to names: the answer does not depend on the order of the document.
 */
import { assert } from "@trunkline/model";
import type { FabricIndex } from "../fabric-index.ts";
import type { ConfigChange } from "../fix/config-change.ts";
import { limits } from "../limits.ts";
import type { FabricEnd } from "../ports.ts";
import { bridgeTable } from "./bridges.ts";
import { heapOf } from "./heap.ts";
import { knownWay } from "./known-way.ts";
import type { Gap } from "./passage.ts";
import type { ReachMove, ReachPlace } from "./reach-map.ts";
import { databaseGaps, movesFrom, placeAt } from "./reach-map.ts";
import { evenly } from "./spread.ts";
import type { VlanDomain } from "./vlan-domain.ts";
import { domainOfSegment } from "./vlan-domain.ts";

export type { Gap } from "./passage.ts";

export type SegmentReach =
  /** Every port and device on the way carries it. `assumed` are ports whose setting somebody assumed. */
  | { readonly kind: "reached"; readonly path: readonly string[]; readonly assumed: readonly FabricEnd[] }
  | {
      readonly kind: "missing";
      readonly path: readonly string[];
      /** Mend all of them and it reaches, if the unread ports carry it. */
      readonly gaps: readonly Gap[];
      /** Ports on the way that nobody could read, besides. */
      readonly unread: readonly FabricEnd[];
      readonly repair: readonly ConfigChange[];
    }
  | {
      readonly kind: "unknown";
      readonly path: readonly string[];
      readonly unread: readonly FabricEnd[];
      readonly why: string;
    }
  /** No link leads there, as far as the fabric is described, or none that may be changed. */
  | { readonly kind: "disconnected"; readonly why: string };

/** Settings that already carry the segment need no permission. */
export interface ReachOptions {
  /** Ports whose setting may be changed; without it, all. */
  readonly mayChange?: (port: FabricEnd) => boolean;
  /** Devices whose VLAN database may be changed; without it, all. */
  readonly mayDefine?: (device: string) => boolean;
}

/** Costs are whole numbers, so that sums do not depend on their order. A gap outweighs any number of unread ports. */
const costs = { gap: 1_000_000, unread: 1 } as const;

/** `path` lists devices; both members of an MLAG domain where a frame may be at either. */
export function segmentReach(
  index: FabricIndex,
  segment: string,
  from: string,
  to: string,
  options: ReachOptions = {},
): SegmentReach {
  const domain = domainOfSegment(index, segment);
  const stranger = [from, to].find((device) => domain.vlanAt(device) === undefined);
  if (stranger !== undefined) return { kind: "disconnected", why: strangeness(index, segment, stranger) };
  return sureReach(index, segment, from, to) ?? cheapestReach(index, domain, from, to, options);
}

function strangeness(index: FabricIndex, segment: string, device: string): string {
  if (index.device(device) === undefined) return `the fabric has no device ${device}`;
  if (index.segment(segment) === undefined) return `the fabric has no segment ${segment}`;
  return `${segment} does not exist in ${index.siteOf(device) ?? "the site of"}, where ${device} is`;
}

/** Most questions end here: both directions have a way by the tables that paths are made of. */
function sureReach(index: FabricIndex, segment: string, from: string, to: string): SegmentReach | undefined {
  if (from === to) return undefined;
  const there = knownWay(index, segment, from, to, evenly);
  if (there === undefined || knownWay(index, segment, to, from, evenly) === undefined) return undefined;
  const passed = new Set(there.crossings.map((crossing) => crossing.to));
  passed.delete(to);
  return { kind: "reached", path: [from, ...passed, to], assumed: there.assumed };
}

interface Stage {
  readonly place: ReachPlace;
  readonly cost: number;
  readonly length: number;
  /** The links on the way, as one text: the last word between equals. */
  readonly trail: string;
  readonly previous: Stage | undefined;
  readonly gaps: readonly Gap[];
  readonly move: ReachMove | undefined;
}

function cheapestReach(
  index: FabricIndex,
  domain: VlanDomain,
  from: string,
  to: string,
  options: ReachOptions,
): SegmentReach {
  const { bridgeOf } = bridgeTable(index);
  const [start, end] = [bridgeOf(from), bridgeOf(to)];
  if (start === undefined || end === undefined) return { kind: "disconnected", why: "a device is not in the fabric" };
  const goal = placeAt(domain, end, [to]).key;
  const settled = new Set<string>();
  const open = heapOf(isBefore);
  const visit = (place: ReachPlace, previous: Stage | undefined, move: ReachMove | undefined): void => {
    const gaps = move?.gaps ?? databaseGaps(index, place);
    if (settled.has(place.key) || !gaps.every((gap) => isAllowed(gap, options))) return;
    const doubt = (move?.unread.length ?? 0) + (move?.doubts.length ?? 0);
    const cost = (previous?.cost ?? 0) + gaps.length * costs.gap + doubt * costs.unread;
    const length = (previous?.length ?? 0) + 1;
    open.push({
      place,
      cost,
      length,
      trail: `${previous?.trail ?? ""} ${move?.links.join(" ") ?? ""}`,
      previous,
      gaps,
      move,
    });
  };
  visit(placeAt(domain, start, [from]), undefined, undefined);
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    if (settled.has(here.place.key)) continue;
    if (here.place.key === goal) return conclusion(index, domain, here);
    settled.add(here.place.key);
    assert(settled.size <= limits.devicesVisited, "a search for reach visits a bounded number of places");
    for (const move of movesFrom(index, here.place, [from, to])) visit(move.to, here, move);
  }
  const permitted =
    options.mayChange === undefined && options.mayDefine === undefined ? "" : " with what may be changed";
  return {
    kind: "disconnected",
    why: `no link that could carry ${domain.name} leads from ${from} to ${to}${permitted}`,
  };
}

function isAllowed(gap: Gap, { mayChange, mayDefine }: ReachOptions): boolean {
  return gap.kind === "device" ? mayDefine?.(gap.device) !== false : mayChange?.(gap.port) !== false;
}

function isBefore(left: Stage, right: Stage): boolean {
  if (left.cost !== right.cost) return left.cost < right.cost;
  if (left.length !== right.length) return left.length < right.length;
  if (left.place.key !== right.place.key) return left.place.key < right.place.key;
  return left.trail < right.trail;
}

function conclusion(index: FabricIndex, domain: VlanDomain, last: Stage): SegmentReach {
  const stages: Stage[] = [];
  for (let at: Stage | undefined = last; at !== undefined; at = at.previous) stages.unshift(at);
  const path = [...new Set(stages.flatMap(({ place }) => place.devices))];
  const gaps = stages.flatMap((stage) => stage.gaps);
  const unread = stages.flatMap(({ move }) => move?.unread ?? []);
  if (gaps.length > 0) {
    const repair = gaps.map((gap) => changeFor(index, domain, gap));
    return { kind: "missing", path, gaps, unread, repair };
  }
  const doubts = stages.flatMap(({ move }) => move?.doubts ?? []);
  const names = unread.map(({ device, port }) => `${device}/${port}`);
  const [why] = [...names.map(() => `could not be read: ${names.join(", ")}`), ...doubts];
  if (why !== undefined) return { kind: "unknown", path, unread, why };
  return { kind: "reached", path, assumed: stages.flatMap(({ move }) => move?.assumed ?? []) };
}

function changeFor(index: FabricIndex, domain: VlanDomain, gap: Gap): ConfigChange {
  const { vlan } = gap;
  if (gap.kind === "device") {
    const name = domain.segment === undefined ? {} : { name: domain.segment };
    return { kind: "define-vlan", device: gap.device, vlan, ...name };
  }
  const before = index.port(gap.port)?.vlans ?? { kind: "unknown", why: "the fabric does not describe it" };
  return { kind: gap.kind === "port" ? "allow-vlan" : "set-native", port: gap.port, vlan, before };
}
