/**
 * From a placement to the moves that make it better: the better placement (`improve.ts`), then an order in which every step
 * is allowed (`sequence.ts`). Pure, and the same for the same input.
 */
import { improve } from "./improve.ts";
import type { Improvement, SearchBounds } from "./improve.ts";
import type { ScoreTable } from "./score-table.ts";
import { sequence } from "./sequence.ts";
import type { Step } from "./sequence.ts";

export interface MovePlan extends Improvement {
  /** Each allowed when those before it are done. */
  readonly steps: readonly Step[];
  /** VMs that would be better elsewhere, and cannot get there without breaking a constraint on the way. */
  readonly stuck: readonly number[];
  readonly scoreBefore: number;
  /** Never above `scoreBefore`. */
  readonly scoreAfter: number;
}

/** Leaves the table as it is after the last step. */
export function planMoves(table: ScoreTable, bounds: SearchBounds): MovePlan {
  const origins = placementOf(table);
  const scoreBefore = table.score();
  const improvement = improve(table, bounds);
  const wanted = placementOf(table);
  putAll(table, origins);
  const { steps, stuck } = sequence(table, wanted);
  const kept = steps.slice(0, stuck.length === 0 ? steps.length : bestEnd(steps, scoreBefore));
  for (const { vm, source } of steps.slice(kept.length).toReversed()) table.place(vm, source);
  return { ...improvement, steps: kept, stuck, scoreBefore, scoreAfter: table.score() };
}

const placementOf = (table: ScoreTable): Int32Array =>
  Int32Array.from({ length: table.vmCount }, (_, vm) => table.hostOf(vm));

function putAll(table: ScoreTable, hosts: Int32Array): void {
  for (const [vm, host] of hosts.entries()) if (table.hostOf(vm) !== host) table.place(vm, host);
}

/** Half of a plan may be worse than none: it ends where it is best, and not with a VM that is only passing through. */
function bestEnd(steps: readonly Step[], scoreBefore: number): number {
  const passing = new Set<number>();
  let end = 0;
  let least = scoreBefore;
  for (const [index, { vm, isTemporary, score }] of steps.entries()) {
    if (isTemporary) passing.add(vm);
    else passing.delete(vm);
    if (passing.size === 0 && score < least) [end, least] = [index + 1, score];
  }
  return end;
}
