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
  /**
   * Not AbortSignal.timeout: a signal made of it by AbortSignal.any holds it weakly, so that it may be collected and never
   * fire (seen on Node 20.20). This one is held by its timer.
   */
  deadline: (ms) => {
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort(new DOMException("the time is over", "TimeoutError"));
    }, ms).unref();
    return controller.signal;
  },
};
