/**
 * What a router does with a packet: longest prefix first (RFC 1812, 5.2.4.3), and between equal lengths what is connected
 * before what was declared before what was learned. Single addresses that a host-route policy has the network learn count for
 * routers without a foot in the segment.
 *
 * Learned routes are those of an interior routing protocol that counts hops. A router that declares routes has learned
 * none, except those that a host-route policy says the network learns.
 */
import type { IpPrefix } from "../address/ip.ts";
import { parseAddress, parsePrefix, prefixContains } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Route } from "../fabric.ts";
import type { Advertiser, Destination } from "./destination.ts";
import { policyOf, subnetLength } from "./destination.ts";
import { irbStep } from "./irb.ts";
import { owner } from "./next-hop-owner.ts";
import type { Face, Neighbour, RoutingPlane } from "./routers.ts";
import { distancesTo, faceKey, feetOf, isRouter, mayEnter, neighboursOf } from "./routers.ts";
import type { Step } from "./step.ts";
import type { Break } from "./way.ts";

const learnedTable = memoTable<readonly Neighbour[]>("learned next hops");

export function nextStep(index: FabricIndex, face: Face, destination: Destination): Step {
  const { device, segment, home } = destination;
  if (segment === undefined) {
    if (face.device === device) return { kind: "arrived" };
    const beside = neighboursOf(index, face, "transit").filter((neighbour) => neighbour.face.device === device);
    const near =
      beside.length > 0 ? beside : neighboursOf(index, face, "any").filter((one) => one.face.device === device);
    if (near.length > 0) return { kind: "forward", next: near };
  }
  const declared = declaredRoutes(index, face, destination);
  const allBits = (destination.address?.version ?? 4) === 4 ? 32 : 128;
  if (declared !== undefined && declared.length === allBits) return byDeclared(index, face, declared.routes);
  const tunnelled = irbStep(index, face, destination);
  if (tunnelled !== undefined) return tunnelled;
  const connected = connectedSegment(index, face, destination);
  const length = subnetLength(index, home ?? segment ?? "", destination.address);
  const isDelivered = connected !== undefined && (declared === undefined || declared.length <= length);
  // Host routes lead whoever is outside to the right site. A router with a foot in the segment bridges, wherever in it the
  // endpoint is (network forwarding as seen on the lab's routers: bench/fabric-truth, two-dc-localised).
  if (isDelivered && connected === segment) return { kind: "deliver", segment: connected };
  const following = hostRouteHops(index, face, destination);
  if (following.length > 0) return { kind: "forward", next: following };
  if (isDelivered) return { kind: "deliver", segment: connected };
  const hasPolicy = home !== undefined && policyOf(index, home) !== undefined;
  if (declared !== undefined && (declared.length >= length || !hasPolicy))
    return byDeclared(index, face, declared.routes);
  const learnsNothing = (index.device(face.device)?.routes ?? []).length > 0 && !hasPolicy;
  const next = learnsNothing ? [] : learned(index, face, destination.prefixRoute);
  if (next.length > 0) return { kind: "forward", next };
  return { kind: "broken", why: noRoute(index, face, destination) };
}

/** The address alone is known to be elsewhere, and a transit segment leads there. */
function hostRouteHops(index: FabricIndex, face: Face, { hostRoute }: Destination): readonly Neighbour[] {
  if (hostRoute.length === 0 || hostRoute.includes(face.device)) return [];
  return nearer(
    index,
    face,
    hostRoute.map((device) => ({ device, metric: 0 })),
    "transit",
  );
}

function connectedSegment(index: FabricIndex, face: Face, destination: Destination): string | undefined {
  const { segment, home, hostRoute } = destination;
  const isIn = (name: string | undefined): name is string =>
    name !== undefined && mayEnter(index, face, name) && feetOf(index, face.device).includes(name);
  // Across subnets only a router that answers for the moved address finds it in a foreign segment.
  if (isIn(segment) && (segment === home || hostRoute.includes(face.device))) return segment;
  return isIn(home) ? home : undefined;
}

function learned(index: FabricIndex, face: Face, advertisers: readonly Advertiser[]): readonly Neighbour[] {
  const key = [faceKey(face), ...advertisers.map(({ device, metric }) => `${device}=${metric}`)].join("\u0000");
  return index.remember(learnedTable, key, () => {
    const overTransit = nearer(index, face, advertisers, "transit");
    return overTransit.length > 0 ? overTransit : nearer(index, face, advertisers, "any");
  });
}

