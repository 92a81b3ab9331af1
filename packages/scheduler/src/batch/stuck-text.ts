/** Why a move of a batch found no place in any order, in one sentence. */
import type { HostMemory } from "./host-memory.ts";
import type { Leg, Ordering } from "./order.ts";

/** @param before the hosts as they are before the batch. */
export function whyStuck(leg: Leg, { order, stuck }: Ordering, before: HostMemory): string {
  const { name, target, memoryMiB } = leg;
  const awaited = stuck.find(({ vm, isLast }) => isLast && leg.after.includes(vm));
  if (awaited !== undefined) return `it is to go after ${awaited.name}, which cannot go`;
  const memory = before.copy();
  for (const done of order) {
    memory.arrive(done);
    memory.depart(done);
  }
  const leftMiB = Math.max(0, memory.leftMiB(target));
  const needs = `${name} needs ${memoryMiB} MiB on ${target}, which has ${leftMiB} MiB left`;
  const leavers = stuck.filter(({ source, vm }) => source === target && vm !== leg.vm);
  if (leavers.length === 0) return `${needs} once all that is planned has arrived`;
  const names = leavers.map((one) => `${one.name} has gone to ${one.target}`).join(" and ");
  return `${needs} until ${names}, and that waits for room in its turn; no other host has room for one of them meanwhile`;
}
