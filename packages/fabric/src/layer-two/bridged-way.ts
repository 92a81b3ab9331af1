/**
 * Which links a unicast frame takes when it is bridged from one device to another within a segment.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Tri } from "../fabric.ts";
import type { Crossing, Known } from "../path/way.ts";
import type { SegmentReach } from "./segment-reach.ts";
import { segmentReach } from "./segment-reach.ts";

export type BridgedWay =
  | {
      readonly kind: "known";
      /** In the order in which a frame meets them; of several equal ways, by distance, then by link. */
      readonly crossings: readonly Crossing[];
      /** One way, from device to device; the mean where ways of different length share the traffic. */
      readonly latencyUs: Known<number>;
      /** Smallest MTU met, overheads taken off; undefined where no port says. */
      readonly mtu?: number;
      /** "unknown": it arrives, but perhaps over other links than these; `doubts` says why. */
      readonly certainty: Tri;
      readonly doubts: readonly string[];
    }
  | { readonly kind: "no-reach"; readonly reach: SegmentReach }
  | { readonly kind: "unknown"; readonly why: string };

export function bridgedWay(index: FabricIndex, segment: string, from: string, to: string): BridgedWay {
  const reach = segmentReach(index, segment, from, to);
  if (reach.kind === "unknown") return { kind: "unknown", why: reach.why };
  if (reach.kind !== "reached") return { kind: "no-reach", reach };
  const crossings: Crossing[] = [];
  let latencyUs: Known<number> = { known: true, value: 0 };
  for (const [place, near] of reach.path.slice(0, -1).entries()) {
    const far = reach.path[place + 1];
    const view = index.linksOf(near).find((candidate) => candidate.far.device === far);
    if (view === undefined || far === undefined) continue;
    const { id, isBetweenSites } = view;
    crossings.push({ link: id, from: near, to: far, vlan: index.vlanOf(segment, near) ?? 0, share: 1, isBetweenSites });
    latencyUs =
      latencyUs.known && view.latencyUs !== undefined
        ? { known: true, value: latencyUs.value + view.latencyUs }
        : { known: false, why: `the latency of ${id} is not described` };
  }
  return { kind: "known", crossings, latencyUs, certainty: "unknown", doubts: [] };
}
