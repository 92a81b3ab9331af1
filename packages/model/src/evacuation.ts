/** Emptying a host for maintenance: what was asked, and how far each of its VMs is. Written to the store as JSON. */
import type { CheckResult } from "./check.ts";
import type { HostName, MoveId, VmId } from "./ids.ts";
import type { Prediction } from "./move.ts";

export interface Evacuation {
  readonly host: HostName;
  readonly requestedBy: string;
  readonly requestedAt: string;
  /** `stuck`: nothing more is tried; each VM that is left says why. */
  readonly state: "running" | "done" | "stuck";
  readonly vms: readonly EvacuatedVm[];
}

export interface EvacuatedVm {
  readonly vm: VmId;
  readonly name: string;
  /** `stays`: it does not run, so its definition is left where it is. */
  readonly state: "waiting" | "moving" | "moved" | "stuck" | "stays";
  readonly target: HostName | null;
  readonly attempts: number;
  readonly move: MoveId | null;
  /** The last thing that kept it here. */
  readonly why: string | null;
  /** Hosts whose checks refused it: they are not asked again by this evacuation. */
  readonly refusedBy?: readonly HostName[];
}

/** The preview: what would be moved where, in which order, and what stands in the way. */
export interface EvacuationPlan {
  readonly host: HostName;
  /** First what nothing can be done about without a person. */
  readonly blocked: readonly BlockedVm[];
  /** Moves of one wave run side by side within the budgets; a wave follows the one before. */
  readonly waves: readonly (readonly PlannedMove[])[];
  readonly stays: readonly { readonly vm: VmId; readonly name: string; readonly why: string }[];
  /** The waves' durations, longest move of each, added up. */
  readonly predictedMs: number;
  /** What all of it together does to the network, worst first. */
  readonly network: readonly CheckResult[];
}

export interface BlockedVm {
  readonly vm: VmId;
  readonly name: string;
  /** For each host that was considered, the checks that block it. */
  readonly candidates: readonly { readonly host: HostName; readonly checks: readonly CheckResult[] }[];
  readonly why: string;
}

export interface PlannedMove {
  readonly vm: VmId;
  readonly name: string;
  readonly target: HostName;
  readonly predicted: Prediction;
  /** Why this target. */
  readonly reason: string;
}
