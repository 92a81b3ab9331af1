/** A proposal to spread the load: what it would gain and cost, and why it proposes no more than that. */
import type { HostName, VmId } from "./ids.ts";
import type { Prediction } from "./move.ts";

/**
 * How much a move has to help before it is recommended. 1: nothing is moved for balance. 5: whatever helps a little.
 * The levels of the original's migration threshold.
 */
export type BalanceThreshold = 1 | 2 | 3 | 4 | 5;

export interface BalancePlan {
  readonly threshold: BalanceThreshold;
  /** 0 to 100; `bound`: no placement of these VMs on these hosts scores higher. */
  readonly score: { readonly before: number; readonly after: number; readonly bound: number };
  /** What the score is made of: points lost, before and after. */
  readonly terms: readonly { readonly name: BalanceTerm; readonly before: number; readonly after: number }[];
  readonly hosts: readonly HostPressure[];
  /** In an order in which each fits. */
  readonly moves: readonly Recommendation[];
  /** Hosts that are under pressure all the same, each with what stands in the way of relief. */
  readonly held: readonly HeldMove[];
  /** How many moves each level would recommend, 1 to 5, if every check passed. */
  readonly movesByThreshold: readonly number[];
}

/** `contention`: demand that cannot be met. `headroom`: little is left for what comes next. */
export type BalanceTerm = "contention" | "headroom";

export interface HostPressure {
  readonly host: HostName;
  /** Why it takes no VM; null: it does. */
  readonly closed: string | null;
  readonly before: Pressure;
  readonly after: Pressure;
}

/** Demand over what the host has, 1 being all of it; and how its VMs fare, 0 to 100. */
export interface Pressure {
  readonly cpuRatio: number;
  readonly memoryRatio: number;
  readonly score: number;
}

export interface Recommendation {
  readonly vm: VmId;
  readonly name: string;
  readonly source: HostName;
  readonly target: HostName;
  /** Points of the VMs' scores, added up over all VMs. */
  readonly gain: number;
  /** The lowest level that recommends it. */
  readonly level: BalanceThreshold;
  readonly predicted: Prediction;
  readonly reason: string;
}

export interface HeldMove {
  readonly host: HostName;
  /** The best move that could relieve it; null: there is none. */
  readonly move: { readonly vm: VmId; readonly name: string; readonly target: HostName; readonly gain: number } | null;
  readonly why: string;
}
