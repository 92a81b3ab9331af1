/**
 * Which way frames go from every bridge to one: the memory that makes paths cheap. One table for each VLAN and
 * destination, filled by one search, serves every flow that ends there.
 *
 * After spanning tree there is one way. In a loop that nothing opens it is the shortest by number of bundles, and of equal
 * ones the first by name: a choice that is the same every time, about which the steps carry their doubts.
 */
import { assert } from "@trunkline/model";
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { limits } from "../limits.ts";
import type { Bridge } from "./bridges.ts";
import type { Step } from "./layer.ts";
import { layerOf, stepBack } from "./layer.ts";
import type { OverlayMember } from "./overlay.ts";
import { overlayTable } from "./overlay.ts";
import type { VlanDomain } from "./vlan-domain.ts";

/** One stage of a way, from the bridge that it is stored for. */
export type Hop =
  | { readonly kind: "bundle"; readonly step: Step }
  | { readonly kind: "overlay"; readonly domain: VlanDomain; readonly from: OverlayMember; readonly to: OverlayMember };

/** Bridges on the way, whose frames belong to a domain there. */
export interface Place {
  readonly domain: VlanDomain;
  readonly bridge: Bridge;
}

interface NextHops {
  /** Undefined where no way leads from there, and at the destination itself. */
  readonly from: (place: Place) => Hop | undefined;
}

const tables = memoTable<Map<Bridge, NextHops>>("next hops");

function nextHopsTo(index: FabricIndex, destination: Place): NextHops {
  const known = index.remember(tables, destination.domain, () => new Map());
  const table = known.get(destination.bridge) ?? search(index, destination);
  known.set(destination.bridge, table);
  return table;
}

/** All hops from `start` to the destination; undefined where no way is known to carry the VLAN. */
export function hopsTo(index: FabricIndex, start: Place, destination: Place): readonly Hop[] | undefined {
  const table = nextHopsTo(index, destination);
  const hops: Hop[] = [];
  let at = start;
  while (at.bridge !== destination.bridge || at.domain !== destination.domain) {
    const hop = table.from(at);
    if (hop === undefined) return undefined;
    hops.push(hop);
    assert(hops.length <= limits.devicesVisited, "a way passes a bounded number of devices");
    at =
      hop.kind === "bundle"
        ? { domain: hop.step.domain, bridge: hop.step.view.far }
        : { domain: hop.domain, bridge: hop.to.bridge };
  }
  return hops;
}

/** A bridge that the search comes to, and the hop by which frames leave it towards the destination. */
interface Arrival {
  readonly place: Place;
  readonly hop: Hop | undefined;
}

function search(index: FabricIndex, destination: Place): NextHops {
  const found = new Map<VlanDomain, Map<Bridge, Hop | undefined>>();
  const entered = new Set<string>();
  let now: Arrival[] = [{ place: destination, hop: undefined }];
  let soon: Arrival[] = [];
  // The overlay counts as two bundles, so that a link between two VTEPs goes before it.
  let later: Arrival[] = [];
  for (let depth = 0; now.length + soon.length + later.length > 0; depth += 1) {
    assert(depth <= limits.devicesVisited, "a search for ways visits a bounded number of devices");
    for (const { place, hop } of now) {
      const known = found.get(place.domain) ?? new Map<Bridge, Hop | undefined>();
      found.set(place.domain, known);
      if (known.has(place.bridge)) continue;
      known.set(place.bridge, hop);
      soon.push(...bundleArrivals(index, place));
      later.push(...overlayArrivals(index, place, entered));
    }
    [now, soon, later] = [soon, later, []];
  }
  return { from: ({ domain, bridge }) => found.get(domain)?.get(bridge) };
}

function bundleArrivals(index: FabricIndex, place: Place): readonly Arrival[] {
  return layerOf(index, place.domain)
    .stepsOf(place.bridge)
    .filter(({ carries }) => carries === "yes")
    .map((step) => ({
      place: { domain: step.domain, bridge: step.view.far },
      hop: { kind: "bundle", step: stepBack(step, place.domain) },
    }));
}

function overlayArrivals(index: FabricIndex, { domain, bridge }: Place, entered: Set<string>): readonly Arrival[] {
  return overlayTable(index, domain)
    .membershipsOf(bridge)
    .flatMap(({ overlay, member }) => {
      const name = `${domain.key}\n${overlay.name}`;
      if (entered.has(name)) return [];
      entered.add(name);
      return overlay.members
        .filter((other) => other.bridge !== bridge)
        .map((other) => ({
          place: { domain, bridge: other.bridge },
          hop: { kind: "overlay" as const, domain, from: other, to: member },
        }));
    });
}
