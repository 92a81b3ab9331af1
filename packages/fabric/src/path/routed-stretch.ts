/**
 * From a router to a destination, hop by hop, as each router decides for itself. A packet that comes back to a router it
 * has passed goes round until its time to live is over: that is a break with the circle in it.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { limits } from "../limits.ts";
import { bridged } from "./bridged-stretch.ts";
import { alternatives, andThen, at, standing } from "./compose.ts";
import type { Destination } from "./destination.ts";
import { nextStep } from "./next-hop.ts";
import type { Face, Neighbour } from "./routers.ts";
import { faceKey } from "./routers.ts";
import { splitEqually } from "./split.ts";
import { tunnelled } from "./tunnel.ts";
import type { Break, Way } from "./way.ts";

/** By destination, then by router. */
const stretches = memoTable<Map<string, Way>>("routed stretches");

/** Without the router it starts at and without the destination's device; the routers between are waypoints. */
export function routed(index: FabricIndex, from: Face, destination: Destination): Way {
  const known = index.remember(stretches, destination.key, () => new Map<string, Way>());
  const key = faceKey(from);
  const remembered = known.get(key);
  if (remembered !== undefined) return remembered;
  const way = walk(index, from, destination);
  known.set(key, way);
  return way;
}

function walk(index: FabricIndex, from: Face, destination: Destination): Way {
  // Ways that split and meet again are walked once from where they meet.
  const walked = new Map<string, Way>();
  const passed: Face[] = [];

  const onward = (face: Face): Way => {
    const key = faceKey(face);
    const known = walked.get(key);
    if (known !== undefined) return known;
    const before = passed.findIndex((one) => faceKey(one) === key);
    if (before >= 0) return broken(circle(passed.slice(before)));
    if (passed.length >= limits.routedHops) return broken(expired(face.device));
    passed.push(face);
    const way = step(face);
    passed.pop();
    walked.set(key, way);
    return way;
  };

  const step = (face: Face): Way => {
    const decision = nextStep(index, face, destination);
    switch (decision.kind) {
      case "arrived":
        return standing;
      case "deliver":
        return bridged(index, decision.segment, face.device, destination.device);
      case "forward":
        return splitEqually(
          decision.next.map((next) => hop(face, next)),
          `${face.device} has several equal routes to ${destination.segment ?? destination.device}`,
        );
      case "tunnel":
        return arriving(
          tunnelled(index, decision.next.segment, face.device, decision.next.face.device),
          decision.next.face,
        );
      case "open":
        return alternatives(
          decision.next.map((next) => ({ probability: next.probability, way: hop(face, next) })),
          decision.why,
        );
      case "broken":
        return broken(decision.why);
      case "unknown":
        return decision;
    }
  };

  const hop = (face: Face, { segment, face: next }: Neighbour): Way =>
    arriving(bridged(index, segment, face.device, next.device), next);

  const arriving = (way: Way, next: Face): Way =>
    andThen(way, () =>
      destination.segment === undefined && next.device === destination.device
        ? standing
        : andThen(at({ device: next.device, role: "router" }), () => onward(next)),
    );

  return onward(from);
}

const broken = (why: Break): Way => ({ kind: "broken", waypoints: [], legs: [], why });

function circle(faces: readonly Face[]): Break {
  const devices = faces.map(({ device }) => device);
  const message = `routes lead in a circle: ${[...devices, devices[0] ?? ""].join(", ")}`;
  return { kind: "loop", devices, message };
}

function expired(device: string): Break {
  const message = `the time to live is over at ${device}, after ${limits.routedHops} routers`;
  return { kind: "no-route", device, message };
}
