/**
 * VXLAN: which bridges a segment's VNI joins, and which links of the underlay its packets take.
 *
 * Every VTEP that has the segment's VLAN is one hop from every other one (split horizon: what came in from the overlay
 * does not go out to it again), as long as the underlay connects them. Devices of an MLAG domain with the same VTEP
 * address are one VTEP (anycast).
 *
 * The underlay is taken for an IP fabric whose links all cost the same: a packet takes the ways with the fewest links, and
 * at each device its equal next links in equal parts (ECMP, RFC 2992). Links of any kind count that are up and whose ports
 * are on; switches and routers are passed through, anything else is only an end. Link metrics and filters of a routing
 * protocol are not described by a fabric.
 */
import { assert } from "@trunkline/model";
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { limits } from "../limits.ts";
import type { Bridge } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import { disjointSets } from "./cycles.ts";
import { lacksVlan } from "./passage.ts";
import type { Spread } from "./spread.ts";
import { evenly } from "./spread.ts";
import type { VlanDomain } from "./vlan-domain.ts";

/** VTEPs of one segment that the underlay connects. */
export interface Overlay {
  readonly name: string;
  readonly members: readonly OverlayMember[];
}

export interface OverlayMember {
  readonly bridge: Bridge;
  /** Devices of the bridge that share one VTEP address, sorted. */
  readonly devices: readonly string[];
}

export interface OverlayTable {
  /** Those with two members or more. */
  readonly overlays: readonly Overlay[];
  readonly membershipsOf: (bridge: Bridge) => readonly { readonly overlay: Overlay; readonly member: OverlayMember }[];
}

/** What a VXLAN packet is longer than the frame's payload: outer IPv4 or IPv6, UDP, VXLAN, inner Ethernet (RFC 7348, 5). */
export const vxlanOverheadBytes = { ipv4: 20 + 8 + 8 + 14, ipv6: 40 + 8 + 8 + 14 } as const;

const tables = memoTable<OverlayTable>("overlays");
const candidates = memoTable<readonly OverlayMember[]>("possible members of overlays");
const allVteps = memoTable<readonly OverlayMember[]>("VTEPs");
const evenWays = memoTable<UnderlayWay | undefined>("ways of the underlay");
const parts = memoTable<(device: string) => string>("parts of the underlay");
const linksByDevice = memoTable<readonly LinkView[]>("usable links of a device");
const distances = memoTable<ReadonlyMap<string, number>>("distances in the underlay");

export function overlayTable(index: FabricIndex, domain: VlanDomain): OverlayTable {
  return index.remember(tables, domain, () => {
    const overlays = hasVni(index, domain) ? overlaysOf(index, domain) : [];
    const byBridge = new Map<Bridge, { overlay: Overlay; member: OverlayMember }[]>();
    for (const overlay of overlays)
      for (const member of overlay.members)
        byBridge.set(member.bridge, [...(byBridge.get(member.bridge) ?? []), { overlay, member }]);
    return { overlays, membershipsOf: (bridge) => byBridge.get(bridge) ?? [] };
  });
}

/** The VTEPs that have, or could have, the segment: all that exist where the segment does. */
export function possibleMembers(index: FabricIndex, domain: VlanDomain): readonly OverlayMember[] {
  if (!hasVni(index, domain)) return [];
  return index.remember(candidates, domain, () => {
    const inOrder = index.remember(allVteps, "", () => vtepsOf(index));
    return inOrder.flatMap(({ bridge, devices }) => {
      const here = devices.filter((device) => domain.vlanAt(device) !== undefined);
      return here.length === 0 ? [] : [{ bridge, devices: here }];
    });
  });
}

function vtepsOf(index: FabricIndex): readonly OverlayMember[] {
  return bridgeTable(index).bridges.flatMap((bridge) => {
    const byAddress = new Map<string, string[]>();
    for (const device of bridge.devices) {
      const address = index.device(device)?.vtep?.address;
      if (address !== undefined) byAddress.set(address, [...(byAddress.get(address) ?? []), device]);
    }
    const inOrder = [...byAddress].toSorted(([left], [right]) => (left < right ? -1 : 1));
    return inOrder.map(([, devices]) => ({ bridge, devices }));
  });
}

/** The part of the underlay that a device is in: equal for devices between which packets can pass. */
export function underlayPartOf(index: FabricIndex, device: string): string {
  return index.remember(parts, "", () => makeParts(index))(device);
}

/** One link of a way through the underlay, with the part of the packets that takes it. */
export interface UnderlayStep {
  readonly view: LinkView;
  readonly share: number;
  /** Links before it. */
  readonly distance: number;
}

