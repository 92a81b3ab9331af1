/**
 * A lock of the database server (RFC 7047 sections 4.1.8 to 4.1.10): a name that one connection holds at a time. It is gone
 * with the connection. Who only asked gets it later by a "locked" notification; who holds it may lose it by "stolen".
 */
import type { OvsdbError } from "../errors.ts";

export interface OvsdbLock {
  readonly name: string;
  isHeld(): boolean;
  /** Resolves when the lock is held. Rejects when the connection ends, the lock is given back, or the caller gives up. */
  waitUntilHeld(signal?: AbortSignal): Promise<void>;
  /** Resolves when the lock is not held, so when it was stolen. Rejects as above. */
  waitUntilLost(signal?: AbortSignal): Promise<void>;
  unlock(): Promise<void>;
}

interface Waiter {
  readonly wanted: boolean;
  readonly settle: (error?: OvsdbError) => void;
}

/** Where the lock stands, and who waits for a change of that. */
export class LockState {
  readonly #waiters = new Set<Waiter>();
  #isHeld = false;
  #end: OvsdbError | undefined;

  isHeld(): boolean {
    return this.#isHeld;
  }

  change(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const waiter of this.#waiters) if (waiter.wanted === isHeld) waiter.settle();
  }

  end(reason: OvsdbError): void {
    this.#end = reason;
    this.#isHeld = false;
    for (const waiter of this.#waiters) waiter.settle(reason);
  }

  async wait(wanted: boolean, signal: AbortSignal | undefined, aborted: () => OvsdbError): Promise<void> {
    if (this.#end !== undefined) throw this.#end;
    if (signal?.aborted === true) throw aborted();
    if (this.#isHeld === wanted) return;
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => waiter.settle(aborted());
      const waiter: Waiter = {
        wanted,
        settle: (error) => {
          this.#waiters.delete(waiter);
          signal?.removeEventListener("abort", onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }
}
