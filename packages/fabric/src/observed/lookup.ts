/** What a comparison asks of an indexed fabric besides, and of lists of observations. */
import { indexFabric } from "../fabric-index.ts";
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import type { Fabric } from "../fabric.ts";
import type { FabricEnd } from "../ports.ts";
import type { Spot } from "./observation.ts";
import { untaggedVlan } from "./vlan-text.ts";

export interface Lookup {
  readonly index: FabricIndex;
  /** Links at a port, seen from it. */
  readonly linksAt: (end: FabricEnd) => readonly LinkView[];
  /** The VLAN of a frame: its tag, or that of the port's untagged frames where the document knows it. */
  readonly vlanOf: (where: Spot, tag: number | undefined) => number | undefined;
}

export const endText = ({ device, port }: Spot): string => (port === undefined ? device : `${device}/${port}`);

export function lookupOf(fabric: Fabric): Lookup {
  const index = indexFabric(fabric);
  return {
    index,
    linksAt: ({ device, port }) => index.linksOf(device).filter(({ near }) => near.port === port),
    vlanOf: ({ device, port }, tag) => {
      if (tag !== undefined && tag !== 0) return tag;
      const known = port === undefined ? undefined : index.port({ device, port });
      return known === undefined ? undefined : untaggedVlan(known.vlans);
    },
  };
}

export function grouped<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** The last of the observations that have the same key; of those at one time, the last in the order of their texts. */
export function latestBy<T extends { readonly atMs: number }>(
  seen: readonly T[],
  key: (item: T) => string,
): readonly T[] {
  const latest = new Map<string, T>();
  for (const item of seen) {
    const known = latest.get(key(item));
    if (known === undefined || isLater(item, known)) latest.set(key(item), item);
  }
  return [...latest.values()];
}

function isLater<T extends { readonly atMs: number }>(item: T, than: T): boolean {
  if (item.atMs !== than.atMs) return item.atMs > than.atMs;
  return JSON.stringify(item) > JSON.stringify(than);
}
