/** One leg as a stretch of a way: bridged within a segment from one device to another, or the reason why it is not. */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { bridgedWay } from "../layer-two/bridged-way.ts";
import type { SegmentReach } from "../layer-two/segment-reach.ts";
import { endName } from "./text.ts";
import type { Way } from "./way.ts";

const stretches = memoTable<Way>("bridged stretches");

/** It ends before the device `to`, which the caller adds as a waypoint with its role. */
export function bridged(index: FabricIndex, segment: string, from: string, to: string): Way {
  // Pairs of hosts are too many to be remembered, and hardly any comes twice; each has ways to few routers.
  if (isHost(index, from) && isHost(index, to)) return find(index, segment, from, to);
  return index.remember(stretches, `${segment}\u0000${from}\u0000${to}`, () => find(index, segment, from, to));
}

const isHost = (index: FabricIndex, device: string): boolean => index.device(device)?.kind === "host";

function find(index: FabricIndex, segment: string, from: string, to: string): Way {
  const way = bridgedWay(index, segment, from, to);
  switch (way.kind) {
    case "known":
      return {
        kind: "known",
        waypoints: [],
        legs: [{ segment, from, to, crossings: way.crossings }],
        latencyUs: way.latencyUs,
        ...(way.mtu === undefined ? {} : { mtu: way.mtu }),
        ...(way.certainty === "yes" || way.doubts.length === 0 ? {} : { doubts: way.doubts }),
      };
    case "no-reach":
      return {
        kind: "broken",
        waypoints: [],
        legs: [],
        why: { kind: "no-reach", segment, from, to, message: reachText(way.reach, segment, from, to) },
      };
    case "unknown":
      return { kind: "unknown", why: way.why };
  }
}

function reachText(reach: SegmentReach, segment: string, from: string, to: string): string {
  const what = `${segment} does not reach from ${from} to ${to}`;
  switch (reach.kind) {
    case "missing": {
      const gaps = reach.gaps.map((gap) =>
        gap.kind === "device"
          ? `VLAN ${gap.vlan} is not defined on ${gap.device}`
          : `VLAN ${gap.vlan} is missing on ${endName(gap.port)}`,
      );
      return `${what}: ${gaps.join(", ")}`;
    }
    case "disconnected":
    case "unknown":
      return `${what}: ${reach.why}`;
    case "reached":
      return what;
  }
}
