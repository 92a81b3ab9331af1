/** A wish for several VMs: which are meant and who goes after whom; and the record of the batch that is made of its plan. */
import { TrunklineError } from "@trunkline/model";
import type { Batch, BatchPlan, BatchStep, Snapshot, VmId, VmObservation } from "@trunkline/model";
import type { PlacedWish } from "@trunkline/scheduler";
import { chooseVm } from "./choose-vm.ts";
import type { BatchMoveWish, BatchWish } from "./control-plane.ts";
import { moveRequest } from "./move-request.ts";
import type { RequestWorld } from "./move-request.ts";

/** @throws vm.unknown, vm.ambiguous, host.unknown, usage.invalid. */
export function placedWishes(
  world: RequestWorld,
  snapshot: Snapshot,
  { moves, options }: BatchWish,
): readonly PlacedWish[] {
  const meant = moves.map((wish) => ({ wish, vm: chooseVm(snapshot, wish.vm, wish.target) }));
  refuseTwice(meant.map(({ vm }) => vm));
  // What makes a single request impossible does so here, before anybody is asked.
  const asked = { by: "preview", origin: "operator", priority: 0, outlivesProcess: false } as const;
  for (const { wish, vm } of meant)
    if (wish.target !== undefined) moveRequest(world, snapshot, { ...options, vm: vm.id, target: wish.target }, asked);
  const wishes = meant.map(({ wish, vm }): PlacedWish => ({
    vm,
    ...(wish.target === undefined ? {} : { target: wish.target }),
    after: wish.after.map((name) => idOf(name, wish, meant)),
  }));
  refuseCircles(wishes);
  return wishes;
}

type Meant = readonly { readonly wish: BatchMoveWish; readonly vm: VmObservation }[];

function idOf(name: string, { vm }: BatchMoveWish, meant: Meant): VmId {
  const found = meant.find(({ vm: one }) => one.name === name || one.id === name.toLowerCase());
  if (found !== undefined) return found.vm.id;
  throw new TrunklineError("usage.invalid", `${vm} is to go after ${name}, which is not in the batch`, {
    hint: "Name every VM of the batch, also those that others wait for.",
  });
}

function refuseTwice(vms: readonly VmObservation[]): void {
  const seen = new Set<VmId>();
  for (const { id, name } of vms) {
    if (seen.has(id)) throw new TrunklineError("usage.invalid", `${name} is in the batch twice; a VM has one target`);
    seen.add(id);
  }
}

function refuseCircles(wishes: readonly PlacedWish[]): void {
  let left = wishes;
  for (;;) {
    const waiting = new Set(left.map(({ vm }) => vm.id));
    const next = left.filter(({ after }) => after.some((id) => waiting.has(id)));
    if (next.length === 0) return;
    if (next.length === left.length) {
      const names = next.map(({ vm }) => vm.name).join(", ");
      throw new TrunklineError("usage.invalid", `each of ${names} is to go after another of them: none can be first`);
    }
    left = next;
  }
}

type Request = Pick<Batch, "id" | "requestedBy" | "origin" | "requestedAt" | "outlivesProcess">;

/**
 * @param placed who was asked for.
 * @throws batch.refused when the plan is blocked and the batch is to stop on failure, or nothing is left of it.
 */
export function batchOf(
  { onFailure, options }: BatchWish,
  { steps, blocked, stays, predictedMs }: BatchPlan,
  placed: readonly PlacedWish[],
  request: Request,
): Batch {
  if (blocked.length > 0 && (onFailure === "stop" || steps.length + stays.length === 0)) {
    const reasons = blocked.map(({ name, why }) => `${name}: ${why}`);
    throw new TrunklineError("batch.refused", `the batch cannot be carried out. ${reasons.join("; ")}`, {
      details: { blocked: reasons },
    });
  }
  const base = { after: [], roomAfter: [], predictedMs: 0, move: null };
  const wishOf = (id: VmId): PlacedWish => {
    const found = placed.find(({ vm }) => vm.id === id);
    if (found === undefined) throw new TypeError(`the plan has a VM ${id} that nobody asked for`);
    return found;
  };
  const others = [
    ...stays.map((one) => ({ ...one, state: "moved" as const })),
    ...blocked.map(({ vm, name, why }) => ({ vm, name, why, state: "failed" as const })),
  ].map(({ vm, name, why, state }, at): BatchStep => {
    const { vm: observed, target = null } = wishOf(vm);
    return { ...base, step: steps.length + at, vm, name, source: observed.host, target, state, why };
  });
  const planned = steps.map(({ step, vm, name, source, target, after, roomAfter, predicted }): BatchStep => {
    const expected = { predictedMs: predicted.totalMs, state: "waiting", move: null, why: null } as const;
    return { step, vm, name, source, target, after, roomAfter, ...expected };
  });
  const all = [...planned, ...others];
  const isOver = planned.length === 0;
  const state = !isOver ? "running" : blocked.length === 0 ? "completed" : "failed";
  return { ...request, onFailure, options, state, calledOff: null, predictedMs, steps: all };
}
