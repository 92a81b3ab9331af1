/**
 * What is wrong with a fabric, or would be after a move. One sentence says what was found, about which object, and what it
 * means; the figures stand beside it, and the repair is data that fix/ writes in the language of each device.
 */
import type { Tri } from "../fabric.ts";
import type { ConfigChange } from "../fix/config-change.ts";

export type FindingSeverity = "block" | "warn" | "info";

/** Stable names; docs/findings.md lists them with what triggers each. Numbers are those of the ranked table in its sources. */
export type FindingRule =
  | "vlan-path"
  | "port-group"
  | "trombone-egress"
  | "move-bandwidth"
  | "stateful-asymmetry"
  | "mtu-path"
  | "gateway-at-target"
  | "trunk-symmetry"
  | "trombone-ingress"
  | "fhrp-half-filtered"
  | "fhrp-election"
  | "move-limits"
  | "move-network"
  | "chatty-peers"
  | "batch-order"
  | "announce"
  | "vlan-sprawl"
  | "single-point"
  | "interconnect-loss"
  | "duplicate"
  | "drift"
  | "post-move";

export interface Finding {
  readonly rule: FindingRule;
  readonly severity: FindingSeverity;
  /** "yes": it is so. "unknown": it may be so, and `evidence` says what is not known. */
  readonly certainty: Tri;
  /** Names of the objects it is about, the most telling first: `leaf3/Eth7`, `web01`. */
  readonly subjects: readonly string[];
  readonly message: string;
  readonly figures?: readonly FindingFigure[];
  /** What it rests on: a port's setting, an election, a path. */
  readonly evidence: readonly string[];
  readonly fix?: readonly ConfigChange[];
  /** Where no setting mends it: what a person can do. */
  readonly advice?: string;
}

export interface FindingFigure {
  readonly name: string;
  readonly before?: number;
  readonly after?: number;
  readonly unit: "bps" | "us" | "ms" | "bytes" | "ratio" | "count";
}
