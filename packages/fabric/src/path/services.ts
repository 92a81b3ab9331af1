/**
 * Boxes that a flow is led through, and sessions that only some of them know.
 *
 * A flow names services, or clusters of which any member will do: then the nearest takes it. A stateful box knows a
 * session when the session's first packet passed it. A packet that comes to another member of the cluster is handed to
 * the one that knows it, where the cluster shares its sessions; where it does not, the packet is dropped.
 */
import { assert } from "@trunkline/model";
import type { FabricIndex } from "../fabric-index.ts";
import type { Flow, Service, Tri } from "../fabric.ts";
import { andThen, at } from "./compose.ts";
import { latencyOf, siteCrossingsOf } from "./figures.ts";
import type { Face } from "./routers.ts";
import { faceAfter } from "./routers.ts";
import type { Way, Waypoint } from "./way.ts";

/** One of the things that `via` names. */
export interface Stage {
  readonly name: string;
  /** Sorted by name; one, unless it is a cluster. */
  readonly instances: readonly Service[];
}

/** By stage: the instance that the session began with, "open" where nothing says which. Not there: it begins now. */
export type Owners = ReadonlyMap<string, Service | "open">;

export function stagesOf(index: FabricIndex, flow: Flow): readonly Stage[] | { readonly why: string } {
  const stages = (flow.via ?? []).map((name): Stage => {
    const service = index.service(name);
    return { name, instances: service === undefined ? index.servicesOf(name) : [service] };
  });
  const empty = stages.find(({ instances }) => instances.length === 0);
  return empty === undefined
    ? stages
    : { why: `${flow.name} goes by ${empty.name}, which is no service and no cluster` };
}

/** How a packet gets from a router to a box. */
export type BoxReach = (from: Face, device: string) => Way;

/** From the router's face through an instance of the stage. */
export function throughStage(index: FabricIndex, face: Face, stage: Stage, owners: Owners, reach: BoxReach): Way {
  const pass = (from: Face, service: Service): Way =>
    andThen(reach(from, service.device), () => at(waypointOf(service)));
  const natural = nearestInstance(stage, (service) => reach(face, service.device));
  const owner = owners.get(stage.name);
  if (owner === undefined || stage.instances.length === 1 || natural.isStateful === "no") return pass(face, natural);
  if (owner === "open") return { kind: "unknown", why: `nothing says which member of ${stage.name} knows the session` };
  if (owner.name === natural.name) return pass(face, natural);
  switch (knows(natural, [owner])) {
    case "yes":
      // Handed over within the cluster: the packet goes on from the one that knows the session.
      return andThen(pass(face, natural), (soFar) => pass(faceAfter(index, soFar, face), owner));
    case "no":
      return andThen(pass(face, natural), () => stateLost(natural, owner));
    case "unknown":
      return { kind: "unknown", why: doubt(natural, [owner]) };
  }
}

/** Does the service know sessions that began with one of `owners`? */
export function knows(service: Service, owners: readonly Service[]): Tri {
  if (service.isStateful === "no" || owners.some(({ name }) => name === service.name)) return "yes";
  const mates = owners.filter(({ cluster }) => cluster !== undefined && cluster === service.cluster);
  const shared = mates.map((mate) => both(service.syncsState, mate.syncsState));
  if (shared.includes("yes")) return "yes";
  return service.isStateful === "unknown" || shared.includes("unknown") ? "unknown" : "no";
}

export function doubt(service: Service, owners: readonly Service[]): string {
  const names = owners.map(({ name }) => name).join(", ");
  return service.isStateful === "unknown"
    ? `nothing says whether ${service.name} keeps sessions, and this one began with ${names === "" ? "none of its kind" : names}`
    : `nothing says whether ${service.name} shares its sessions with ${names}`;
}

export function stateLost(service: Service, owner: Service | undefined): Way {
  const begun = owner === undefined ? "without it" : `with ${owner.name}`;
  const message = `${service.name} drops it: the session began ${begun}, and sessions are not shared`;
  return { kind: "broken", waypoints: [], legs: [], why: { kind: "state-lost", service: service.name, message } };
}

/** Which instance of each stage holds the session whose first packet went this way. */
export function ownersOn(way: Way, stages: readonly Stage[]): Owners {
  if (way.kind === "open" || way.kind === "unknown") return new Map(stages.map(({ name }) => [name, "open"] as const));
  const passed = way.waypoints.filter(({ role }) => role === "service").map(({ name }) => name);
  return new Map(
    stages.flatMap(({ name, instances }) => {
      const last = passed.findLast((one) => instances.some((service) => service.name === one));
      const owner = instances.find((service) => service.name === last);
      return owner === undefined ? [] : [[name, owner] as const];
    }),
  );
}

function nearestInstance(stage: Stage, reach: (service: Service) => Way): Service {
  const ranked = stage.instances.map((service) => ({ service, rank: remoteness(reach(service)) }));
  // toSorted() is stable and the instances are sorted by name, which decides between equals.
  const [nearest] = ranked.toSorted((left, right) => {
    const place = left.rank.findIndex((part, index) => part !== right.rank[index]);
    return place < 0 ? 0 : (left.rank[place] ?? 0) - (right.rank[place] ?? 0);
  });
  assert(nearest !== undefined, "a stage has an instance");
  return nearest.service;
}

function remoteness(way: Way): readonly number[] {
  const latency = latencyOf(way);
  const legs = way.kind === "known" ? way.legs : [];
  return [
    way.kind === "known" || way.kind === "open" ? 0 : 1,
    siteCrossingsOf(way),
    legs.length,
    legs.reduce((links, { crossings }) => links + crossings.length, 0),
    latency.known ? latency.value : 0,
  ];
}

const waypointOf = (service: Service): Waypoint => ({ device: service.device, role: "service", name: service.name });

const both = (left: Tri = "unknown", right: Tri = "unknown"): Tri => {
  if (left === "no" || right === "no") return "no";
  return left === "yes" && right === "yes" ? "yes" : "unknown";
};
