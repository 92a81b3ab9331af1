/** Where a fabric document and what was observed do not agree. */
import type { Tri } from "../fabric.ts";

/** Stable names; docs/fabric-import.md lists what each means. */
export const differenceKinds = [
  "undocumented-device",
  "undocumented-port",
  "undocumented-link",
  "link",
  "port-vlans",
  "vlan-membership",
  "native-vlan",
  "vtp-domain",
  "mtu",
  "undocumented-gateway",
  "gateway-split",
  "gateway-active",
  "gateway-member",
  "gateway-priority",
  "gateway-address",
  "gateway-group",
  "gateway-mac",
  "endpoint-place",
  "endpoint-vlan",
] as const;

export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  /** Names of the objects it is about, the most telling first: `sw1/p2`, `web01`. */
  readonly subjects: readonly string[];
  readonly message: string;
  /** As the document has it; left out where it has nothing. */
  readonly document?: string;
  readonly observed: string;
  /** "yes": the two cannot both be right. "unknown": they may be, and the message says how. Never "no". */
  readonly certainty: Exclude<Tri, "no">;
  /** When it was last seen. */
  readonly seenAtMs: number;
}
