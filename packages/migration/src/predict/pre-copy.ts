/**
 * The rounds of a pre-copy, as QEMU makes them (migration/migration.c and migration/ram.c of 7.2).
 *
 * A round sends what was dirty at its beginning, until what is left of it would fit into the downtime limit at the rate of
 * the moment. Then the dirty bitmap is read again. If what is dirty now fits, the guest is stopped and that is sent at
 * whatever rate the link gives; else the next round begins. The rate is kept by pausing each tenth of a second once its
 * share is sent, so a round ends somewhere within such a share: half of one is taken as the mean.
 *
 * Auto-converge slows the guest down: when more was dirtied than half of what was sent since the last look, twice in a
 * row, the guest loses a share of its time, which then grows step by step.
 */
import { assert } from "@trunkline/model";
import type { AutoConverge } from "@trunkline/model";
import { limits } from "../limits.ts";
import { dirtiedWithin } from "./dirty-curve.ts";
import type { DirtyCurve } from "./dirty-curve.ts";
import { DowntimeLadder } from "./downtime-ladder.ts";

export interface PreCopyInput {
  /** What the first round sends: pages that hold something. */
  readonly memoryBytes: number;
  readonly dirty: DirtyCurve;
  /** While the guest runs. */
  readonly bytesPerMs: number;
  /** While it is stopped: the limit of the rate does not hold then. */
  readonly stoppedBytesPerMs: number;
  readonly maxDowntimeMs: number;
  /** The limit begins low and rises to `maxDowntimeMs` as far as it must (downtime-ladder.ts). */
  readonly downtimeRises?: boolean;
  readonly autoConverge?: AutoConverge;
  /** Of the time that its virtual processors could run, in which they do; without it, all of it. */
  readonly cpuShare?: number;
}

export interface PreCopyRun {
  readonly converges: boolean;
  /** While the guest runs. */
  readonly copyMs: number;
  /** Until what is left has been sent with the guest stopped. */
  readonly stoppedMs: number;
  readonly bytes: number;
  readonly rounds: number;
  /** At the end, percent; 0 where the guest was never slowed down. */
  readonly throttle: number;
}

export function runPreCopy(input: PreCopyInput): PreCopyRun {
  const { memoryBytes, bytesPerMs, stoppedBytesPerMs, maxDowntimeMs, downtimeRises = false } = input;
  assert(bytesPerMs > 0 && stoppedBytesPerMs > 0, "a transfer has a rate above zero");
  const ladder = new DowntimeLadder(maxDowntimeMs);
  const limitMs = (): number => (downtimeRises ? ladder.limitMs : maxDowntimeMs);
  const brake = new Brake(input.autoConverge, input.cpuShare);
  // What the guest writes to again and again, and what it leaves alone.
  const hotSet = Math.min(memoryBytes, dirtiedWithin(input.dirty, horizonMs));
  let [hot, cold] = [hotSet, memoryBytes - hotSet];
  let [sent, copyMs, rounds] = [0, 0, 1];
  while (hot + cold > bytesPerMs * limitMs() && rounds < limits.predictedRounds) {
    const dirty = hot + cold;
    // Nothing is left at the end of a share, where the limit is shorter than half of one.
    const left = Math.max(bytesPerMs * (limitMs() - shareMs / 2), 0);
    const roundBytes = dirty - left;
    const roundMs = roundBytes / bytesPerMs;
    const dirtied = Math.min(dirtiedWithin(input.dirty, roundMs * brake.guestShare), hotSet);
    sent += roundBytes;
    copyMs += roundMs;
    rounds += 1;
    const leftShare = left / dirty;
    hot = hotSet === 0 ? 0 : hot * leftShare * (1 - dirtied / hotSet) + dirtied;
    cold *= leftShare;
    const hasBraked = brake.look(roundMs, dirtied, roundBytes);
    const hasStepped = downtimeRises && ladder.look(copyMs, rounds, hot + cold);
    const mayChange = hasBraked || brake.canGrow || hasStepped || (downtimeRises && ladder.canGrow);
    // As much dirty as before at the same pace: it will never be less.
    if (hot + cold >= dirty && cold < hot && !mayChange) break;
  }
  const dirty = hot + cold;
  return {
    converges: dirty <= bytesPerMs * limitMs(),
    copyMs,
    stoppedMs: dirty / stoppedBytesPerMs,
    bytes: sent + dirty,
    rounds: rounds + 1,
    throttle: brake.throttle,
  };
}

/** One round; then the guest goes on at the target, and what it had dirtied meanwhile follows at whatever rate the link gives. */
export function runPostCopy(input: PreCopyInput): PreCopyRun {
  const { memoryBytes, bytesPerMs, stoppedBytesPerMs, dirty } = input;
  assert(bytesPerMs > 0 && stoppedBytesPerMs > 0, "a transfer has a rate above zero");
  const roundMs = memoryBytes / bytesPerMs;
  const left = Math.min(memoryBytes, dirtiedWithin(dirty, roundMs));
  const copyMs = roundMs + left / stoppedBytesPerMs;
  return { converges: true, copyMs, stoppedMs: 0, bytes: memoryBytes + left, rounds: 2, throttle: 0 };
}

/**
 * The law by which QEMU's auto-converge slows a guest down; without settings it never does. A guest that waits for most of its
 * time loses its waiting first: only when less than it needs is left does it write less.
 */
export class Brake {
  readonly #settings: AutoConverge | undefined;
  readonly #cpuShare: number;
  #sinceLookMs = 0;
  #dirtied = 0;
  #sent = 0;
  #times = 0;
  throttle = 0;

  constructor(settings: AutoConverge | undefined, cpuShare = 1) {
    assert(cpuShare > 0 && cpuShare <= 1, "a guest that dirties memory runs for some of its time");
    this.#settings = settings;
    this.#cpuShare = cpuShare;
  }

  /** What it does in a time, to what it would do. */
  get guestShare(): number {
    return Math.min(1, (1 - this.throttle / 100) / this.#cpuShare);
  }

  get canGrow(): boolean {
    return this.#settings !== undefined && this.throttle < throttleMax;
  }

  /** @returns whether the guest is slower now. */
  look(ms: number, dirtied: number, sent: number): boolean {
    this.#sinceLookMs += ms;
    this.#dirtied += dirtied;
    this.#sent += sent;
    if (this.#settings === undefined || this.#sinceLookMs < lookMs) return false;
    const isTooMuch = this.#dirtied > this.#sent * dirtyShareMax;
    [this.#sinceLookMs, this.#dirtied, this.#sent] = [0, 0, 0];
    this.#times = isTooMuch ? this.#times + 1 : this.#times;
    if (this.#times < looksBeforeBrake || !this.canGrow) return false;
    this.#times = 0;
    const { initial, increment } = this.#settings;
    this.throttle = Math.min(throttleMax, this.throttle === 0 ? initial : this.throttle + increment);
    return true;
  }
}

/** XFER_LIMIT_RATIO: the rate holds over tenths of a second. */
const shareMs = 100;
/** `throttle-trigger-threshold` 50 %, twice in a row; `max-cpu-throttle` 99 %; looked at when a second has gone by. */
const dirtyShareMax = 0.5;
const looksBeforeBrake = 2;
const throttleMax = 99;
const lookMs = 1000;
/** In which a guest is taken to have written to all that it ever writes to. */
const horizonMs = 60_000;
