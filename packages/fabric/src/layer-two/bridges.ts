/**
 * What the fabric is built of, as a bridged frame sees it: bridges, and bundles of links between them.
 *
 * A bridge is a device, or the devices of one MLAG domain, which the rest of the network takes for one (IEEE 802.1AX-2014,
 * clause 9). A bundle is a link aggregation group or a single link: links whose ports share a `lag` name on both sides.
 * Links that are down, or end in a port that is switched off, do not exist here. Links within an MLAG domain are its
 * peer-links, whatever kind they say.
 *
 * Only switches forward from port to port. A host, a router or a firewall with two uplinks does not join them, unless the
 * host runs spanning tree, which says that it is meant to: a virtual switch does not send what came in by one uplink out
 * by another.
 */
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Link } from "../fabric.ts";
import { linkId } from "../migration-path.ts";
import type { FabricEnd } from "../ports.ts";

export interface Bridge {
  /** Unlike that of any other bridge: the name of its first device. */
  readonly key: string;
  /** For people: the device's name, or the MLAG domain's. */
  readonly name: string;
  /** Sorted. */
  readonly devices: readonly string[];
  /** Frames pass through it from one bundle to another. */
  readonly isForwarding: boolean;
}

export interface Bundle {
  /** That of its first link. */
  readonly id: string;
  /** Sorted by linkId(). */
  readonly links: readonly string[];
}

/** A bundle as one of its bridges sees it. */
export interface BundleView {
  readonly bundle: Bundle;
  readonly near: Bridge;
  readonly far: Bridge;
  /** Its links, each from `near` to `far`, sorted by id. */
  readonly members: readonly LinkView[];
  /** The devices of `near` that have an end of it, sorted. */
  readonly nearDevices: readonly string[];
  readonly farDevices: readonly string[];
  /** The same bundle from the other side. */
  readonly back: () => BundleView;
}

export interface BridgeTable {
  /** Sorted by name. */
  readonly bridges: readonly Bridge[];
  readonly bridgeOf: (device: string) => Bridge | undefined;
  /** Every bundle between two bridges once, from one of its sides, sorted by id. */
  readonly bundles: readonly BundleView[];
  /** Bundles to other bridges, sorted by id. */
  readonly bundlesOf: (bridge: Bridge) => readonly BundleView[];
  /** Bundles from the device to other devices of its own bridge. */
  readonly peerLinksOf: (device: string) => readonly BundleView[];
  /** The bundle that a link belongs to; undefined for a link that is down. */
  readonly bundleOf: (link: string) => Bundle | undefined;
}

const bridgeTables = memoTable<BridgeTable>("bridges and bundles");

export function bridgeTable(index: FabricIndex): BridgeTable {
  return index.remember(bridgeTables, "", () => makeTable(index));
}

/** The links that a frame on this one might take as well: its link aggregation group, itself included. */
export function lagMembers(index: FabricIndex, link: string): readonly string[] {
  return bridgeTable(index).bundleOf(link)?.links ?? [link];
}

function makeTable(index: FabricIndex): BridgeTable {
  const byDevice = bridgesByDevice(index);
  const outer = new Map<Bridge, BundleView[]>();
  const inner = new Map<string, BundleView[]>();
  const byLink = new Map<string, Bundle>();
  const bundles: BundleView[] = [];
  for (const [there, back] of bundleViews(index, byDevice)) {
    for (const link of there.bundle.links) byLink.set(link, there.bundle);
    if (there.near !== there.far) bundles.push(there);
    for (const view of [there, back])
      if (view.near !== view.far) append(outer, view.near, view);
      else for (const device of view.nearDevices) append(inner, device, view);
  }
  return {
    bridges: [...new Set(byDevice.values())].toSorted((left, right) => (left.name < right.name ? -1 : 1)),
    bridgeOf: (device) => byDevice.get(device),
    bundles,
    bundlesOf: (bridge) => outer.get(bridge) ?? [],
    peerLinksOf: (device) => inner.get(device) ?? [],
    bundleOf: (link) => byLink.get(link),
  };
}

function append<Key, Value>(table: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = table.get(key);
  if (list === undefined) table.set(key, [value]);
  else list.push(value);
}

