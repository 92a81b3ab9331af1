/**
 * The active topology of a segment: over which links its frames travel, which links are closed to them and why, and
 * which devices are in one broadcast domain.
 */
import type { Tri } from "../fabric.ts";
import type { FabricEnd } from "../ports.ts";

/** Several links that act as one: a link aggregation group, or a single link. */
export interface TopologyEdge {
  /** By linkId(), sorted. */
  readonly links: readonly string[];
  /** Devices of either side, sorted; two where the side is an MLAG domain. */
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly kind: "link" | "peer-link" | "overlay";
  /** "unknown": a port on it could not be read. */
  readonly carries: "yes" | "unknown";
}

export interface BlockedEdge {
  readonly links: readonly string[];
  /** Where it is closed. */
  readonly at: FabricEnd;
  readonly reason: "spanning-tree" | "native-mismatch";
  /** The root bridge of the tree that closes it. */
  readonly root?: string;
  readonly message: string;
}

/** Links that form a ring which nothing opens: a broadcast goes round for ever. */
export interface BridgingLoop {
  readonly links: readonly string[];
  readonly devices: readonly string[];
  /** "unknown": it may be opened by something that is not described. */
  readonly certainty: Tri;
  readonly message: string;
}

/** A link whose ends mean different segments by the same frames: native VLANs that differ, a number that is used twice. */
export interface VlanJoin {
  readonly link: string;
  readonly cause: "native-mismatch" | "number-reused";
  readonly here: { readonly end: FabricEnd; readonly vlan: number };
  readonly there: { readonly end: FabricEnd; readonly vlan: number; readonly segment?: string };
  /** Rapid PVST+ notices that the native VLANs differ, and closes the link for both of them. */
  readonly isBlocked: boolean;
}

export interface SegmentTopology {
  readonly segment: string;
  /** Devices in one broadcast domain, as far as is known for sure; each sorted, the largest first. */
  readonly components: readonly (readonly string[])[];
  readonly edges: readonly TopologyEdge[];
  readonly blocked: readonly BlockedEdge[];
  readonly loops: readonly BridgingLoop[];
  readonly joins: readonly VlanJoin[];
  /** Root bridges, one for each region of spanning tree. */
  readonly roots: readonly string[];
  /** "unknown": which links forward depends on something that is not described; `doubts` says on what. */
  readonly certainty: Tri;
  readonly doubts: readonly string[];
}
