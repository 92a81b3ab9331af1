/**
 * Moves one after the other, each of which is allowed when its turn comes: of those that are, the one that helps most goes
 * first, so that a plan that is broken off has done the better part. Where none is allowed, because each waits for room that
 * another holds, one VM goes to a third host for a while. Pure.
 */
import type { ScoreTable } from "./score-table.ts";

export interface Step {
  readonly vm: number;
  readonly source: number;
  readonly target: number;
  /** To a host where the VM does not stay. */
  readonly isTemporary: boolean;
  /** When it is done. */
  readonly score: number;
}

export interface Sequence {
  readonly steps: readonly Step[];
  /** VMs that could not go where they were to go, although a way round was looked for. */
  readonly stuck: readonly number[];
}

/**
 * @param table as it is before the first step; left as it is after the last one.
 * @param wanted each VM's host.
 */
export function sequence(table: ScoreTable, wanted: Int32Array): Sequence {
  const waiting = new Set<number>();
  for (let vm = 0; vm < table.vmCount; vm += 1) if (table.hostOf(vm) !== wanted[vm]) waiting.add(vm);
  const detoured = new Set<number>();
  const steps: Step[] = [];
  const go = (vm: number, target: number): void => {
    const source = table.hostOf(vm);
    table.place(vm, target);
    const isTemporary = target !== wanted[vm];
    if (isTemporary) detoured.add(vm);
    else waiting.delete(vm);
    steps.push({ vm, source, target, isTemporary, score: table.score() });
  };
  while (waiting.size > 0) {
    const vm = bestAllowed(table, wanted, waiting);
    if (vm !== undefined) {
      go(vm, wanted[vm] ?? 0);
      continue;
    }
    const detour = detourOf(table, wanted, waiting, detoured);
    if (detour === undefined) break;
    go(detour.vm, detour.target);
  }
  return { steps, stuck: [...waiting] };
}

function bestAllowed(table: ScoreTable, wanted: Int32Array, waiting: ReadonlySet<number>): number | undefined {
  let best: number | undefined;
  let least = Infinity;
  for (const vm of waiting) {
    const score = table.scoreAfter(vm, wanted[vm] ?? 0);
    if (score < least) [best, least] = [vm, score];
  }
  return best;
}

/** A host to which one of them can go so that another can go on. A VM goes round once at most, so this ends. */
function detourOf(
  table: ScoreTable,
  wanted: Int32Array,
  waiting: ReadonlySet<number>,
  detoured: ReadonlySet<number>,
): { readonly vm: number; readonly target: number } | undefined {
  for (const vm of waiting) {
    if (detoured.has(vm)) continue;
    const source = table.hostOf(vm);
    for (let target = 0; target < table.hostCount; target += 1) {
      if (target === source || table.scoreAfter(vm, target) === Infinity) continue;
      table.place(vm, target);
      const others = new Set(waiting);
      others.delete(vm);
      const helps = bestAllowed(table, wanted, others) !== undefined;
      table.place(vm, source);
      if (helps) return { vm, target };
    }
  }
  return undefined;
}
