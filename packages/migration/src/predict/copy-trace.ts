/**
 * What the looks at a running copy teach: how much the first round sent, and what the guest dirtied within how long.
 *
 * QEMU reads its dirty bitmap between two rounds. When that was at least a second after it last did its sums, it publishes
 * the rate at which pages became dirty since (migration_bitmap_sync in migration/ram.c, 7.2): rate and time together are a
 * sample. Shorter rounds are added up until a second is full.
 */
import type { CopyTrace, DirtySample } from "@trunkline/model";
import { limits } from "../limits.ts";

/** As much of a hypervisor's progress as is learned from. */
export interface CopyLook {
  readonly elapsedMs: number;
  readonly memorySentBytes: number;
  /** 1 while the first round lasts; 0 before it. */
  readonly round: number;
  readonly dirtyRateBps: number | undefined;
}

export class CopyTracer {
  #looks = 0;
  #startedMs: number | undefined;
  #round = 0;
  #sumsSinceMs = 0;
  #first: { readonly bytes: number; readonly ms: number } | undefined;
  readonly #dirtied: DirtySample[] = [];

  look({ elapsedMs, memorySentBytes, round, dirtyRateBps }: CopyLook): void {
    this.#looks += 1;
    if (round < 1 || this.#looks > limits.tracedLooks) return;
    if (this.#startedMs === undefined) [this.#startedMs, this.#sumsSinceMs] = [elapsedMs, elapsedMs];
    const isNewRound = round > this.#round && this.#round > 0;
    this.#round = Math.max(this.#round, round);
    if (!isNewRound) return;
    this.#first ??= { bytes: memorySentBytes, ms: elapsedMs - this.#startedMs };
    const overMs = elapsedMs - this.#sumsSinceMs;
    if (overMs < sumsMs || dirtyRateBps === undefined) return;
    this.#dirtied.push({ overMs, bytes: Math.round((dirtyRateBps / bitsPerByte / msPerS) * overMs) });
    this.#sumsSinceMs = elapsedMs;
  }

  /** @returns undefined when no round was seen to end. */
  trace(): CopyTrace | undefined {
    if (this.#first === undefined || this.#first.bytes <= 0) return undefined;
    return {
      firstRoundBytes: this.#first.bytes,
      firstRoundMs: this.#first.ms,
      dirtied: this.#dirtied.slice(0, samplesKept),
    };
  }
}

const sumsMs = 1000;
const bitsPerByte = 8;
const msPerS = 1000;
/** Later samples of a move that goes round and round say what the first ones said. */
const samplesKept = 16;
