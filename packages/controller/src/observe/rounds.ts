/**
 * How long it takes until every host was asked once, whatever the order in which the hosts' own loops come to it: a
 * round begins when the one before is complete, and is complete when each host was asked in it.
 */
export class Rounds {
  readonly #missing = new Set<string>();
  #beganMs = 0;
  #lastedMs: number | null = null;

  /** Of the last complete round. */
  get lastedMs(): number | null {
    return this.#lastedMs;
  }

  begin(hosts: Iterable<string>, nowMs: number): void {
    this.#missing.clear();
    for (const host of hosts) this.#missing.add(host);
    this.#beganMs = nowMs;
  }

  /** @returns whether the round is complete; its owner begins the next. */
  asked(host: string, nowMs: number): boolean {
    this.#missing.delete(host);
    if (this.#missing.size > 0) return false;
    this.#lastedMs = nowMs - this.#beganMs;
    return true;
  }
}
