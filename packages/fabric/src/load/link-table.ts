/**
 * The links of a fabric, numbered by direction, so that loads are arrays. A link has two directions with a capacity each;
 * numbers follow the sorted link ids, the direction from the end whose device is named first comes first.
 *
 * Members of one link aggregation group, seen from the end that sends, are one bundle: that end chooses among them.
 */
import type { Device } from "../fabric.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import { linkId } from "../migration-path.ts";
import type { FabricEnd } from "../ports.ts";

export interface LinkDirection {
  readonly link: string;
  readonly from: string;
  readonly to: string;
  readonly capacityBps?: number;
  readonly moveBudgetBps?: number;
  readonly bundle?: Bundle;
}

export interface Bundle {
  /** The device that chooses, or the name of its MLAG domain. */
  readonly owner: string;
  readonly lag: string;
}

export interface LinkTable {
  /** The two directions of a link stand beside each other. */
  readonly directions: readonly LinkDirection[];
  /** @returns undefined for what is no link of the fabric, or no end of it. */
  readonly numberOf: (link: string, from: string) => number | undefined;
  /** The directions that one end chooses among, in order. */
  readonly membersOf: (bundle: Bundle) => readonly number[];
}

const tables = memoTable<LinkTable>("link directions by number");

export function linkTable(index: FabricIndex): LinkTable {
  return index.remember(tables, "", () => makeTable(index));
}

function makeTable(index: FabricIndex): LinkTable {
  const directions: LinkDirection[] = [];
  const numbers = new Map<string, number>();
  for (const id of index.fabric.links.map(linkId).toSorted()) {
    const link = index.link(id);
    // A cable from a device to itself lies on no way.
    if (link === undefined || numbers.has(id) || link.a.device === link.b.device) continue;
    const devices = [link.a.device, link.b.device].toSorted();
    numbers.set(id, directions.length);
    for (const device of devices) {
      const view = index.linkFrom(id, device);
      if (view !== undefined) directions.push(directionOf(index, view));
    }
  }
  const members = new Map<string, number[]>();
  directions.forEach(({ bundle }, at) => {
    if (bundle === undefined) return;
    const own = members.get(bundleKey(bundle)) ?? [];
    members.set(bundleKey(bundle), own);
    own.push(at);
  });
  return {
    directions,
    membersOf: (bundle) => members.get(bundleKey(bundle)) ?? [],
    numberOf: (link, from) => {
      const first = numbers.get(link);
      if (first === undefined) return undefined;
      if (directions[first]?.from === from) return first;
      return directions[first + 1]?.from === from ? first + 1 : undefined;
    },
  };
}

function directionOf(index: FabricIndex, { id, link, near, far, capacityBps }: LinkView): LinkDirection {
  const bundle = bundleOf(index.device(near.device), index.port(near)?.lag, near);
  const moveBudgetBps = link.moveBudget?.rateBps;
  return {
    link: id,
    from: near.device,
    to: far.device,
    ...(capacityBps === undefined ? {} : { capacityBps }),
    ...(moveBudgetBps === undefined ? {} : { moveBudgetBps }),
    ...(bundle === undefined ? {} : { bundle }),
  };
}

const bundleKey = ({ owner, lag }: Bundle): string => `${owner} ${lag}`;

function bundleOf(
  device: Device | undefined,
  lag: string | undefined,
  { device: name }: FabricEnd,
): Bundle | undefined {
  return lag === undefined ? undefined : { owner: device?.mlag ?? name, lag };
}
