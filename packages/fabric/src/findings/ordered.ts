/** The fabric's lists in an order of their own, so that no finding depends on the order of the document. */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Fabric, Link } from "../fabric.ts";
import { linkId } from "../migration-path.ts";
import type { FabricEnd } from "../ports.ts";
import { endName } from "../path/text.ts";

const orderedFabrics = memoTable<Fabric>("fabric in order");

/** The same objects, in lists sorted by name; links by linkId(). */
export function ordered(index: FabricIndex): Fabric {
  return index.remember(orderedFabrics, "", () => {
    const { fabric } = index;
    return {
      sites: byName(fabric.sites),
      segments: byName(fabric.segments),
      devices: byName(fabric.devices),
      links: fabric.links
        .map((link) => ({ link, id: linkId(link) }))
        .toSorted((left, right) => (left.id < right.id ? -1 : 1))
        .map(({ link }) => link),
      gateways: byName(fabric.gateways),
      hostRoutes: fabric.hostRoutes.toSorted((left, right) => (left.segment < right.segment ? -1 : 1)),
      services: byName(fabric.services),
      endpoints: byName(fabric.endpoints),
      flows: byName(fabric.flows),
      clusters: byName(fabric.clusters),
    };
  });
}

function byName<Named extends { readonly name: string }>(list: readonly Named[]): readonly Named[] {
  return list.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** Both ends of a link, the one that linkId() names first first. */
export function endsOf({ a, b }: Link): readonly [FabricEnd, FabricEnd] {
  return endName(a) < endName(b) ? [a, b] : [b, a];
}
