/**
 * How long QEMU may stop the guest for the last pass: short at first, so that most moves stop it hardly at all, and longer
 * step by step where the rounds do not shrink any more. It never exceeds what was asked for.
 *
 * QEMU alone waits until the rest fits into one fixed limit (`downtime-limit`, 300 ms), and then uses it up although it could
 * have come lower.
 */
import { assert } from "@trunkline/model";

export class DowntimeLadder {
  readonly #mostMs: number;
  #round = 0;
  #dirtyBytes = Number.POSITIVE_INFINITY;
  #steppedAtMs = Number.NEGATIVE_INFINITY;
  limitMs: number;

  constructor(mostMs: number) {
    assert(mostMs > 0, "a guest is stopped for some time, however short");
    this.#mostMs = mostMs;
    this.limitMs = Math.min(firstMs, mostMs);
  }

  get canGrow(): boolean {
    return this.limitMs < this.#mostMs;
  }

  /**
   * @param round the one that has just begun; others than new ones say nothing.
   * @param dirtyBytes what it has to send.
   * @returns whether the limit is another one now.
   */
  look(atMs: number, round: number, dirtyBytes: number): boolean {
    if (round <= this.#round) return false;
    const isStuck = this.#round > 1 && dirtyBytes >= this.#dirtyBytes * shrunkTo;
    [this.#round, this.#dirtyBytes] = [round, dirtyBytes];
    if (!isStuck || !this.canGrow || atMs - this.#steppedAtMs < pauseMs) return false;
    this.#steppedAtMs = atMs;
    this.limitMs = Math.min(this.#mostMs, Math.round(this.limitMs * stepBy));
    return true;
  }
}

/** Half a share of the rate (pre-copy.ts): less could not be met even by a guest that rests. */
const firstMs = 50;
const stepBy = 1.5;
/** A round that has more to send than this share of the one before does not come nearer to an end. */
const shrunkTo = 0.8;
/** In which a new limit shows what it does. */
const pauseMs = 400;