function bridgesByDevice(index: FabricIndex): ReadonlyMap<string, Bridge> {
  const domains = new Map<string, string[]>();
  for (const { name, mlag } of index.fabric.devices) if (mlag !== undefined) append(domains, mlag, name);
  const table = new Map<string, Bridge>();
  for (const [name, members] of domains) {
    const devices = members.toSorted();
    const bridge: Bridge = {
      key: devices[0] ?? name,
      name,
      devices,
      isForwarding: devices.some((device) => forwards(index, device)),
    };
    for (const device of devices) table.set(device, bridge);
  }
  for (const { name } of index.fabric.devices)
    if (!table.has(name)) table.set(name, { key: name, name, devices: [name], isForwarding: forwards(index, name) });
  return table;
}

function forwards(index: FabricIndex, name: string): boolean {
  const device = index.device(name);
  if (device === undefined) return false;
  const mode = device.spanningTree?.mode ?? "off";
  return device.kind === "switch" || (device.kind === "host" && mode !== "off");
}

/** Both views of every bundle, sorted by id, so that whatever walks them does not depend on the order of the document. */
function bundleViews(
  index: FabricIndex,
  byDevice: ReadonlyMap<string, Bridge>,
): readonly (readonly [BundleView, BundleView])[] {
  const groups = new Map<string, Map<string, LinkView>>();
  for (const link of index.fabric.links) {
    const id = linkId(link);
    if (link.a.device === link.b.device || !isUsable(index, link)) continue;
    const isInner = byDevice.get(link.a.device) === byDevice.get(link.b.device);
    const keys = [link.a, link.b].map((end) => groupKey(index, isInner ? undefined : byDevice, end));
    // A group is seen from the side whose key is smaller, whichever end the document calls a.
    const start = (keys[0] ?? "") <= (keys[1] ?? "") ? link.a : link.b;
    const view = index.linkFrom(id, start.device);
    if (view === undefined) continue;
    const key = keys.toSorted().join(" ");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, new Map([[id, view]]));
    else group.set(id, view);
  }
  return [...groups.values()]
    .flatMap((members) => pairOfViews(index, byDevice, [...members.values()]) ?? [])
    .toSorted(([left], [right]) => (left.bundle.id < right.bundle.id ? -1 : 1));
}

function isUsable(index: FabricIndex, { isUp, a, b }: Link): boolean {
  return isUp !== false && index.port(a)?.isEnabled !== false && index.port(b)?.isEnabled !== false;
}

/** Equal for the ports of one link aggregation group of a bridge, or of a device where no bridges are given. */
function groupKey(index: FabricIndex, byDevice: ReadonlyMap<string, Bridge> | undefined, end: FabricEnd): string {
  const lag = index.port(end)?.lag;
  const place = byDevice?.get(end.device)?.name ?? end.device;
  return JSON.stringify(lag === undefined ? ["port", end.device, end.port] : ["lag", place, lag]);
}

/** In an array of its own, so that flatMap keeps the pair. */
function pairOfViews(
  index: FabricIndex,
  byDevice: ReadonlyMap<string, Bridge>,
  unsorted: readonly LinkView[],
): readonly [readonly [BundleView, BundleView]] | undefined {
  const members = unsorted.toSorted((left, right) => (left.id < right.id ? -1 : 1));
  const [first] = members;
  const near = byDevice.get(first?.near.device ?? "");
  const far = byDevice.get(first?.far.device ?? "");
  if (first === undefined || near === undefined || far === undefined) return undefined;
  const back = members.flatMap((view) => index.linkFrom(view.id, view.far.device) ?? []);
  const bundle: Bundle = { id: first.id, links: members.map(({ id }) => id) };
  const [nearDevices, farDevices] = [devicesOf(members), devicesOf(back)];
  const there: BundleView = { bundle, near, far, members, nearDevices, farDevices, back: () => andBack };
  const andBack: BundleView = {
    bundle,
    near: far,
    far: near,
    members: back,
    nearDevices: farDevices,
    farDevices: nearDevices,
    back: () => there,
  };
  return [[there, andBack]];
}

const devicesOf = (views: readonly LinkView[]): readonly string[] =>
  [...new Set(views.map(({ near }) => near.device))].toSorted();
