/**
 * From bridges to devices: which links carry a frame along a chain of hops, in which parts, and what the way adds up to.
 */
import { assert } from "@trunkline/model";
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import type { Tri } from "../fabric.ts";
import { limits } from "../limits.ts";
import type { Crossing, Known } from "../path/way.ts";
import type { FabricEnd } from "../ports.ts";
import type { BundleView } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import { passesBundle } from "./bundle-passage.ts";
import type { Hop } from "./next-hops.ts";
import { underlayWay, vxlanOverheadBytes } from "./overlay.ts";
import type { Spread } from "./spread.ts";
import type { VlanDomain } from "./vlan-domain.ts";

export interface KnownBridgedWay {
  readonly kind: "known";
  /** In the order in which a frame meets them; of several equal ways, by distance, then by link. */
  readonly crossings: readonly Crossing[];
  /** One way, from device to device; the mean where ways of different length share the traffic. */
  readonly latencyUs: Known<number>;
  /** Smallest MTU met, overheads taken off; undefined where no port says. */
  readonly mtu?: number;
  /** "unknown": perhaps it takes other links than these, or rests on what somebody assumed; `doubts` says why. */
  readonly certainty: Tri;
  readonly doubts: readonly string[];
  /** Ports on the way whose setting somebody assumed. */
  readonly assumed: readonly FabricEnd[];
}

/** A link with the part of the traffic that takes it. */
export interface Stretch {
  readonly view: LinkView;
  readonly vlan: number;
  readonly share: number;
  /** Stages from the start. */
  readonly distance: number;
  /** Of the tunnel that the frame travels in there. */
  readonly overheadBytes: number;
}

/** From which device to which, in which VLAN at the start. */
export interface Trip {
  readonly index: FabricIndex;
  readonly domain: VlanDomain;
  readonly from: string;
  readonly to: string;
}

/** Where the frames are within a bridge of several devices: device to part of the traffic. */
export type Spot = ReadonlyMap<string, number>;

interface Walk {
  readonly index: FabricIndex;
  readonly spread: Spread;
  readonly stretches: Stretch[];
  distance: number;
}

/**
 * @param share of the traffic that goes along these hops.
 * @returns undefined where frames get stuck: at a member of an MLAG domain whose peer-link does not carry the VLAN.
 */
export function stretchesOf(
  trip: Trip,
  hops: readonly Hop[],
  share: number,
  spread: Spread,
): readonly Stretch[] | undefined {
  const walk: Walk = { index: trip.index, spread, stretches: [], distance: 0 };
  let { domain } = trip;
  let spot: Spot | undefined = new Map([[trip.from, share]]);
  for (const hop of hops) {
    const exits = hop.kind === "bundle" ? hop.step.view.nearDevices : hop.from.devices;
    spot = gather(walk, domain, spot, exits);
    if (spot === undefined) return undefined;
    spot =
      hop.kind === "bundle"
        ? overBundle(walk, domain, spot, hop.step.view)
        : overOverlay(walk, domain, spot, hop.to.devices);
    if (spot === undefined) return undefined;
    domain = hop.kind === "bundle" ? hop.step.domain : hop.domain;
  }
  return gather(walk, domain, spot, [trip.to]) === undefined ? undefined : walk.stretches;
}

/** Brings the frames to devices of `exits`, over the peer-links of the bridge where they are elsewhere. */
function gather(walk: Walk, domain: VlanDomain, spot: Spot, exits: readonly string[]): Spot | undefined {
  let here = spot;
  if (isAmong(here, exits)) return here;
  const left = peerDistances(walk.index, domain, exits);
  while (!isAmong(here, exits)) {
    walk.distance += 1;
    assert(walk.distance <= limits.devicesVisited, "a way passes a bounded number of devices");
    const next = new Map<string, number>();
    for (const [device, share] of here) {
      const away = left.get(device);
      if (away === undefined) return undefined;
      if (away === 0) addTo(next, device, share);
      const nearer = peerLinks(walk.index, domain, device).filter((view) => left.get(view.far.device) === away - 1);
      if (away > 0) cross(walk, domain, share, nearer, next);
    }
    here = next;
  }
  return here;
}

function isAmong(spot: Spot, exits: readonly string[]): boolean {
  for (const device of spot.keys()) if (!exits.includes(device)) return false;
  return true;
}

function overBundle(walk: Walk, domain: VlanDomain, spot: Spot, { members, nearDevices }: BundleView): Spot {
  walk.distance += 1;
  const next = new Map<string, number>();
  for (const [device, share] of spot) {
    const own = nearDevices.length === 1 ? members : members.filter(({ near }) => near.device === device);
    cross(walk, domain, share, own, next);
  }
  return next;
}

function cross(
  walk: Walk,
  domain: VlanDomain,
  share: number,
  links: readonly LinkView[],
  arrivals: Map<string, number>,
): void {
  const { stretches, distance } = walk;
  walk.spread(links, (view, part) => {
    const vlan = domain.vlanAt(view.near.device) ?? 0;
    stretches.push({ view, vlan, share: share * part, distance, overheadBytes: 0 });
    addTo(arrivals, view.far.device, share * part);
  });
}

