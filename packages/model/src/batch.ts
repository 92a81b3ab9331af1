/** Several VMs moved as one request: what was asked, in which order it goes, how far each step is. Stored as JSON. */
import type { CheckResult } from "./check.ts";
import type { BlockedVm, PlannedMove } from "./evacuation.ts";
import type { BatchId, HostName, MoveId, VmId } from "./ids.ts";
import type { MoveOptions, MoveOrigin } from "./move.ts";

/** `stop`: the first move that does not complete calls off those that have not started; `continue`: only what needs it. */
export type OnFailure = "stop" | "continue";

/** The preview: which moves, in which order, how long all of it takes, and what stands in the way. */
export interface BatchPlan {
  /** With any of them, a batch that stops on failure does not begin. */
  readonly blocked: readonly BlockedVm[];
  /** In the order in which they are to go; a VM that goes by way of another host has two. */
  readonly steps: readonly PlannedStep[];
  /** Steps by their number: those of one wave run side by side within budgets and memory. */
  readonly waves: readonly (readonly number[])[];
  /** VMs that run on their target already. */
  readonly stays: readonly { readonly vm: VmId; readonly name: string; readonly why: string }[];
  /** From the first start to the last end, played through with what links give to moves that run side by side. */
  readonly predictedMs: number;
  /** What all of it together does to the network, worst first. */
  readonly network: readonly CheckResult[];
}

export interface PlannedStep extends PlannedMove {
  /** Its number in the batch. */
  readonly step: number;
  readonly source: HostName;
  /** Steps that must have completed: asked for, or the same VM's way to the host that it leaves now. */
  readonly after: readonly number[];
  /** Steps that must have ended because they make room on its target. */
  readonly roomAfter: readonly number[];
  /** When it begins, from the start of the batch, if all goes as predicted. */
  readonly startMs: number;
}

export interface Batch {
  readonly id: BatchId;
  readonly requestedBy: string;
  /** Absent: an operator. */
  readonly origin?: MoveOrigin;
  readonly requestedAt: string;
  readonly onFailure: OnFailure;
  /** A batch of a service is carried on by the next one; a command's ends with the command. */
  readonly outlivesProcess: boolean;
  /** Of each of its moves. */
  readonly options: MoveOptions;
  /** `failed`: not every VM is where it was to go; each step that is not `moved` says why. */
  readonly state: "running" | "completed" | "failed" | "cancelled";
  /** From when on no further move is started, and why; null: not so. */
  readonly calledOff: { readonly kind: "failure" | "cancel"; readonly why: string } | null;
  readonly predictedMs: number;
  readonly steps: readonly BatchStep[];
}

export interface BatchStep extends Pick<PlannedStep, "step" | "vm" | "name" | "source" | "after" | "roomAfter"> {
  /** null: no host was found for it. */
  readonly target: HostName | null;
  readonly predictedMs: number;
  /** `moving`: it was asked for; it may still wait in the queue. */
  readonly state: "waiting" | "moving" | "moved" | "failed" | "called-off";
  readonly move: MoveId | null;
  readonly why: string | null;
}
