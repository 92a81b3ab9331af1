/** Where a test can strike: at every call before and after its effect, and at every event. */
import type { VmId } from "@trunkline/model";
import type { HypervisorEvent } from "@trunkline/ports";

export type CallName =
  | "list"
  | "survey"
  | "sight"
  | "describe"
  | "facts"
  | "offers"
  | "compare-cpu"
  | "progress"
  | "last-transfer"
  | "tune"
  | "measure-dirt"
  | "watch"
  | "announce"
  | "abort"
  | "pause-post-copy"
  | "resume"
  | "destroy"
  | "begin"
  | "prepare"
  | "perform"
  | "perform-peer-to-peer"
  | "start-post-copy"
  | "finish"
  | "confirm"
  | "finish-cancelled"
  | "confirm-cancelled";

export interface Call {
  readonly process: string;
  readonly name: CallName;
  readonly host: string;
  readonly vm: VmId | undefined;
  /** `before`: it reaches the host. `after`: the host has done it, and its answer has not left. */
  readonly when: "before" | "after";
}

/** `lose` the request (before) or the answer (after): silence until the deadline. */
export type CallFault = "lose" | { readonly refuse: string } | { readonly delayMs: number };

export interface FaultHooks {
  /** It may also strike by itself, for example kill the process or a daemon. */
  onCall?: (call: Call) => CallFault | undefined;
  onEvent?: (report: {
    readonly process: string;
    readonly host: string;
    readonly event: HypervisorEvent;
  }) => "lose" | { readonly delayMs: number } | undefined;
}
