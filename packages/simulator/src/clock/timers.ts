/**
 * Timers of the simulated world. It runs on any `Clock`: in virtual time the clock itself keeps them, elsewhere each is a
 * sleep of the clock, so that a cluster can also be served in real time.
 */
import type { Clock } from "@trunkline/ports";

export interface Timers {
  nowMs(): number;
  /** Runs once after so long, unless the returned function was called before. Equal times keep their order. */
  after(ms: number, run: () => void): () => void;
}

export function timersOn(clock: Clock): Timers {
  if (isTimers(clock)) return clock;
  return {
    nowMs: () => clock.nowMs(),
    after: (ms, run) => {
      const over = new AbortController();
      clock.sleep(Math.max(0, ms), over.signal).then(
        () => {
          if (!over.signal.aborted) run();
        },
        () => undefined,
      );
      return () => {
        over.abort();
      };
    },
  };
}

const isTimers = (clock: Clock): clock is Clock & Timers => "after" in clock;