/** The neighbours that are one hop nearer to the best advertisers: lowest metric, then fewest hops, then lowest latency. */
function nearer(
  index: FabricIndex,
  face: Face,
  advertisers: readonly Advertiser[],
  plane: RoutingPlane,
): readonly Neighbour[] {
  const reached = advertisers.flatMap((advertiser) => {
    const distance = distancesTo(index, advertiser.device, plane).get(faceKey(face));
    return distance === undefined || distance.hops === 0 ? [] : [{ ...advertiser, ...distance }];
  });
  const byRank = (left: (typeof reached)[number], right: (typeof reached)[number]): number =>
    left.metric - right.metric || left.hops - right.hops || left.latencyUs - right.latencyUs;
  const [best] = reached.toSorted(byRank);
  if (best === undefined) return [];
  const targets = reached.filter((candidate) => byRank(candidate, best) === 0);
  return neighboursOf(index, face, plane).filter((neighbour) =>
    targets.some(({ device }) => {
      const mayPass = neighbour.face.device === device || isRouter(index, neighbour.face.device);
      return mayPass && distancesTo(index, device, plane).get(faceKey(neighbour.face))?.hops === best.hops - 1;
    }),
  );
}

interface DeclaredRoutes {
  readonly length: number;
  readonly routes: readonly Route[];
}

/** Those of the longest prefix, and among them those of the lowest metric. Without an address only a default route fits. */
function declaredRoutes(index: FabricIndex, face: Face, { address }: Destination): DeclaredRoutes | undefined {
  const fitting = usableRoutes(index, face).filter(({ prefix }) =>
    address === undefined ? prefix.length === 0 : prefixContains(prefix, address),
  );
  if (fitting.length === 0) return undefined;
  const length = Math.max(...fitting.map((one) => one.prefix.length));
  const longest = fitting.filter((one) => one.prefix.length === length).map(({ route }) => route);
  const lowest = Math.min(...longest.map(({ metric = 0 }) => metric));
  const routes = longest.filter(({ metric = 0 }) => metric === lowest);
  return { length, routes: routes.toSorted((left, right) => (left.via < right.via ? -1 : 1)) };
}

interface UsableRoute {
  readonly route: Route;
  readonly prefix: IpPrefix;
}

const usableTable = memoTable<readonly UsableRoute[]>("usable declared routes");

function usableRoutes(index: FabricIndex, face: Face): readonly UsableRoute[] {
  return index.remember(usableTable, faceKey(face), () =>
    (index.device(face.device)?.routes ?? []).flatMap((route) => {
      const prefix = parsePrefix(route.prefix);
      // A route whose next hop is in another VRF belongs to that one.
      return prefix !== undefined && viaSegments(index, face, route.via).length > 0 ? [{ route, prefix }] : [];
    }),
  );
}

function viaSegments(index: FabricIndex, face: Face, via: string): readonly string[] {
  const address = parseAddress(via);
  if (address === undefined) return [];
  return feetOf(index, face.device).filter(
    (segment) =>
      mayEnter(index, face, segment) &&
      (index.segment(segment)?.subnets ?? []).some((subnet) => {
        const prefix = parsePrefix(subnet);
        return prefix !== undefined && prefixContains(prefix, address);
      }),
  );
}

function byDeclared(index: FabricIndex, face: Face, routes: readonly Route[]): Step {
  const steps = routes.map(({ via }) => owner(index, face, via, viaSegments(index, face, via)));
  const [first] = steps;
  if (first === undefined || steps.length === 1) return first ?? { kind: "unknown", why: "no route" };
  const odd = steps.find((step) => step.kind !== "forward");
  if (odd !== undefined) return odd;
  return { kind: "forward", next: steps.flatMap((step) => (step.kind === "forward" ? step.next : [])) };
}

function noRoute(index: FabricIndex, face: Face, destination: Destination): Break {
  const { device, segment } = destination;
  const goal = segment === undefined ? device : segment;
  const there = segment === undefined ? undefined : index.segment(segment)?.vrf;
  const isForeign = segment !== undefined && !mayEnter(index, face, segment);
  const reason = isForeign
    ? `: ${segment} is in ${there === undefined ? "no VRF" : `VRF ${there}`}, the packet in ${face.vrf === undefined ? "none" : `VRF ${face.vrf}`}`
    : "";
  return { kind: "no-route", device: face.device, message: `${face.device} has no route to ${goal}${reason}` };
}
