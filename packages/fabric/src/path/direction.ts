/**
 * One direction of a flow, from end to end. Within a segment it is bridged (R1). Otherwise it goes to the sender's gateway,
 * through the boxes that the flow names, and from router to router to the receiver (R2 to R4).
 *
 * First-hop redundancy restricts only the way from a host to its router. Whatever router has a foot in the receiver's
 * segment delivers, standby or not.
 */
import { parseInterfaceAddress } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import type { Gateway } from "../fabric.ts";
import type { GatewayChoice } from "../gateway/choice.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import { bridged } from "./bridged-stretch.ts";
import type { KnownWay } from "./compose.ts";
import { alternatives, andThen, at, split, splitEqually, standing } from "./compose.ts";
import { deviceDestination } from "./destination.ts";
import type { FlowEnd } from "./flow-ends.ts";
import { routesForItself } from "./flow-ends.ts";
import { hashedStretches } from "./hashed-stretch.ts";
import { nextStep } from "./next-hop.ts";
import { routed } from "./routed-stretch.ts";
import type { Face } from "./routers.ts";
import { faceAfter, isRouter, plainFace, routersIn } from "./routers.ts";
import type { BoxReach, Owners, Stage } from "./services.ts";
import { throughStage } from "./services.ts";
import type { Way, Waypoint } from "./way.ts";

/** @param stages in the order of this direction. */
export function direction(
  index: FabricIndex,
  from: FlowEnd,
  to: FlowEnd,
  stages: readonly Stage[],
  owners: Owners,
): Way {
  const start = at({ device: from.device, role: "endpoint", name: from.name });
  const goal: Waypoint = { device: to.device, role: "endpoint", name: to.name };
  const onwards = (face: Face, segment?: string): Way => {
    const reach: BoxReach =
      segment === undefined
        ? (here, device) => routed(index, here, deviceDestination(index, device))
        : (here, device) => bridged(index, segment, here.device, device);
    const served = stages.reduce<Way>(
      (way, stage) => andThen(way, (soFar) => throughStage(index, faceAfter(index, soFar, face), stage, owners, reach)),
      standing,
    );
    return andThen(served, (soFar) => {
      const here = faceAfter(index, soFar, face);
      const last =
        segment === undefined ? routed(index, here, to.destination) : bridged(index, segment, here.device, to.device);
      return andThen(last, () => at(goal));
    });
  };
  const begun = plainFace(from.device);
  if (from.segment !== undefined && from.segment === to.segment)
    return andThen(start, () => onwards(begun, from.segment));
  const way = routesForItself(index, from)
    ? andThen(start, () => (stages.length === 0 ? onwards(begun) : byEntry(index, begun, to, onwards)))
    : byGateway(index, from, start, (soFar) => onwards(faceAfter(index, soFar, begun)));
  return to.isOutside ? withExit(way) : way;
}

/** From outside, the route to the receiver decides where a packet enters; the boxes that it is led through come after. */
function byEntry(index: FabricIndex, outside: Face, to: FlowEnd, onwards: (face: Face) => Way): Way {
  const step = nextStep(index, outside, to.destination);
  if (step.kind !== "forward") return onwards(outside);
  return splitEqually(
    step.next.map(({ segment, face }) =>
      andThen(
        andThen(bridged(index, segment, outside.device, face.device), () =>
          at({ device: face.device, role: "router" }),
        ),
        () => onwards(face),
      ),
    ),
    `${outside.device} has several equal routes to ${to.name}`,
  );
}

/** To the sender's first router, and on from there. */
function byGateway(index: FabricIndex, from: FlowEnd, start: KnownWay, onwards: (soFar: KnownWay) => Way): Way {
  const { segment, device, name } = from;
  if (segment === undefined) return { kind: "unknown", why: `nothing says in which segment ${name} is` };
  const gateways = gatewaysFor(index, from, segment);
  if (gateways.length > 1) {
    const names = gateways.map((gateway) => gateway.name).join(" and ");
    return { kind: "unknown", why: `${segment} has the gateways ${names}, and nothing says which one ${name} uses` };
  }
  const gateway = gateways[0];
  const role = gateway === undefined ? { role: "router" as const } : { role: "gateway" as const, name: gateway.name };
  const by = (router: string, stretch: Way = bridged(index, segment, device, router)): Way =>
    andThen(
      andThen(start, () => andThen(stretch, () => at({ device: router, ...role }))),
      onwards,
    );
  const choice = gateway === undefined ? onlyRouter(index, segment) : gatewayChoice(index, gateway, device, from.nic);
  switch (choice.kind) {
    case "known":
      return by(choice.device);
    case "one-of":
      return choice.isHashed
        ? split(
            hashedStretches(
              index,
              segment,
              device,
              choice.candidates.map((candidate) => candidate.device),
            ).map(({ device: router, probability, way }) => ({ probability, way: by(router, way) })),
            choice.why,
          )
        : alternatives(
            choice.candidates.map((candidate) => ({
              probability: candidate.probability,
              way: by(candidate.device),
            })),
            choice.why,
          );
    case "none":
      return {
        ...start,
        kind: "broken",
        why: { kind: "no-gateway", gateway: gateway?.name ?? segment, message: choice.why },
      };
    case "unknown":
      return choice;
  }
}

/** The gateways that the sender may mean: the one that its NIC names, or all of its segment for its family of addresses. */
function gatewaysFor(index: FabricIndex, from: FlowEnd, segment: string): readonly Gateway[] {
  const all = index.gatewaysIn(segment);
  const named = all.filter(({ name }) => name === from.nic?.gateway);
  if (named.length > 0) return named;
  const version = from.address === undefined ? undefined : parseInterfaceAddress(from.address)?.version;
  return all.filter(({ address }) => version === undefined || parseInterfaceAddress(address)?.version === version);
}

/** Without a gateway that is described, the one router of the segment must be it. */
function onlyRouter(index: FabricIndex, segment: string): GatewayChoice {
  const routers = routersIn(index, segment).filter((device) => isRouter(index, device));
  const [only] = routers;
  if (only === undefined) return { kind: "none", why: `${segment} has no gateway and no router` };
  if (routers.length === 1) return { kind: "known", device: only };
  return {
    kind: "unknown",
    why: `${segment} has the routers ${routers.join(", ")} and no gateway: nothing says which one is used`,
  };
}

/** The last router before the outside is the exit, unless it is the sender's gateway as well. */
function withExit(way: Way): Way {
  if (way.kind === "open")
    return { ...way, ways: way.ways.map((branch) => ({ ...branch, way: withExit(branch.way) })) };
  if (way.kind !== "known") return way;
  const last = way.waypoints.findLastIndex(({ role }) => role !== "endpoint");
  return {
    ...way,
    waypoints: way.waypoints.map((waypoint, place) =>
      place === last && waypoint.role === "router" ? { ...waypoint, role: "exit" } : waypoint,
    ),
  };
}
