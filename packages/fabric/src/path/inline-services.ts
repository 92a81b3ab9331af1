/**
 * Firewalls and load balancers that a flow meets because they route, though it does not name them. They keep sessions all
 * the same: one that did not see the first packet drops the rest, unless its cluster shares sessions.
 *
 * A switch or router with a service on it is met only by flows that are led there.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Service } from "../fabric.ts";
import { doubt, knows, stateLost } from "./services.ts";
import type { Stage } from "./services.ts";
import type { Way, Waypoint } from "./way.ts";

/** Boxes that saw the first packet; undefined where it is not known which. */
export interface SessionBoxes {
  readonly seen: readonly Service[] | undefined;
  /** Those that the flow names: services.ts watches over them. */
  readonly named: ReadonlySet<string>;
}

const noBoxes: SessionBoxes = { seen: [], named: new Set() };
const inlineTable = memoTable<ReadonlyMap<string, readonly Service[]>>("inline services by device");

export function sessionBoxes(index: FabricIndex, forward: Way, stages: readonly Stage[]): SessionBoxes {
  if (inlineServices(index).size === 0) return noBoxes;
  const named = new Set(stages.flatMap(({ instances }) => instances.map(({ name }) => name)));
  const waypoints = forward.kind === "known" || forward.kind === "broken" ? forward.waypoints : undefined;
  const passed = waypoints?.flatMap((waypoint) => [...inlineAt(index, waypoint), ...namedAt(index, waypoint)]);
  return { seen: passed, named };
}

/** The same way, as far as boxes let it: cut at the first one that does not know the session. */
export function throughKnownBoxes(index: FabricIndex, way: Way, boxes: SessionBoxes): Way {
  if (inlineServices(index).size === 0) return way;
  if (way.kind === "open")
    return {
      ...way,
      ways: way.ways.map((branch) => ({ ...branch, way: throughKnownBoxes(index, branch.way, boxes) })),
    };
  if (way.kind !== "known") return way;
  for (const [place, waypoint] of way.waypoints.entries())
    for (const service of inlineAt(index, waypoint)) {
      if (boxes.named.has(service.name) || service.isStateful === "no") continue;
      if (boxes.seen === undefined)
        return { kind: "unknown", why: `nothing says whether ${service.name} saw the session begin` };
      const verdict = knows(service, boxes.seen);
      if (verdict === "yes") continue;
      if (verdict === "unknown") return { kind: "unknown", why: doubt(service, boxes.seen) };
      const lost = stateLost(
        service,
        boxes.seen.find(({ cluster }) => cluster !== undefined && cluster === service.cluster),
      );
      const arrival = way.legs.findIndex((leg) => leg.to === waypoint.device);
      return {
        ...lost,
        ...(lost.kind === "broken"
          ? { waypoints: way.waypoints.slice(0, place + 1), legs: way.legs.slice(0, arrival + 1) }
          : {}),
      };
    }
  return way;
}

function inlineAt(index: FabricIndex, { role, device }: Waypoint): readonly Service[] {
  if (role === "endpoint" || role === "service") return [];
  return inlineServices(index).get(device) ?? [];
}

function namedAt(index: FabricIndex, { role, name }: Waypoint): readonly Service[] {
  const service = role === "service" && name !== undefined ? index.service(name) : undefined;
  return service === undefined ? [] : [service];
}

function inlineServices(index: FabricIndex): ReadonlyMap<string, readonly Service[]> {
  return index.remember(inlineTable, "", () => {
    const routing = index.fabric.services
      .filter(({ device }) => ["firewall", "load-balancer"].includes(index.device(device)?.kind ?? ""))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
    const table = new Map<string, Service[]>();
    for (const service of routing) {
      const known = table.get(service.device);
      if (known === undefined) table.set(service.device, [service]);
      else known.push(service);
    }
    return table;
  });
}
