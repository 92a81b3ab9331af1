/** Many seeded runs, added up. */
import { crashRun } from "./crash-run.ts";
import type { CrashRun } from "./crash-run.ts";
import type { Hit } from "./strikes.ts";

export const scenarioNames: readonly string[] = ["crash-anywhere"];

export interface CrashRuns {
  /** The runs themselves, as far as they are asked for one by one. */
  readonly runs: readonly CrashRun[];
  readonly violations: readonly { readonly seed: number; readonly law: string; readonly message: string }[];
  readonly metrics: {
    readonly lives: number;
    readonly moves: number;
    readonly outcomes: Readonly<Record<string, number>>;
    /** How often each moment was struck. */
    readonly hits: Readonly<Record<Hit, number>>;
  };
}

export async function crashRuns(first: number, count: number): Promise<CrashRuns> {
  const runs: CrashRun[] = [];
  const violations: { seed: number; law: string; message: string }[] = [];
  const outcomes: Record<string, number> = {};
  const hits: Record<Hit, number> = {};
  let [lives, moves] = [0, 0];
  for (let seed = first; seed < first + count; seed += 1) {
    const run = await crashRun(seed);
    if (count === 1) runs.push(run);
    lives += run.lives;
    moves += run.moves;
    for (const hit of run.hits) hits[hit] = (hits[hit] ?? 0) + 1;
    for (const [outcome, times] of Object.entries(run.outcomes)) outcomes[outcome] = (outcomes[outcome] ?? 0) + times;
    violations.push(...run.violations.map((violation) => ({ seed, ...violation })));
  }
  return { runs, violations, metrics: { lives, moves, outcomes, hits } };
}
