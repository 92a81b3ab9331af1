/**
 * How far do the frames of a gateway get within its segment: its hellos, what goes from or to its virtual MAC address,
 * and ARP for its address? Each kind may be filtered on a link without the others, which is how half-filtered gateways
 * come about.
 *
 * Two answers stand side by side. `sure` takes a link for closed where a port could not be read or nothing says whether
 * the filter is there; `possible` takes it for open. Where both lead to the same conclusion it is one; where they do not,
 * `doubts` says what has to be found out. A link without `filters` filters nothing; in a `filters` that is there, what is
 * left out is unknown.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Gateway, LinkFilters, Tri } from "../fabric.ts";
import { bridgeTable } from "../layer-two/bridges.ts";
import { disjointSets } from "../layer-two/cycles.ts";
import type { TopologyEdge } from "../layer-two/segment-topology.ts";
import { segmentTopology } from "../layer-two/segment-topology.ts";

export type GatewayFrame = "hello" | "virtualMac" | "gatewayArp";

export interface FrameReach {
  readonly sure: Domains;
  readonly possible: Domains;
  /** Links that drop such frames for certain. */
  readonly barriers: readonly string[];
  readonly doubts: readonly string[];
}

/**
 * The broadcast domains of such frames that each device has a part in: one, or several where it has several links and
 * does not forward between them. A device that is not there is alone.
 */
export type Domains = ReadonlyMap<string, ReadonlySet<string>>;

/** Links on which somebody would add or take away a filter, to see what becomes of it. */
export interface FilterChange {
  readonly links: readonly string[];
  readonly filters: LinkFilters;
}

const doubtTable = memoTable<readonly string[]>("doubts about frames of a gateway");
const reaches = memoTable<FrameReach>("how far frames of a gateway get");

export function frameReach(
  index: FabricIndex,
  gateway: Gateway,
  frame: GatewayFrame,
  change?: FilterChange,
): FrameReach {
  if (change !== undefined) return findReach(index, gateway, frame, change);
  return index.remember(reaches, `${gateway.name}\u0000${frame}`, () => findReach(index, gateway, frame));
}

/** Do frames that one of them sends reach the other? */
export function areTogether(domains: Domains, left: string, right: string): boolean {
  if (left === right) return true;
  const [here, there] = [domains.get(left), domains.get(right)];
  return here !== undefined && there !== undefined && [...here].some((domain) => there.has(domain));
}

/** Does the edge drop frames of this kind of this gateway? A group of links does when each of them does. */
export function dropsFrame(
  index: FabricIndex,
  gateway: Gateway,
  frame: GatewayFrame,
  edge: TopologyEdge,
  change?: FilterChange,
): Tri {
  const verdicts = new Set(
    edge.links.map((id) => {
      const filters = change?.links.includes(id) === true ? change.filters : index.link(id)?.filters;
      if (filters === undefined || filters.gateways?.includes(gateway.name) === false) return "no";
      return filters[frame] ?? "unknown";
    }),
  );
  const [verdict = "no", other] = verdicts;
  return other === undefined ? verdict : "unknown";
}

/** What is not known about how far such frames get. */
export function frameDoubts(index: FabricIndex, gateway: Gateway, frame: GatewayFrame): readonly string[] {
  return index.remember(doubtTable, `${gateway.name}\u0000${frame}`, () => sortEdges(index, gateway, frame).doubts);
}

function findReach(index: FabricIndex, gateway: Gateway, frame: GatewayFrame, change?: FilterChange): FrameReach {
  const { surelyOpen, perhapsOpen, barriers, doubts } = sortEdges(index, gateway, frame, change);
  const possible = domainsOf(index, perhapsOpen);
  const sure = surelyOpen.length === perhapsOpen.length ? possible : domainsOf(index, surelyOpen);
  return { sure, possible, barriers: barriers.toSorted(), doubts };
}

function sortEdges(
  index: FabricIndex,
  gateway: Gateway,
  frame: GatewayFrame,
  change?: FilterChange,
): {
  readonly surelyOpen: readonly TopologyEdge[];
  readonly perhapsOpen: readonly TopologyEdge[];
  readonly barriers: readonly string[];
  readonly doubts: readonly string[];
} {
  const topology = segmentTopology(index, gateway.segment);
  const surelyOpen: TopologyEdge[] = [];
  const perhapsOpen: TopologyEdge[] = [];
  const barriers: string[] = [];
  const doubts: string[] = [];
  for (const edge of topology.edges) {
    const drops = dropsFrame(index, gateway, frame, edge, change);
    if (drops === "yes") {
      barriers.push(...edge.links);
      continue;
    }
    perhapsOpen.push(edge);
    if (drops === "no" && edge.carries === "yes") surelyOpen.push(edge);
    const links = edge.links.join(", ");
    if (drops === "unknown") doubts.push(`nothing says whether ${links} drops ${frameNames[frame]}`);
    if (edge.carries === "unknown") doubts.push(`nothing says whether ${links} carries ${gateway.segment}`);
  }
  // Where trees are not sure, the frames may take a link without the filter.
  if (barriers.length > 0 && topology.certainty !== "yes") doubts.push(...topology.doubts);
  return { surelyOpen, perhapsOpen, barriers, doubts: doubts.toSorted() };
}

const frameNames: Readonly<Record<GatewayFrame, string>> = {
  hello: "hellos",
  virtualMac: "frames of the virtual MAC",
  gatewayArp: "ARP for the gateway's address",
};

/** Only what forwards joins its links. Anything else is in the domain of each of them. */
function domainsOf(index: FabricIndex, edges: readonly TopologyEdge[]): Domains {
  const { bridgeOf } = bridgeTable(index);
  const sets = disjointSets<string>();
  const places = new Map<string, Set<string>>();
  const placeOf = (device: string, edge: number): string => {
    const place = bridgeOf(device)?.isForwarding === true ? device : `${device}\u0000${edge}`;
    const known = places.get(device);
    if (known === undefined) places.set(device, new Set([place]));
    else known.add(place);
    return place;
  };
  for (const [number, { a, b, kind }] of edges.entries()) {
    // Every tunnel endpoint has an edge of its own to all others: one of them each is enough.
    const [first, ...others] = [...a, ...(kind === "overlay" ? b.slice(0, 1) : b)].map((device) =>
      placeOf(device, number),
    );
    if (first !== undefined) for (const place of others) sets.join(first, place);
  }
  return new Map([...places].map(([device, own]) => [device, new Set([...own].map((place) => sets.find(place)))]));
}
