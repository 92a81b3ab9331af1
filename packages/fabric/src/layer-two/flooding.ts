/**
 * Which links a frame takes that is flooded in a segment: every link of the active topology once, away from where it
 * began. It stops at hosts.
 *
 * Over a link aggregation group one copy goes, by a member that a hash picks, so each has its part. Between the members of
 * an MLAG domain one copy crosses the peer-link. Over an overlay a copy is sent to each other VTEP (head-end replication,
 * RFC 7348, 4.2 allows multicast instead): links of the underlay may then carry more than one.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Link } from "../fabric.ts";
import type { Crossing } from "../path/way.ts";
import type { Bridge, BundleView } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import type { Step } from "./layer.ts";
import { stepsFrom } from "./layer.ts";
import type { OverlayMember } from "./overlay.ts";
import { overlayTable, underlayWay, vxlanOverheadBytes } from "./overlay.ts";
import { evenly } from "./spread.ts";
import type { Spot, Stretch } from "./stretches.ts";
import { addTo, crossingsOf, peerLinks } from "./stretches.ts";
import type { VlanDomain } from "./vlan-domain.ts";
import { domainOfSegment } from "./vlan-domain.ts";

/**
 * An unknown unicast goes where nobody has learned its destination, but not over interconnects that do not flood such
 * frames, as OTV; a broadcast, such as the announcement of a moved VM, goes everywhere.
 */
export type FloodedFrame = "unknown-unicast" | "broadcast";

/** A bridge that a copy comes to. */
interface Copy {
  readonly domain: VlanDomain;
  readonly bridge: Bridge;
  /** At which of its devices how much of the traffic arrives. */
  readonly spot: Spot;
  /** Devices that have it after peer-links were crossed. */
  readonly present: ReadonlySet<string>;
  readonly arrivedBy: BundleView["bundle"] | undefined;
  readonly distance: number;
}

/** In the order in which copies travel; from a host with several uplinks, each has an equal part. */
export function floodedCrossings(
  index: FabricIndex,
  segment: string,
  from: string,
  frame: FloodedFrame = "unknown-unicast",
): readonly Crossing[] {
  const domain = domainOfSegment(index, segment);
  const bridge = bridgeTable(index).bridgeOf(from);
  if (bridge === undefined || domain.vlanAt(from) === undefined) return [];
  const spot = new Map([[from, 1]]);
  const start: Copy = { domain, bridge, spot, present: new Set([from]), arrivedBy: undefined, distance: 0 };
  const stretches: Stretch[] = [];
  if (bridge.isForwarding || isVtep(index, start)) flood(index, start, frame, stretches);
  else {
    evenly(openSteps(index, start, frame), (step, part) => {
      const arrived = overStep({ ...start, spot: new Map([[from, part]]) }, step, stretches);
      if (arrived?.bridge.isForwarding === true) flood(index, arrived, frame, stretches);
    });
  }
  return crossingsOf(stretches);
}

function flood(index: FabricIndex, start: Copy, frame: FloodedFrame, stretches: Stretch[]): void {
  const visited = new Set<string>();
  const copies: Copy[] = [start];
  // The list grows while it is walked, by each device of the segment at most once.
  for (const arrived of copies) {
    if ([...arrived.spot.keys()].every((device) => visited.has(visitKey(arrived.domain, device)))) continue;
    const copy = amongPeers(index, arrived, stretches);
    for (const device of copy.present) visited.add(visitKey(copy.domain, device));
    const next = openSteps(index, copy, frame)
      .filter(({ view, domain }) => !view.farDevices.every((device) => visited.has(visitKey(domain, device))))
      .flatMap((step) => overStep(copy, step, stretches) ?? []);
    // A copy ends at a host, but a host with two uplinks gets one by each.
    for (const one of [...next, ...overOverlays(index, copy, visited, stretches)])
      if (one.bridge.isForwarding) copies.push(one);
  }
}

const visitKey = (domain: VlanDomain, place: string): string => `${domain.key}\n${place}`;

/** A host that is a VTEP of the segment sends its frames into the tunnel, whatever its uplinks trunk. */
const isVtep = (index: FabricIndex, { domain, bridge }: Copy): boolean =>
  overlayTable(index, domain).membershipsOf(bridge).length > 0;