function overOverlay(walk: Walk, domain: VlanDomain, spot: Spot, targets: readonly string[]): Spot | undefined {
  const next = new Map<string, number>();
  const begin = walk.distance;
  for (const [device, share] of spot) {
    const way = underlayWay(walk.index, device, targets, walk.spread);
    if (way === undefined) return undefined;
    const isIpv6 = walk.index.device(device)?.vtep?.address.includes(":") === true;
    const overheadBytes = isIpv6 ? vxlanOverheadBytes.ipv6 : vxlanOverheadBytes.ipv4;
    const vlan = domain.vlanAt(device) ?? 0;
    for (const step of way.steps) {
      const distance = begin + 1 + step.distance;
      walk.stretches.push({ view: step.view, vlan, share: share * step.share, distance, overheadBytes });
      walk.distance = Math.max(walk.distance, distance);
    }
    for (const [arrived, part] of way.arrivals) addTo(next, arrived, share * part);
  }
  return next;
}

export function addTo(table: Map<string, number>, key: string, value: number): void {
  table.set(key, (table.get(key) ?? 0) + value);
}

/** Links from the device to others of its bridge that carry the domain for sure. */
export function peerLinks(index: FabricIndex, domain: VlanDomain, device: string): readonly LinkView[] {
  return bridgeTable(index)
    .peerLinksOf(device)
    .filter((view) => passesBundle(index, domain, view) === "yes")
    .flatMap(({ members }) => members);
}

/** Peer-links from each device of the bridge to the nearest of `exits`. */
function peerDistances(index: FabricIndex, domain: VlanDomain, exits: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map(exits.map((device) => [device, 0]));
  for (const [device, distance] of found) {
    assert(found.size <= limits.devicesVisited, "a bridge has a bounded number of devices");
    for (const view of peerLinks(index, domain, device))
      if (!found.has(view.far.device)) found.set(view.far.device, distance + 1);
  }
  return found;
}

/** Adds up what the stretches carry, link by link, and what the way costs. */
export function summed(
  stretches: readonly Stretch[],
  unsure: { readonly doubts: readonly string[]; readonly assumed: readonly FabricEnd[] },
): KnownBridgedWay {
  const mtu = smallestMtu(stretches);
  return {
    kind: "known",
    crossings: crossingsOf(stretches),
    latencyUs: latencyOf(stretches),
    ...(mtu === undefined ? {} : { mtu }),
    certainty: unsure.doubts.length === 0 && unsure.assumed.length === 0 ? "yes" : "unknown",
    ...unsure,
  };
}

export function crossingsOf(stretches: readonly Stretch[]): readonly Crossing[] {
  const placed: Placed[] = [];
  const byView = new Map<LinkView, Placed>();
  for (const { view, vlan, share, distance } of stretches) {
    // Twice in one direction and in two VLANs is a link only where native VLANs are confused, twice over.
    const known = byView.get(view);
    if (known?.crossing.vlan === vlan) {
      known.crossing.share += share;
      // Ways of different length meet: a link comes behind all that leads to it.
      if (distance > known.distance) known.distance = distance;
    } else {
      const { id: link, near, far, isBetweenSites } = view;
      const one = {
        crossing: { link, from: near.device, to: far.device, vlan, share, isBetweenSites },
        distance,
      };
      if (known === undefined) byView.set(view, one);
      placed.push(one);
    }
  }
  return placed.sort(byDistance).map(({ crossing }) => crossing);
}

/** While it is added up. */
interface Placed {
  readonly crossing: { -readonly [Key in keyof Crossing]: Crossing[Key] };
  distance: number;
}

function byDistance(left: Placed, right: Placed): number {
  if (left.distance !== right.distance) return left.distance - right.distance;
  if (left.crossing.link !== right.crossing.link) return left.crossing.link < right.crossing.link ? -1 : 1;
  return left.crossing.from < right.crossing.from ? -1 : 1;
}

function latencyOf(stretches: readonly Stretch[]): Known<number> {
  const silent = stretches.find(({ view }) => view.latencyUs === undefined);
  if (silent !== undefined) return { known: false, why: `the latency of ${silent.view.id} is not described` };
  return { known: true, value: stretches.reduce((sum, { view, share }) => sum + share * (view.latencyUs ?? 0), 0) };
}

function smallestMtu(stretches: readonly Stretch[]): number | undefined {
  let smallest: number | undefined;
  for (const { view, overheadBytes } of stretches) {
    const { nearPort, farPort, link } = view;
    for (const mtu of [nearPort?.mtu, farPort?.mtu]) {
      if (mtu === undefined) continue;
      const left = mtu - overheadBytes - (link.dci?.overheadBytes ?? 0);
      smallest = smallest === undefined ? left : Math.min(smallest, left);
    }
  }
  return smallest;
}
