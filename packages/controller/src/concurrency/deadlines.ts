/**
 * Deadlines shared by whatever begins within the same moment: a thousand questions a second have a handful of timers,
 * and none of them ends later than asked for by more than that moment.
 */
import type { Clock } from "@trunkline/ports";

export interface DeadlineSpan {
  readonly afterMs: number;
  readonly momentMs: number;
}

export class Deadlines {
  readonly #clock: Clock;
  readonly #span: DeadlineSpan;
  #latest: Moment | undefined;

  constructor(clock: Clock, span: DeadlineSpan) {
    this.#clock = clock;
    this.#span = span;
  }

  /** @returns the function that calls it off. */
  add(onDeadline: () => void): () => void {
    const { bound } = this.#current();
    bound.add(onDeadline);
    return () => {
      bound.delete(onDeadline);
    };
  }

  #current(): Moment {
    const nowMs = this.#clock.nowMs();
    const { afterMs, momentMs } = this.#span;
    if (this.#latest !== undefined && nowMs - this.#latest.madeMs <= momentMs) return this.#latest;
    const moment = { madeMs: nowMs, bound: new Set<() => void>() };
    const onDeadline = (): void => {
      for (const act of moment.bound) act();
    };
    this.#clock.deadline(afterMs + momentMs).addEventListener("abort", onDeadline, { once: true });
    this.#latest = moment;
    return moment;
  }
}

interface Moment {
  readonly madeMs: number;
  readonly bound: Set<() => void>;
}
