/**
 * Spanning tree: of a set of bridges and links, which links forward. The outcome that the protocol settles on, not its
 * messages: root election, root ports and designated ports by the priority vector of IEEE 802.1D-2004, 17.5 and 17.6.
 *
 * A link forwards when it is the root port of either end. Every other link is closed at the end that is farther from the
 * root. The bridge with the lowest (priority, MAC address) is the root; a bridge whose address is not known is ordered by
 * its name, and when that decides between two, the outcome is a guess: `doubts` says so. The same holds for parallel
 * links, between which port numbers decide that no fabric describes.
 */
import { heapOf } from "./heap.ts";

export interface TreeBridge {
  readonly name: string;
  readonly priority: number;
  readonly mac?: string;
}

export interface TreeLink {
  readonly id: string;
  readonly a: TreeBridge;
  readonly b: TreeBridge;
  readonly cost: number;
}

export interface SpanningTreeOutcome {
  readonly root: TreeBridge;
  /** Link id to the bridge at whose end it is closed. */
  readonly blocked: ReadonlyMap<string, TreeBridge>;
  readonly doubts: readonly string[];
}

/** Default priority (IEEE 802.1D-2004, 17.14, table 17-2). */
export const defaultBridgePriority = 32_768;

/**
 * Path cost of a link of the given speed: 20,000 for 1 Gbit/s, 2,000 for 10 Gbit/s (IEEE 802.1D-2004, 17.14, table 17-3,
 * as of 802.1t). Devices that are set to the older 16-bit costs count differently.
 */
export function pathCost(bitsPerSecond: number): number {
  return Math.min(200_000_000, Math.max(1, Math.floor(20e12 / bitsPerSecond)));
}

/** Of one region: all bridges must hang together by the links. */
export function spanningTree(
  bridges: readonly TreeBridge[],
  links: readonly TreeLink[],
): SpanningTreeOutcome | undefined {
  const inOrder = bridges.toSorted(compareBridges);
  const [root, ...others] = inOrder;
  if (root === undefined) return undefined;
  const incident = incidence(links);
  const costs = costsFrom(root, incident);
  const doubts = new Set<string>();
  const rival = others.find((bridge) => isGuess(root, bridge));
  if (rival !== undefined)
    doubts.add(
      `${root.name} and ${rival.name} have the same priority, and a MAC address that would decide is not known`,
    );
  const forwarding = new Set<string>();
  for (const bridge of others) {
    const offers = (incident.get(bridge) ?? []).map((link) => offerBy(link, bridge, costs)).toSorted(compareOffers);
    const [best, ...rest] = offers;
    if (best === undefined) continue;
    forwarding.add(best.link.id);
    for (const next of rest) if (next.cost === best.cost) addTie(doubts, bridge, best, next);
  }
  const blocked = new Map<string, TreeBridge>();
  for (const link of links) if (!forwarding.has(link.id)) blocked.set(link.id, farther(link, costs));
  return { root, blocked, doubts: [...doubts].toSorted() };
}

interface Offer {
  readonly link: TreeLink;
  readonly from: TreeBridge;
  readonly cost: number;
}

function offerBy(link: TreeLink, to: TreeBridge, costs: ReadonlyMap<TreeBridge, number>): Offer {
  const from = link.a === to ? link.b : link.a;
  return { link, from, cost: (costs.get(from) ?? Number.POSITIVE_INFINITY) + link.cost };
}

function compareOffers(left: Offer, right: Offer): number {
  return left.cost - right.cost || compareBridges(left.from, right.from) || (left.link.id < right.link.id ? -1 : 1);
}

function addTie(doubts: Set<string>, bridge: TreeBridge, best: Offer, next: Offer): void {
  if (best.from === next.from)
    doubts.add(
      `${best.link.id} and ${next.link.id} are equal for ${bridge.name}, and port numbers that would decide are not known`,
    );
  else if (isGuess(best.from, next.from))
    doubts.add(
      `${bridge.name} has equal ways to the root by ${best.from.name} and ${next.from.name}, and a MAC address that would decide is not known`,
    );
}

/** The end that is closed: that of the larger root path cost, then of the larger bridge identifier. */
function farther({ a, b }: TreeLink, costs: ReadonlyMap<TreeBridge, number>): TreeBridge {
  const difference = (costs.get(a) ?? 0) - (costs.get(b) ?? 0) || compareBridges(a, b);
  return difference > 0 ? a : b;
}

/** Bridges whose address is known come first, so that the order is one: two names and an address would go in circles. */
function compareBridges(left: TreeBridge, right: TreeBridge): number {
  if (left.priority !== right.priority) return left.priority - right.priority;
  const [first, second] = [orderText(left), orderText(right)];
  return first === second ? 0 : first < second ? -1 : 1;
}

const orderText = ({ mac, name }: TreeBridge): string => (mac === undefined ? `unknown ${name}` : `mac ${mac} ${name}`);

const isGuess = (left: TreeBridge, right: TreeBridge): boolean =>
  left.priority === right.priority && (left.mac === undefined || right.mac === undefined || left.mac === right.mac);

function incidence(links: readonly TreeLink[]): ReadonlyMap<TreeBridge, readonly TreeLink[]> {
  const table = new Map<TreeBridge, TreeLink[]>();
  for (const link of links)
    for (const bridge of [link.a, link.b]) {
      const list = table.get(bridge);
      if (list === undefined) table.set(bridge, [link]);
      else list.push(link);
    }
  return table;
}

function costsFrom(
  root: TreeBridge,
  incident: ReadonlyMap<TreeBridge, readonly TreeLink[]>,
): ReadonlyMap<TreeBridge, number> {
  const costs = new Map<TreeBridge, number>();
  const open = heapOf<{ readonly bridge: TreeBridge; readonly cost: number }>((left, right) => left.cost < right.cost);
  open.push({ bridge: root, cost: 0 });
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    if (costs.has(here.bridge)) continue;
    costs.set(here.bridge, here.cost);
    for (const link of incident.get(here.bridge) ?? []) {
      const bridge = link.a === here.bridge ? link.b : link.a;
      if (!costs.has(bridge)) open.push({ bridge, cost: here.cost + link.cost });
    }
  }
  return costs;
}
