/**
 * Which links a unicast frame takes when it is bridged from one device to another within a segment.
 *
 * The way follows the active topology (layer.ts). Within it a frame is divided where nothing but a hash decides: over the
 * members of a link aggregation group, over the equal ways of the underlay. In an MLAG domain a frame leaves by the ports
 * of the member that it came to; the peer-link is crossed only where that member has none. A host with several uplinks
 * that are not one group uses one of them for each VM, so all have an equal part, and it is not sure.
 *
 * A flooded frame takes other ways: flooding.ts.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { knownWay } from "./known-way.ts";
import type { SegmentReach } from "./segment-reach.ts";
import { segmentReach } from "./segment-reach.ts";
import type { Spread } from "./spread.ts";
import { evenly, singly } from "./spread.ts";
import type { KnownBridgedWay } from "./stretches.ts";

export type BridgedWay =
  | KnownBridgedWay
  | { readonly kind: "no-reach"; readonly reach: SegmentReach }
  | { readonly kind: "unknown"; readonly why: string };

/** Many flows together: shares add up to one at every cut through the way. */
export function bridgedWay(index: FabricIndex, segment: string, from: string, to: string): BridgedWay {
  return findWay(index, segment, from, to, evenly);
}

/**
 * The way of a single flow, whose hash picks one member of every group and one of equal ways: all shares are 1.
 * @param pick gets the number of ways at a fork, at least 1, and says which one: 0 to n - 1.
 */
export function bridgedStrand(
  index: FabricIndex,
  segment: string,
  from: string,
  to: string,
  pick: (ways: number) => number,
): BridgedWay {
  return findWay(index, segment, from, to, singly(pick));
}

function findWay(index: FabricIndex, segment: string, from: string, to: string, spread: Spread): BridgedWay {
  const way = knownWay(index, segment, from, to, spread);
  if (way !== undefined) return way;
  const reach = segmentReach(index, segment, from, to);
  switch (reach.kind) {
    case "missing":
    case "disconnected":
      return { kind: "no-reach", reach };
    case "unknown":
      return { kind: "unknown", why: reach.why };
    case "reached":
      return { kind: "unknown", why: `${segment} reaches from ${from} to ${to}, but over which links is not known` };
  }
}
