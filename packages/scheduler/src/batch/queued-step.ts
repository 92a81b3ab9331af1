/** A planned step as admission sees a move that waits. */
import { moveId } from "@trunkline/model";
import type { HostName, VmId } from "@trunkline/model";
import type { MoveWaiting } from "../admission/admit.ts";

export interface QueuedStep {
  readonly step: number;
  readonly vm: VmId;
  readonly name: string;
  readonly source: HostName;
  readonly target: HostName;
}

/** Equals start in the order of their numbers. */
export function queued({ step, vm, name: vmName, source, target }: QueuedStep): MoveWaiting {
  const asked = { origin: "operator", priority: 0 } as const;
  return { request: { id: moveId(`${step}`), vm, vmName, source, target, asked }, askedAt: "", sequence: step };
}
