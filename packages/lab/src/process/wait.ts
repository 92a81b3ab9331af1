/**
 * Waiting, always bounded and always cancellable: for a condition to hold, and for many steps with few at a time.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { PARALLEL_STEPS, POLL_INTERVAL_MS } from "../limits.ts";
import { throwIfCancelled } from "./run.ts";

/** Asks until the answer is not undefined; undefined when the time is over. */
export async function waitFor<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<T | undefined> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    throwIfCancelled(options.signal);
    const answer = await ask();
    if (answer !== undefined || performance.now() > deadline) return answer;
    await sleep(POLL_INTERVAL_MS);
  }
}

/**
 * Runs a step for each item, a few at a time. After a failure no further step begins, those under way are awaited,
 * and the first failure is thrown: nothing of the lab is still being built when the caller hears of it.
 */
export async function forEachInParallel<T>(items: readonly T[], step: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined && failures.length === 0; item = waiting.shift()) {
      try {
        await step(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_STEPS, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

/** Awaits all branches, also after one failed, then throws the first failure. */
export async function together(branches: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(branches);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
