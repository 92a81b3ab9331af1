/**
 * What flows leave of each link to moves. The flows go first: they are what the network is for. Only where a host shapes
 * its uplinks do moves have a claim of their own, and then only against what that host sends.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { FlowLoads } from "./flow-loads.ts";
import { shapeHost, trafficClasses } from "./host-shaping.ts";
import { linkTable } from "./link-table.ts";

export interface MoveRoom {
  /** Infinity where nothing is known to limit it. */
  readonly bps: number;
  /** "shares": another amount than the capacity less the flows, because the host shapes what it sends. */
  readonly by: "link" | "shares";
  readonly isCapacityKnown: boolean;
}

/** By the number of the direction. */
export type MoveRooms = (direction: number) => MoveRoom;

/** Remembers what it worked out, so keep it as long as the loads stay the same. */
export function moveRooms(index: FabricIndex, loads: FlowLoads): MoveRooms {
  const rooms = new Map<number, MoveRoom>();
  return (direction) => {
    const known = rooms.get(direction);
    if (known !== undefined) return known;
    const room = roomOf(index, loads, direction);
    rooms.set(direction, room);
    return room;
  };
}

function roomOf(index: FabricIndex, loads: FlowLoads, direction: number): MoveRoom {
  const { from, capacityBps } = linkTable(index).directions[direction] ?? { from: "" };
  const isCapacityKnown = capacityBps !== undefined;
  const leftBps = Math.max(0, (capacityBps ?? Infinity) - (loads.bps[direction] ?? 0));
  const device = index.device(from);
  const shaping = device?.kind === "host" ? (device.shaping ?? []) : [];
  if (shaping.length === 0) return { bps: leftBps, by: "link", isCapacityKnown };
  const ofClass = (name: (typeof trafficClasses)[number]): number =>
    loads.byClassBps[direction * trafficClasses.length + trafficClasses.indexOf(name)] ?? 0;
  const limitBps = shaping.find(({ name }) => name === "migration")?.limitBps ?? Infinity;
  // Without a capacity there is no telling who contends with whom; a limit holds anyhow.
  const classBps = isCapacityKnown
    ? shapeHost(
        shaping,
        { migration: Infinity, vm: ofClass("vm"), storage: ofClass("storage"), management: ofClass("management") },
        capacityBps,
      ).migration
    : limitBps;
  // Flows of the class that are described were there before.
  const bps = Math.max(0, classBps - ofClass("migration"));
  return { bps, by: isSame(bps, leftBps) ? "link" : "shares", isCapacityKnown };
}

const isSame = (left: number, right: number): boolean =>
  left === right || Math.abs(left - right) <= rounding * Math.max(left, right);

const rounding = 1e-9;
