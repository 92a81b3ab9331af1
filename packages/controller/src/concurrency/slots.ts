/**
 * At most so many at a time; the others wait in the order in which they came. A place is given back by calling what
 * `take` returned, once or more often, or taken back from holders that keep it too long: they go on without it.
 */
export class Slots {
  readonly #waiting = new Set<() => void>();
  /** Since when each place is held, the longest first. */
  readonly #held = new Map<object, number>();
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** @param nowMs asked for when the place is there. */
  async take(nowMs: () => number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    const place = {};
    this.#held.set(place, nowMs());
    return () => this.#giveBack(place);
  }

  /** Takes back what has been held since before that time. */
  takeBack(beforeMs: number): void {
    for (const [place, sinceMs] of this.#held) {
      if (sinceMs >= beforeMs) return;
      this.#giveBack(place);
    }
  }

  /** Fulfils when a place was handed over. */
  async #turn(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onTurn = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      const onAbort = (): void => {
        this.#waiting.delete(onTurn);
        reject(signal.reason instanceof Error ? signal.reason : new Error("it was given up"));
      };
      this.#waiting.add(onTurn);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #giveBack(place: object): void {
    if (!this.#held.delete(place)) return;
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
