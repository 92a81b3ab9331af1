/**
 * One direction of a flow, from end to end. Within a segment it is bridged (R1). Otherwise it goes to the sender's gateway,
 * through the boxes that the flow names, and from router to router to the receiver (R2 to R4).
 *
 * First-hop redundancy restricts only the way from a host to its router. Whatever router has a foot in the receiver's
 * segment delivers, standby or not.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { bridged } from "./bridged-stretch.ts";
import type { KnownWay, WayPart } from "./compose.ts";
import { alternatives, andThen, at, inRow, standing } from "./compose.ts";
import { deviceDestination } from "./destination.ts";
import { firstRouters } from "./first-router.ts";
import type { FlowEnd } from "./flow-ends.ts";
import { routesForItself } from "./flow-ends.ts";
import { nextStep } from "./next-hop.ts";
import { routed } from "./routed-stretch.ts";
import type { Face } from "./routers.ts";
import { faceAfter, plainFace } from "./routers.ts";
import type { BoxReach, Owners, Stage } from "./services.ts";
import { throughStage } from "./services.ts";
import { split, splitEqually } from "./split.ts";
import type { Way } from "./way.ts";

/** @param stages in the order of this direction. */
export function direction(
  index: FabricIndex,
  from: FlowEnd,
  to: FlowEnd,
  stages: readonly Stage[],
  owners: Owners,
): Way {
  // Stretches from a router on, or from the sender within its segment.
  const onwards = (face: Face, segment?: string): readonly Way[] => {
    const toGoal = (here: Face): readonly Way[] => [
      segment === undefined ? routed(index, here, to.destination) : bridged(index, segment, here.device, to.device),
      to.standing,
    ];
    if (stages.length === 0) return toGoal(face);
    const reach: BoxReach =
      segment === undefined
        ? (here, device) => routed(index, here, deviceDestination(index, device))
        : (here, device) => bridged(index, segment, here.device, device);
    const served = stages.reduce<Way>(
      (way, stage) => andThen(way, (soFar) => throughStage(index, faceAfter(index, soFar, face), stage, owners, reach)),
      standing,
    );
    return [andThen(served, (soFar) => inRow(toGoal(faceAfter(index, soFar, face))))];
  };
  const begun = plainFace(from.device);
  if (from.segment !== undefined && from.segment === to.segment)
    return inRow([from.standing, ...onwards(begun, from.segment)]);
  const way = routesForItself(index, from)
    ? inRow([from.standing, ...(stages.length === 0 ? onwards(begun) : [byEntry(index, begun, to, onwards)])])
    : byGateway(index, from, (soFar) => onwards(faceAfter(index, soFar, begun)));
  return to.isOutside ? withExit(way) : way;
}

/** From outside, the route to the receiver decides where a packet enters; the boxes that it is led through come after. */
function byEntry(index: FabricIndex, outside: Face, to: FlowEnd, onwards: (face: Face) => readonly Way[]): Way {
  const step = nextStep(index, outside, to.destination);
  if (step.kind !== "forward") return inRow(onwards(outside));
  return splitEqually(
    step.next.map(({ segment, face }) =>
      inRow([
        bridged(index, segment, outside.device, face.device),
        at({ device: face.device, role: "router" }),
        ...onwards(face),
      ]),
    ),
    `${outside.device} has several equal routes to ${to.name}`,
  );
}

/** To the sender's first router, and on from there. */
function byGateway(index: FabricIndex, from: FlowEnd, onwards: (soFar: KnownWay) => readonly Way[]): Way {
  const start = from.standing;
  const first = firstRouters(index, from);
  const ways = (parts: readonly WayPart[]): readonly WayPart[] =>
    parts.map(({ probability, way }) => ({
      probability,
      way: way.kind === "known" ? inRow([start, way, ...onwards(way)]) : inRow([start, way]),
    }));
  switch (first.kind) {
    case "hashed":
      return split(ways(first.parts), first.why);
    case "one-of":
      return alternatives(ways(first.parts), first.why);
    case "broken":
      return { kind: "broken", waypoints: start.waypoints, legs: [], why: first.why };
    case "unknown":
      return first;
  }
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