function openSteps(index: FabricIndex, copy: Copy, frame: FloodedFrame): readonly Step[] {
  const { domain, bridge, arrivedBy } = copy;
  if (!bridge.isForwarding && isVtep(index, copy)) return [];
  return stepsFrom(index, domain, bridge).filter(
    ({ view, carries }) =>
      carries === "yes" &&
      view.bundle !== arrivedBy &&
      (frame === "broadcast" || view.members.every(({ link }) => floodsUnknown(link))),
  );
}

/** OTV does not by nature; of others it has to be said. */
function floodsUnknown({ dci }: Link): boolean {
  return dci?.floodsUnknownUnicast !== "no" && (dci?.technology !== "otv" || dci.floodsUnknownUnicast === "yes");
}

/** @returns undefined where no device that has a copy has a link of the bundle. */
function overStep(copy: Copy, { view, domain }: Step, stretches: Stretch[]): Copy | undefined {
  const distance = copy.distance + 1;
  const spot = new Map<string, number>();
  for (const [device, share] of leaving(copy, view.nearDevices)) {
    const members = view.members.filter(({ near }) => near.device === device);
    evenly(members, (member, part) => {
      const vlan = copy.domain.vlanAt(device) ?? 0;
      stretches.push({ view: member, vlan, share: share * part, distance, overheadBytes: 0 });
      addTo(spot, member.far.device, share * part);
    });
  }
  if (spot.size === 0) return undefined;
  return { domain, bridge: view.far, spot, present: new Set(spot.keys()), arrivedBy: view.bundle, distance };
}

/** What arrived at a member that is no exit leaves by those to which the peer-link brought it. */
function leaving({ spot, present }: Copy, exits: readonly string[]): Spot {
  const parts = new Map<string, number>();
  const reached = exits.filter((device) => present.has(device));
  for (const [device, share] of spot)
    if (exits.includes(device)) addTo(parts, device, share);
    else for (const exit of reached) addTo(parts, exit, share / reached.length);
  return parts;
}

/** One copy for each other member of an MLAG domain, over links between them. */
function amongPeers(index: FabricIndex, copy: Copy, stretches: Stretch[]): Copy {
  if (copy.bridge.devices.length < 2) return copy;
  const present = new Set(copy.spot.keys());
  let { distance } = copy;
  for (const [start, share] of copy.spot) {
    const seen = new Set([start]);
    for (const device of seen) {
      const peers = peerLinks(index, copy.domain, device);
      for (const far of new Set(peers.map((view) => view.far.device))) {
        if (seen.has(far)) continue;
        seen.add(far);
        present.add(far);
        distance = copy.distance + 1;
        const links = peers.filter((view) => view.far.device === far);
        const vlan = copy.domain.vlanAt(device) ?? 0;
        for (const view of links)
          stretches.push({ view, vlan, share: share / links.length, distance, overheadBytes: 0 });
      }
    }
  }
  return { ...copy, present, distance };
}

function overOverlays(index: FabricIndex, copy: Copy, visited: Set<string>, stretches: Stretch[]): readonly Copy[] {
  return overlayTable(index, copy.domain)
    .membershipsOf(copy.bridge)
    .flatMap(({ overlay, member }) => {
      const key = visitKey(copy.domain, overlay.name);
      const sources = leaving(copy, member.devices);
      if (visited.has(key) || sources.size === 0) return [];
      visited.add(key);
      return overlay.members
        .filter(({ bridge }) => bridge !== copy.bridge)
        .map((other) => toVtep(index, copy, sources, other, stretches));
    });
}

function toVtep(index: FabricIndex, copy: Copy, sources: Spot, target: OverlayMember, stretches: Stretch[]): Copy {
  const { domain } = copy;
  const spot = new Map<string, number>();
  let { distance } = copy;
  for (const [source, share] of sources) {
    const way = underlayWay(index, source, target.devices, evenly);
    const isIpv6 = index.device(source)?.vtep?.address.includes(":") === true;
    const overheadBytes = isIpv6 ? vxlanOverheadBytes.ipv6 : vxlanOverheadBytes.ipv4;
    for (const step of way?.steps ?? []) {
      const at = copy.distance + 1 + step.distance;
      distance = Math.max(distance, at);
      const vlan = domain.vlanAt(source) ?? 0;
      stretches.push({ view: step.view, vlan, share: share * step.share, distance: at, overheadBytes });
    }
    for (const [arrived, part] of way?.arrivals ?? []) addTo(spot, arrived, share * part);
  }
  return { domain, bridge: target.bridge, spot, present: new Set(spot.keys()), arrivedBy: undefined, distance };
}
