/**
 * The map that segment-reach.ts searches: places, and what stands between them.
 *
 * A place is a bridge, some devices of an MLAG domain, or the overlay. Moves are the same in both directions. A move that
 * lacks settings is there with its gaps; one that no VLAN setting would make possible is not, nor one into another VLAN:
 * a repair that counts on a native mismatch elsewhere would be worse than none.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricEnd } from "../ports.ts";
import type { Bridge, BundleView } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import { bundlePassage } from "./bundle-passage.ts";
import { forwardingTrees } from "./forwarding-trees.ts";
import { mayBeCutOff } from "./layer.ts";
import { possibleMembers, underlayPartOf } from "./overlay.ts";
import type { Gap } from "./passage.ts";
import { lacksVlan } from "./passage.ts";
import type { VlanDomain } from "./vlan-domain.ts";

export interface ReachPlace {
  /** Equal for equal places. */
  readonly key: string;
  readonly domain: VlanDomain;
  /** Undefined in the overlay. */
  readonly bridge: Bridge | undefined;
  /** Where a frame may be: several in an MLAG domain, none in the overlay. */
  readonly devices: readonly string[];
}

export interface ReachMove {
  readonly to: ReachPlace;
  /** By linkId(). */
  readonly links: readonly string[];
  readonly gaps: readonly Gap[];
  readonly unread: readonly FabricEnd[];
  readonly assumed: readonly FabricEnd[];
  /** Why it is not sure that the links are open. */
  readonly doubts: readonly string[];
}

export function placeAt(domain: VlanDomain, bridge: Bridge, devices: readonly string[]): ReachPlace {
  return { key: JSON.stringify([domain.key, bridge.key, ...devices]), domain, bridge, devices };
}

/** The VLAN database of devices that `before` did not include. */
export function databaseGaps(index: FabricIndex, place: ReachPlace, before?: ReachPlace): readonly Gap[] {
  return place.devices.flatMap((device): readonly Gap[] => {
    const vlan = place.domain.vlanAt(device);
    if (vlan === undefined || before?.devices.includes(device) === true) return [];
    return lacksVlan(index, place.domain, device) ? [{ kind: "device", device, vlan }] : [];
  });
}

/** @param ends the devices between which the search goes: only they may be anything but forwarding bridges. */
export function movesFrom(index: FabricIndex, place: ReachPlace, ends: readonly string[]): readonly ReachMove[] {
  const { bridge } = place;
  if (bridge === undefined) return leavesOverlay(index, place);
  return [
    ...overBundles(index, place, bridge, ends),
    ...withinBridge(index, place, bridge, ends),
    ...entersOverlay(index, place),
  ];
}

function overBundles(
  index: FabricIndex,
  place: ReachPlace,
  bridge: Bridge,
  ends: readonly string[],
): readonly ReachMove[] {
  return bridgeTable(index)
    .bundlesOf(bridge)
    .filter(({ far, nearDevices }) => isSame(nearDevices, place.devices) && isPassable(far, ends))
    .flatMap((view) => movesBy(index, place, view));
}

const isPassable = (bridge: Bridge, ends: readonly string[]): boolean =>
  bridge.isForwarding || ends.some((device) => bridge.devices.includes(device));

function movesBy(index: FabricIndex, before: ReachPlace, view: BundleView): readonly ReachMove[] {
  const { domain } = before;
  const trees = forwardingTrees(index, domain);
  if (trees.blocked.has(view.bundle) && !trees.perVlan.has(view.bundle)) return [];
  const found = bundlePassage(index, domain, view);
  if (found === undefined) return [];
  const to = placeAt(domain, view.far, view.farDevices);
  const doubts = mayBeCutOff(index, domain, view) ? (trees.doubtful.get(view.bundle)?.doubts ?? []) : [];
  const gaps = [...found.gaps, ...databaseGaps(index, to, before)];
  return [{ to, links: view.bundle.links, gaps, unread: found.unread, assumed: found.assumed, doubts }];
}

/** Over a peer-link, between the sets of devices that some bundle, the overlay or an end of the way is attached to. */
function withinBridge(
  index: FabricIndex,
  place: ReachPlace,
  bridge: Bridge,
  ends: readonly string[],
): readonly ReachMove[] {
  if (bridge.devices.length < 2) return [];
  const sets = new Map(exitSets(index, bridge));
  for (const member of possibleMembers(index, place.domain))
    if (member.bridge === bridge) sets.set(member.devices.join("\n"), member.devices);
  for (const device of ends) if (bridge.devices.includes(device)) sets.set(device, [device]);
  sets.delete(place.devices.join("\n"));
  return [...sets.values()].flatMap((devices) => {
    const to = placeAt(place.domain, bridge, devices);
    const peerLinks = new Set([...place.devices, ...devices].flatMap((one) => bridgeTable(index).peerLinksOf(one)));
    return [...peerLinks].flatMap((view): readonly ReachMove[] => {
      const found = bundlePassage(index, place.domain, view);
      if (found === undefined) return [];
      const gaps = [...found.gaps, ...databaseGaps(index, to, place)];
      return [{ to, links: view.bundle.links, gaps, unread: found.unread, assumed: found.assumed, doubts: [] }];
    });
  });
}

const exits = memoTable<ReadonlyMap<string, readonly string[]>>("sets of devices with a bundle");

function exitSets(index: FabricIndex, bridge: Bridge): ReadonlyMap<string, readonly string[]> {
  return index.remember(exits, bridge, () => {
    const bundles = bridgeTable(index).bundlesOf(bridge);
    return new Map(bundles.map(({ nearDevices }) => [nearDevices.join("\n"), nearDevices]));
  });
}

function entersOverlay(index: FabricIndex, { domain, bridge, devices }: ReachPlace): readonly ReachMove[] {
  return possibleMembers(index, domain)
    .filter((member) => member.bridge === bridge && isSame(member.devices, devices))
    .map((member) => freeMove(overlayPlace(index, domain, member.devices)));
}

function leavesOverlay(index: FabricIndex, place: ReachPlace): readonly ReachMove[] {
  return possibleMembers(index, place.domain)
    .filter((member) => overlayPlace(index, place.domain, member.devices).key === place.key)
    .map((member) => {
      const to = placeAt(place.domain, member.bridge, member.devices);
      return { ...freeMove(to), gaps: databaseGaps(index, to) };
    });
}

/** One place for each part of the underlay. */
function overlayPlace(index: FabricIndex, domain: VlanDomain, devices: readonly string[]): ReachPlace {
  const key = JSON.stringify(["overlay", domain.key, underlayPartOf(index, devices[0] ?? "")]);
  return { key, domain, bridge: undefined, devices: [] };
}

const freeMove = (to: ReachPlace): ReachMove => ({ to, links: [], gaps: [], unread: [], assumed: [], doubts: [] });

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name, place) => name === right[place]);
