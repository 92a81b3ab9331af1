/**
 * Does a segment reach from one device to another, and if not, what is the smallest repair?
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { ConfigChange } from "../fix/config-change.ts";
import type { FabricEnd } from "../ports.ts";
import { vlanReach } from "../vlan-reach.ts";

/** One setting that is missing. Mending all gaps of an answer makes the segment reach. */
export type Gap =
  /** The port does not carry the VLAN. */
  | { readonly kind: "port"; readonly port: FabricEnd; readonly vlan: number }
  /** The port carries the VLAN with a tag where the other end sends and expects it without one. */
  | { readonly kind: "native"; readonly port: FabricEnd; readonly vlan: number }
  /** The device's VLAN database does not have it. */
  | { readonly kind: "device"; readonly device: string; readonly vlan: number };

export type SegmentReach =
  /** Every port and device on the way carries it. `assumed` are ports whose setting somebody assumed. */
  | { readonly kind: "reached"; readonly path: readonly string[]; readonly assumed: readonly FabricEnd[] }
  | {
      readonly kind: "missing";
      readonly path: readonly string[];
      readonly gaps: readonly Gap[];
      /** Ports on the way that nobody could read, besides. */
      readonly unread: readonly FabricEnd[];
      readonly repair: readonly ConfigChange[];
    }
  | {
      readonly kind: "unknown";
      readonly path: readonly string[];
      readonly unread: readonly FabricEnd[];
      readonly why: string;
    }
  /** No link leads there, as far as the fabric is described, or none that may be changed. */
  | { readonly kind: "disconnected"; readonly why: string };

export interface ReachOptions {
  /** Ports whose setting may be changed; without it, all. Ports that already carry the segment need no permission. */
  readonly mayChange?: (port: FabricEnd) => boolean;
}

export function segmentReach(
  index: FabricIndex,
  segment: string,
  from: string,
  to: string,
  _options: ReachOptions = {},
): SegmentReach {
  const vlan = index.vlanOf(segment, from);
  if (vlan === undefined || index.vlanOf(segment, to) === undefined)
    return { kind: "disconnected", why: `${segment} does not exist at ${vlan === undefined ? from : to}` };
  const reach = vlanReach(index.fabric, vlan, from, to);
  switch (reach.kind) {
    case "reached":
      return { kind: "reached", path: reach.path, assumed: [] };
    case "missing": {
      const gaps = reach.gaps.map((port): Gap => ({ kind: "port", port, vlan }));
      return { kind: "missing", path: reach.path, gaps, unread: reach.unread, repair: [] };
    }
    case "unknown":
      return { kind: "unknown", path: reach.path, unread: reach.unread, why: "ports could not be read" };
    case "disconnected":
      return { kind: "disconnected", why: `no link leads from ${from} to ${to}` };
  }
}
