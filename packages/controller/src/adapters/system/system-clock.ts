/** The machine's own time. */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "@trunkline/ports";

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  timestamp: () => new Date().toISOString(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
  deadline: (ms) => AbortSignal.timeout(ms),
};
