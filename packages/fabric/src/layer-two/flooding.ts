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

/** A bridge that a copy comes to: how much of the traffic is at which of its devices. */
interface Copy {
  readonly domain: VlanDomain;
  readonly bridge: Bridge;
  readonly spot: Spot;
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
  const start: Copy = { domain, bridge, spot: new Map([[from, 1]]), arrivedBy: undefined, distance: 0 };
  const stretches: Stretch[] = [];
  if (bridge.isForwarding || isVtep(index, start)) flood(index, start, frame, stretches);
  else {
    for (const { option, part } of evenly(openSteps(index, start, frame))) {
      const arrived = overStep({ ...start, spot: new Map([[from, part]]) }, option, stretches);
      if (option.view.far.isForwarding) flood(index, arrived, frame, stretches);
    }
  }
  return crossingsOf(stretches);
}

function flood(index: FabricIndex, start: Copy, frame: FloodedFrame, stretches: Stretch[]): void {
  const visited = new Set([placeKey(start)]);
  const copies: Copy[] = [start];
  // The list grows while it is walked, by each bridge of the segment at most once.
  for (const copy of copies) {
    const everywhere = amongPeers(index, copy, stretches);
    const next = openSteps(index, everywhere, frame)
      .filter(({ view, domain }) => !visited.has(placeKey({ domain, bridge: view.far })))
      .map((step) => overStep(everywhere, step, stretches));
    for (const arrived of [...next, ...overOverlays(index, everywhere, visited, stretches)]) {
      // A copy ends at a host, but a host with two uplinks gets one by each.
      if (!arrived.bridge.isForwarding || visited.has(placeKey(arrived))) continue;
      copies.push(arrived);
      visited.add(placeKey(arrived));
    }
  }
}

const placeKey = ({ domain, bridge }: Pick<Copy, "domain" | "bridge">): string => `${domain.key}\n${bridge.name}`;

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

function overStep(copy: Copy, { view, domain }: Step, stretches: Stretch[]): Copy {
  const distance = copy.distance + 1;
  const spot = new Map<string, number>();
  const onMembers = [...copy.spot].filter(([device]) => view.nearDevices.includes(device));
  const elsewhere = [...copy.spot].filter(([device]) => !view.nearDevices.includes(device));
  // What is at a member without a link of the bundle comes over the peer-link to those that have one.
  const detour = elsewhere.reduce((sum, [, share]) => sum + share, 0);
  const leaving = new Map(onMembers);
  for (const device of view.nearDevices) if (detour > 0) addTo(leaving, device, detour / view.nearDevices.length);
  for (const [device, share] of leaving) {
    const members = view.members.filter(({ near }) => near.device === device);
    for (const { option, part } of evenly(members)) {
      const vlan = copy.domain.vlanAt(device) ?? 0;
      stretches.push({ view: option, vlan, share: share * part, distance, overheadBytes: 0 });
      addTo(spot, option.far.device, share * part);
    }
  }
  return { domain, bridge: view.far, spot, arrivedBy: view.bundle, distance };
}

/** One copy for each other member of an MLAG domain, over links between them. */
function amongPeers(index: FabricIndex, copy: Copy, stretches: Stretch[]): Copy {
  if (copy.bridge.devices.length < 2) return copy;
  let distance = copy.distance;
  for (const [start, share] of copy.spot) {
    const seen = new Set([start]);
    for (const device of seen) {
      for (const far of new Set(peerLinks(index, copy.domain, device).map(({ view }) => view.far.device))) {
        if (seen.has(far)) continue;
        seen.add(far);
        distance = copy.distance + 1;
        const links = peerLinks(index, copy.domain, device).filter(({ view }) => view.far.device === far);
        for (const { option, part } of evenly(links)) {
          const vlan = copy.domain.vlanAt(device) ?? 0;
          stretches.push({ view: option.view, vlan, share: share * part, distance, overheadBytes: 0 });
        }
      }
    }
  }
  return { ...copy, distance };
}

function overOverlays(index: FabricIndex, copy: Copy, visited: Set<string>, stretches: Stretch[]): readonly Copy[] {
  return overlayTable(index, copy.domain)
    .membershipsOf(copy.bridge)
    .flatMap(({ overlay, member }) => {
      const key = `${copy.domain.key}\n${overlay.name}`;
      if (visited.has(key)) return [];
      visited.add(key);
      return overlay.members
        .filter(({ bridge }) => bridge !== copy.bridge)
        .map((other) => toVtep(index, copy, member.devices, other, stretches));
    });
}

function toVtep(
  index: FabricIndex,
  copy: Copy,
  sources: readonly string[],
  target: OverlayMember,
  stretches: Stretch[],
): Copy {
  const spot = new Map<string, number>();
  let farthest = copy.distance;
  for (const [device, share] of copy.spot) {
    const source = sources.includes(device) ? device : (sources[0] ?? device);
    const way = underlayWay(index, source, target.devices, evenly);
    const isIpv6 = index.device(source)?.vtep?.address.includes(":") === true;
    const overheadBytes = isIpv6 ? vxlanOverheadBytes.ipv6 : vxlanOverheadBytes.ipv4;
    for (const step of way?.steps ?? []) {
      const distance = copy.distance + 1 + step.distance;
      farthest = Math.max(farthest, distance);
      const vlan = copy.domain.vlanAt(source) ?? 0;
      stretches.push({ view: step.view, vlan, share: share * step.share, distance, overheadBytes });
    }
    for (const [arrived, part] of way?.arrivals ?? []) addTo(spot, arrived, share * part);
  }
  return { domain: copy.domain, bridge: target.bridge, spot, arrivedBy: undefined, distance: farthest };
}
