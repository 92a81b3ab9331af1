/** What a router does with a packet, as a value. */
import type { Neighbour } from "./routers.ts";
import type { Break } from "./way.ts";

export type Step =
  | { readonly kind: "arrived" }
  /** Bridged in the segment to the destination's device. */
  | { readonly kind: "deliver"; readonly segment: string }
  /** To one of several that are equal. */
  | { readonly kind: "forward"; readonly next: readonly Neighbour[] }
  /** To another tunnel endpoint, over the underlay, in the VNI of the VRF. */
  | { readonly kind: "tunnel"; readonly next: Neighbour }
  /** To one of several, of which nothing says which. */
  | {
      readonly kind: "open";
      readonly next: readonly (Neighbour & { readonly probability: number })[];
      readonly why: string;
    }
  | { readonly kind: "broken"; readonly why: Break }
  | { readonly kind: "unknown"; readonly why: string };
