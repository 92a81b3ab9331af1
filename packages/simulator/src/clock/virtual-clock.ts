/**
 * Time that passes only when everybody waits: `run` lets all code that can go on go on, then jumps to the next timer.
 *
 * INVARIANTS
 * - Timers fire in the order of their time, equal times in the order in which they were set: the same calls give the same
 *   order, whatever the machine does.
 * - Between two timers every promise that can settle has settled. What waits for real input or output is not seen here:
 *   a test that does such things hands in a `turn` that waits for them.
 */
import { assert } from "@trunkline/model";
import type { Clock } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { Timers } from "./timers.ts";

export interface VirtualClockOptions {
  /** Wall-clock time at 0 ms. */
  readonly epoch?: string;
  /** Lets every promise that can settle do so; one turn of the event loop when absent. */
  readonly turn?: () => Promise<void>;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;
}

export class VirtualClock implements Clock, Timers {
  readonly #epochMs: number;
  readonly #turn: () => Promise<void>;
  readonly #heap: Timer[] = [];
  #nowMs = 0;
  #order = 0;

  constructor({ epoch = "2026-01-01T00:00:00.000Z", turn = eventLoopTurn }: VirtualClockOptions = {}) {
    this.#epochMs = Date.parse(epoch);
    this.#turn = turn;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  timestamp(): string {
    return new Date(this.#epochMs + Math.floor(this.#nowMs)).toISOString();
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        cancel();
        reject(signal.reason as Error);
      };
      const cancel = this.after(ms, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  deadline(ms: number): AbortSignal {
    const controller = new AbortController();
    this.after(ms, () => {
      controller.abort(timeoutError(ms));
    });
    return controller.signal;
  }

  after(ms: number, run: () => void): () => void {
    assert(this.#heap.length < limits.timers, "a bounded number of timers waits");
    this.#order += 1;
    const timer: Timer = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order, run };
    push(this.#heap, timer);
    return () => {
      timer.run = undefined;
    };
  }

  /** Lets time pass until `work` has settled. @throws when nothing is left that could settle it. */
  async run<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    work.then(over, over);
    await this.#advance(
      () => isOver,
      () => {
        throw new Error(`nothing will ever happen again after ${this.#nowMs} ms, and the work has not ended`);
      },
    );
    return await work;
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#advance(
      () => {
        const next = this.#next();
        return next === undefined || next.atMs > untilMs;
      },
      () => undefined,
    );
    this.#nowMs = untilMs;
  }

  async #advance(isOver: () => boolean, whenIdle: () => void): Promise<void> {
    for (let steps = 0; ; steps += 1) {
      assert(steps < limits.clockSteps, "a run of virtual time ends");
      await this.#turn();
      if (isOver()) return;
      const timer = this.#next();
      if (timer === undefined) {
        whenIdle();
        return;
      }
      pop(this.#heap);
      this.#nowMs = timer.atMs;
      timer.run?.();
    }
  }

  /** The next timer that still has something to do. */
  #next(): Timer | undefined {
    let first = this.#heap[0];
    while (first !== undefined && first.run === undefined) {
      pop(this.#heap);
      first = this.#heap[0];
    }
    return first;
  }
}

const eventLoopTurn = async (): Promise<void> => {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
};

/** As `AbortSignal.timeout` names it, so that nobody can tell the clocks apart. */
const timeoutError = (ms: number): Error =>
  Object.assign(new Error(`the time of ${ms} ms is over`), { name: "TimeoutError" });

const isBefore = (left: Timer, right: Timer): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);

function push(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(timer, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[at * 2 + 1];
    const right = heap[at * 2 + 2];
    if (left === undefined) break;
    const isRight = right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (!isBefore(child, last)) break;
    heap[at] = child;
    at = at * 2 + (isRight ? 2 : 1);
  }
  heap[at] = last;
}