export interface UnderlayWay {
  readonly steps: readonly UnderlayStep[];
  /** At which of the targets how much arrives. */
  readonly arrivals: ReadonlyMap<string, number>;
}

/**
 * From a device to the nearest of `targets`.
 * @param spread how packets are divided among equal next links.
 */
export function underlayWay(
  index: FabricIndex,
  from: string,
  targets: readonly string[],
  spread: Spread,
): UnderlayWay | undefined {
  // Between switches there are few pairs, and many flows share each; hosts that are VTEPs would make a million of them.
  if (spread !== evenly || !isTransit(index, from)) return findWay(index, from, targets, spread);
  return index.remember(evenWays, [from, ...targets].join("\n"), () => findWay(index, from, targets, spread));
}

function findWay(
  index: FabricIndex,
  from: string,
  targets: readonly string[],
  spread: Spread,
): UnderlayWay | undefined {
  const left = index.remember(distances, targets.join("\n"), () => distancesTo(index, targets));
  const start = left.get(from);
  if (start === undefined) return undefined;
  const steps: UnderlayStep[] = [];
  let front = new Map([[from, 1]]);
  for (let distance = start; distance > 0; distance -= 1) {
    const next = new Map<string, number>();
    for (const [device, share] of front) {
      const nearer = usableLinks(index, device).filter(
        ({ far }) => left.get(far.device) === distance - 1 && (distance === 1 || isTransit(index, far.device)),
      );
      spread(nearer, (view, part) => {
        steps.push({ view, share: share * part, distance: start - distance });
        next.set(view.far.device, (next.get(view.far.device) ?? 0) + share * part);
      });
    }
    front = next;
  }
  return { steps, arrivals: front };
}

const hasVni = (index: FabricIndex, { segment }: VlanDomain): boolean =>
  segment !== undefined && index.segment(segment)?.vni !== undefined;

function overlaysOf(index: FabricIndex, domain: VlanDomain): readonly Overlay[] {
  const byPart = new Map<string, OverlayMember[]>();
  for (const { bridge, devices } of possibleMembers(index, domain)) {
    const having = devices.filter((device) => !lacksVlan(index, domain, device));
    const [first] = having;
    if (first === undefined) continue;
    const part = underlayPartOf(index, first);
    byPart.set(part, [...(byPart.get(part) ?? []), { bridge, devices: having }]);
  }
  return [...byPart]
    .filter(([, members]) => members.length > 1)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([part, members]) => ({ name: `overlay of ${domain.name} by ${part}`, members }));
}

function usableLinks(index: FabricIndex, device: string): readonly LinkView[] {
  return index.remember(linksByDevice, device, () =>
    index
      .linksOf(device)
      .filter(
        ({ link, near, far }) =>
          link.isUp !== false && index.port(near)?.isEnabled !== false && index.port(far)?.isEnabled !== false,
      ),
  );
}

const isTransit = (index: FabricIndex, device: string): boolean =>
  ["switch", "router"].includes(index.device(device)?.kind ?? "");

/** Distances in links, over devices that pass packets on; `targets` and whoever asks are ends. */
function distancesTo(index: FabricIndex, targets: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map(targets.map((target) => [target, 0]));
  // A Map shows what is added while it is walked: breadth first.
  for (const [device, distance] of found) {
    assert(found.size <= limits.devicesVisited, "a search of the underlay visits a bounded number of devices");
    if (distance > 0 && !isTransit(index, device)) continue;
    for (const { far } of usableLinks(index, device)) if (!found.has(far.device)) found.set(far.device, distance + 1);
  }
  return found;
}

function makeParts(index: FabricIndex): (device: string) => string {
  const sets = disjointSets<string>();
  const firstOf = new Map<string, string>();
  for (const { name } of index.fabric.devices.toSorted((left, right) => (left.name < right.name ? -1 : 1)))
    for (const { far } of usableLinks(index, name))
      if (isTransit(index, name) && isTransit(index, far.device)) sets.join(name, far.device);
  // The name of a part is that of its first device, so that it does not depend on the order of joining.
  const nameOf = (device: string): string => {
    const root = sets.find(device);
    return firstOf.get(root) ?? root;
  };
  for (const { name } of index.fabric.devices.toSorted((left, right) => (left.name < right.name ? -1 : 1)))
    if (!firstOf.has(sets.find(name))) firstOf.set(sets.find(name), name);
  return (device) => {
    if (isTransit(index, device)) return nameOf(device);
    const [uplink] = usableLinks(index, device);
    return nameOf(uplink?.far.device ?? device);
  };
}
