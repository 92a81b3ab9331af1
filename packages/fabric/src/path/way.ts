/**
 * The way of a flow, as it will be seen on the wire: which devices forward it, over which links, in which VLAN.
 *
 * A way is a list of legs. Within a leg the frame is bridged, from one waypoint to the next, in one segment; at a waypoint
 * it is routed, or passes a service. The two directions are worked out independently: asymmetry is a result.
 *
 * Fractions: a crossing carries the part `share` of the flow (1 where there is one way; 1/n where n equal ways split it).
 */
import type { Tri } from "../fabric.ts";

/** Where a link stands in a way: the direction counts, a link has two. */
export interface Crossing {
  /** As linkId() writes it: `h1/up0--sw1/p-h1`. */
  readonly link: string;
  readonly from: string;
  readonly to: string;
  /** The VLAN tag that it bears there, or the VNI's inner segment over an overlay. */
  readonly vlan: number;
  readonly share: number;
  /** The two ends of the link are in different sites. */
  readonly isBetweenSites: boolean;
}

export interface Leg {
  readonly segment: string;
  readonly from: string;
  readonly to: string;
  /** In the order in which a frame meets them; of several equal ways, sorted by distance, then by link. */
  readonly crossings: readonly Crossing[];
  /** The frame reaches every member of the segment: nobody has learned the destination. */
  readonly isFlooded?: boolean;
}

export interface Waypoint {
  readonly device: string;
  readonly role: "endpoint" | "gateway" | "router" | "service" | "exit";
  /** The endpoint, gateway or service by name. */
  readonly name?: string;
  /** Where more than one device may play the role: with which probability this one does. */
  readonly probability?: number;
}

/** One direction of a flow. */
export type Way =
  | {
      readonly kind: "known";
      readonly waypoints: readonly Waypoint[];
      readonly legs: readonly Leg[];
      readonly latencyUs: Known<number>;
      /** Smallest MTU met, overheads of interconnects taken off; undefined where no port says. */
      readonly mtu?: number;
      /** It arrives, but perhaps over other links than these, and why. */
      readonly doubts?: readonly string[];
    }
  /** It does not arrive, and why: a VLAN that does not reach, a gateway that nobody is, a stateful service left out. */
  | {
      readonly kind: "broken";
      readonly waypoints: readonly Waypoint[];
      readonly legs: readonly Leg[];
      readonly why: Break;
    }
  /** More than one way is possible and nothing says which (half-filtered gateways, GLBP): each with its probability. */
  | {
      readonly kind: "open";
      readonly ways: readonly { readonly probability: number; readonly way: Way }[];
      readonly why: string;
    }
  | { readonly kind: "unknown"; readonly why: string };

export type Break =
  | {
      readonly kind: "no-reach";
      readonly segment: string;
      readonly from: string;
      readonly to: string;
      readonly message: string;
    }
  | { readonly kind: "no-gateway"; readonly gateway: string; readonly message: string }
  | { readonly kind: "no-route"; readonly device: string; readonly message: string }
  /** Routers that send it round in a circle until its time to live is over. */
  | { readonly kind: "loop"; readonly devices: readonly string[]; readonly message: string }
  | { readonly kind: "state-lost"; readonly service: string; readonly message: string };

/** Sums are known only when every part is. */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export interface FlowPath {
  readonly flow: string;
  readonly forward: Way;
  readonly reverse: Way;
  /** "yes" when the two directions pass different gateways, routers or services. */
  readonly isAsymmetric: Tri;
  /** How often each direction goes from one site to another. */
  readonly siteCrossings: { readonly forward: number; readonly reverse: number };
}

/** The same flow before and after moves. */
export interface FlowImpact {
  readonly flow: string;
  readonly before: FlowPath;
  readonly after: FlowPath;
  /** Round trip, in microseconds; positive is slower. */
  readonly roundTripDeltaUs: Known<number>;
  /** Bits per second that the interconnects carry more, by direction of the flow (network.md R9). */
  readonly interconnectDeltaBps: { readonly forward: number; readonly reverse: number };
  /** A session that exists would be dropped, and where. */
  readonly stateLost?: Break;
  /** From the resume on the target until frames arrive there again, when nobody announces or routes converge later. */
  readonly blackHole:
    | { readonly kind: "none" }
    | { readonly kind: "until"; readonly ms?: number; readonly why: string };
}

/** One endpoint in another place. */
export interface PlannedMove {
  readonly endpoint: string;
  readonly target: string;
}
