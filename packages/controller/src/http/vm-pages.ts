/**
 * Pages of VMs from one snapshot. The snapshot never changes, so each order is sorted once and kept for as long as the
 * snapshot is; a page is then a binary search and a walk. The cursor names the last item itself, not a position, so a
 * walk goes on through the next snapshot without skipping what was there all the time.
 */
import { z } from "zod";
import type { ReadInputOf, Settled, VmSortKey } from "@trunkline/api";
import type { Snapshot, VmObservation } from "@trunkline/model";
import { cursorOf, placeOf } from "./cursors.ts";

export type VmListQuery = ReadInputOf<"vms.list", "query">;

export interface VmPage {
  readonly items: readonly VmObservation[];
  readonly nextCursor: string | null;
  readonly total: number;
  readonly snapshot: { readonly sequence: number; readonly takenAt: string };
}

type SortValue = string | number | null;
type Place = readonly [value: SortValue, id: string, host: string];

interface Entry {
  readonly vm: VmObservation;
  readonly place: Place;
  readonly lowerName: string;
}

export class VmPages {
  readonly #sorted = new WeakMap<Snapshot, Map<VmSortKey, readonly Entry[]>>();

  /** @throws request.invalid for a cursor of another order. */
  page(snapshot: Snapshot, query: Settled<VmListQuery>): VmPage {
    const { sort, order, limit, cursor } = query;
    const entries = this.#inOrder(snapshot, sort);
    const after = cursor === undefined ? undefined : placeIn(cursor, sort, order);
    const isWanted = filterOf(query);
    const items: VmObservation[] = [];
    let last: Place | undefined;
    let total = 0;
    let hasMore = false;
    for (let step = 0; step < entries.length; step += 1) {
      const entry = entries[order === "ascending" ? step : entries.length - 1 - step];
      if (entry === undefined || !isWanted(entry)) continue;
      total += 1;
      if (hasMore || (after !== undefined && !isBeyond(entry.place, after, order))) continue;
      if (items.length === limit) hasMore = true;
      else {
        items.push(entry.vm);
        last = entry.place;
      }
    }
    const nextCursor = hasMore && last !== undefined ? cursorOf([sort, order, ...last]) : null;
    return { items, nextCursor, total, snapshot: { sequence: snapshot.sequence, takenAt: snapshot.takenAt } };
  }

  #inOrder(snapshot: Snapshot, sort: VmSortKey): readonly Entry[] {
    let orders = this.#sorted.get(snapshot);
    if (orders === undefined) this.#sorted.set(snapshot, (orders = new Map<VmSortKey, readonly Entry[]>()));
    let entries = orders.get(sort);
    if (entries === undefined) orders.set(sort, (entries = sorted(snapshot, sort)));
    return entries;
  }
}

const sorted = (snapshot: Snapshot, sort: VmSortKey): readonly Entry[] =>
  snapshot.vms
    .map((vm): Entry => ({ vm, place: [vm[sort], vm.id, vm.host], lowerName: vm.name.toLowerCase() }))
    .sort((one, other) => compare(one.place, other.place));

const orderOf = z.enum(["ascending", "descending"]);
const cursorShape = z.tuple([z.string(), orderOf, z.union([z.string(), z.number(), z.null()]), z.string(), z.string()]);

function placeIn(cursor: string, sort: VmSortKey, order: z.output<typeof orderOf>): Place {
  const shape = cursorShape.refine(([itsSort, itsOrder]) => itsSort === sort && itsOrder === order);
  const [, , value, id, host] = placeOf(cursor, shape);
  return [value, id, host];
}

function filterOf({ host, power, name }: Settled<VmListQuery>): (entry: Entry) => boolean {
  const part = name?.toLowerCase();
  return ({ vm, lowerName }) =>
    (host === undefined || vm.host === host) &&
    (power === undefined || vm.power === power) &&
    (part === undefined || lowerName.includes(part));
}

const isBeyond = (place: Place, after: Place, order: z.output<typeof orderOf>): boolean =>
  order === "ascending" ? compare(place, after) > 0 : compare(place, after) < 0;

function compare(one: Place, other: Place): number {
  return compareValues(one[0], other[0]) || compareValues(one[1], other[1]) || compareValues(one[2], other[2]);
}

/** By code units, which needs no locale and is the same everywhere; what is not known goes first. */
function compareValues(one: SortValue, other: SortValue): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  return one < other ? -1 : 1;
}
