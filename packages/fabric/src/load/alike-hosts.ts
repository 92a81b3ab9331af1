/**
 * Hosts that the network cannot tell apart: nothing differs but their names and the names of what is their own. A flow
 * from one of them takes the way that it would take from another, with the links of the one in place of the other's.
 *
 * Careful rather than clever: only plain hosts are compared (they bridge nothing, route nothing, offer nothing), and
 * everything that is said of a host, of its links and of the ports at both ends has to be equal, except capacities, which
 * no way of a host depends on. Whatever is not plain is alike to nothing.
 */
import type { Device } from "../fabric.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import type { FabricEnd } from "../ports.ts";
import { linkTable } from "./link-table.ts";

export interface AlikeHost {
  /** Equal for hosts that are alike. */
  readonly group: number;
  /** Two that stand for all of the group; the same one twice where there is no other. */
  readonly first: string;
  readonly second: string;
  /** Directions of its own links, out of it and into it in turn; those of hosts that are alike correspond. */
  readonly own: Int32Array;
}

const tables = memoTable<ReadonlyMap<string, AlikeHost>>("hosts that are alike");

/** @returns undefined for a device that the fabric does not have. */
export function alikeHost(index: FabricIndex, device: string): AlikeHost | undefined {
  return index.remember(tables, "", () => groupAll(index)).get(device);
}

function groupAll(index: FabricIndex): ReadonlyMap<string, AlikeHost> {
  const busy = busyDevices(index);
  const groups = new Map<string, string[]>();
  const links = new Map<string, readonly number[]>();
  for (const device of index.fabric.devices.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const own = isPlain(index, device, busy) ? plainHost(index, device) : undefined;
    const group = own === undefined ? `only ${device.name}` : `like ${own.description}`;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [device.name]);
    else members.push(device.name);
    links.set(device.name, own?.links ?? []);
  }
  const table = new Map<string, AlikeHost>();
  for (const [number, [, members]] of [...groups].entries())
    for (const name of members) {
      const [first = name, second = first] = members;
      table.set(name, { group: number, first, second, own: Int32Array.from(links.get(name) ?? []) });
    }
  return table;
}

/** Devices that are named by something else than a link. */
function busyDevices(index: FabricIndex): ReadonlySet<string> {
  return new Set([
    ...index.fabric.gateways.flatMap(({ members }) => members.map(({ device }) => device)),
    ...index.fabric.services.map(({ device }) => device),
  ]);
}

function isPlain(index: FabricIndex, device: Device, busy: ReadonlySet<string>): boolean {
  const hasMore =
    device.mlag !== undefined ||
    device.spanningTree !== undefined ||
    device.vtep !== undefined ||
    (device.interfaces ?? []).length > 0 ||
    (device.routes ?? []).length > 0;
  const isBesideHost = index.linksOf(device.name).some(({ far }) => index.device(far.device)?.kind !== "switch");
  return device.kind === "host" && !hasMore && !busy.has(device.name) && !isBesideHost;
}

function plainHost(
  index: FabricIndex,
  device: Device,
): { readonly description: string; readonly links: readonly number[] } {
  const views = index
    .linksOf(device.name)
    .map((view) => ({ view, text: linkText(index, view) }))
    .toSorted((left, right) => (left.text < right.text ? -1 : left.text > right.text ? 1 : 0));
  const [near, far] = [groupNumbers(), groupNumbers()];
  const links = views.map(({ view, text }) => [text, near(index.port(view.near)?.lag), far(lagText(index, view.far))]);
  const { numberOf } = linkTable(index);
  return {
    description: JSON.stringify([device.site, device.vlans, device.networks, links]),
    links: views.flatMap(({ view }) => {
      const [out, into] = [numberOf(view.id, device.name), numberOf(view.id, view.far.device)];
      return out === undefined || into === undefined ? [] : [out, into];
    }),
  };
}

/** All that is said of a link and its ports, except names that differ from host to host, and capacities. */
function linkText(index: FabricIndex, { link, near, far, latencyUs, isBetweenSites }: LinkView): string {
  const { kind, isUp, dci, filters } = link;
  const ports = [near, far].map((end) => {
    const { vlans, mtu, isEnabled, knowledge } = index.port(end) ?? {};
    return [vlans, mtu, isEnabled, knowledge];
  });
  return JSON.stringify([far.device, ports, kind, isUp, dci, filters, latencyUs, isBetweenSites]);
}

/** Link aggregation groups are known by number in the order in which they come: their names differ. */
function groupNumbers(): (lag: string | undefined) => number | null {
  const numbers = new Map<string, number>();
  return (lag) => {
    if (lag === undefined) return null;
    const known = numbers.get(lag) ?? numbers.size;
    numbers.set(lag, known);
    return known;
  };
}

function lagText(index: FabricIndex, end: FabricEnd): string | undefined {
  const lag = index.port(end)?.lag;
  return lag === undefined ? undefined : `${index.device(end.device)?.mlag ?? end.device} ${lag}`;
}
