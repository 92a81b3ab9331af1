/**
 * Rings of links that nothing opens. A broadcast that enters one goes round until somebody pulls a cable, so they are the
 * worst that can be said of a fabric; whether it is certain depends on whether everything that could open it is described.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Tri } from "../fabric.ts";
import type { Bridge, Bundle, BundleView } from "./bridges.ts";
import { passesBundle } from "./bundle-passage.ts";
import { cyclicGroups } from "./cycles.ts";
import { carriesBpdus, spanningTreeMode } from "./forwarding-trees.ts";
import { overlayTable } from "./overlay.ts";
import type { VlanDomain } from "./vlan-domain.ts";

export interface BridgingLoop {
  readonly bundles: readonly Bundle[];
  /** By linkId(), sorted. */
  readonly links: readonly string[];
  /** Sorted. */
  readonly devices: readonly string[];
  /** "unknown": something that is not described may open it. */
  readonly certainty: Tri;
  readonly message: string;
}

/** @param open the bundles between forwarding bridges that spanning tree leaves open for the domain. */
export function loopsOf(index: FabricIndex, domain: VlanDomain, open: readonly BundleView[]): readonly BridgingLoop[] {
  const edges: { readonly a: Bridge | string; readonly b: Bridge | string; readonly view?: BundleView }[] = open.map(
    (view) => ({ a: view.near, b: view.far, view }),
  );
  // Within the overlay nothing goes round (split horizon), so that it is one node and each of its members one edge.
  for (const { name, members } of overlayTable(index, domain).overlays)
    for (const { bridge } of members) if (bridge.isForwarding) edges.push({ a: bridge, b: name });
  return cyclicGroups(edges)
    .map((group) =>
      loopOf(
        index,
        domain,
        group.flatMap(({ view }) => view ?? []),
        group.every(({ view }) => view !== undefined),
      ),
    )
    .filter((loop) => loop.links.length > 0)
    .toSorted((left, right) => ((left.links[0] ?? "") < (right.links[0] ?? "") ? -1 : 1));
}

function loopOf(
  index: FabricIndex,
  domain: VlanDomain,
  views: readonly BundleView[],
  isWithoutOverlay: boolean,
): BridgingLoop {
  const links = views.flatMap(({ bundle }) => bundle.links).toSorted();
  const bridges = [...new Set(views.flatMap(({ near, far }) => [near, far]))];
  const devices = bridges.flatMap((bridge) => bridge.devices).toSorted();
  const excuse = isWithoutOverlay ? whyUncertain(index, domain, views, bridges) : "the overlay is part of it";
  const ring = `${links.join(", ")} form a loop for ${domain.name} that spanning tree does not open`;
  return {
    bundles: views.map(({ bundle }) => bundle),
    links,
    devices,
    certainty: excuse === undefined ? "yes" : "unknown",
    message: excuse === undefined ? ring : `${ring}, as far as is described: ${excuse}`,
  };
}

/** The first thing that might open the ring after all. */
function whyUncertain(
  index: FabricIndex,
  domain: VlanDomain,
  views: readonly BundleView[],
  bridges: readonly Bridge[],
): string | undefined {
  const silent = bridges.find((bridge) => spanningTreeMode(index, bridge) === undefined);
  if (silent !== undefined) return `nothing is said of spanning tree on ${silent.name}`;
  const [off, on] = [true, false].map((isOff) =>
    bridges.find((bridge) => (spanningTreeMode(index, bridge) === "off") === isOff),
  );
  // Some bridges without spanning tree flood BPDUs like any multicast, others drop them.
  if (off !== undefined && on !== undefined) return `${off.name} may pass on the BPDUs of ${on.name}`;
  for (const view of views) {
    if (passesBundle(index, domain, view) === "unknown") return `whether ${view.bundle.id} carries it is not known`;
    for (const { link, id } of view.members) {
      if (link.kind !== "dci") continue;
      if (carriesBpdus(link) === "unknown") return `whether ${id} carries BPDUs is not known`;
      // OTV elects one edge device per VLAN, EVPN one designated forwarder: both open rings without spanning tree.
      if (["otv", "evpn", "vxlan"].includes(link.dci?.technology ?? ""))
        return `${id} may be closed by its own election`;
    }
  }
  return undefined;
}
