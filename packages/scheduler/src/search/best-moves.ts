/**
 * The best single move of every VM, kept up to date lazily. A move changes the sums of two hosts: what it does to moves into
 * or out of these is looked at again at once, and the slight rest when a VM comes near the top. So the move that is handed
 * out is as good as it says; that there is no better one is certain only after `lookAtAll`.
 */
import type { ScoreTable } from "./score-table.ts";

export interface BestMove {
  readonly vm: number;
  readonly target: number;
  /** By how much the score falls. */
  readonly gain: number;
}

/** What was known at some point; see `BestMoves.known`. */
export interface KnownMoves {
  readonly gains: Float64Array;
  readonly targets: Int32Array;
  readonly isFresh: Uint8Array;
}

export class BestMoves {
  /** How often a move was looked at. */
  looks = 0;
  readonly #table: ScoreTable;
  readonly #minGain: number;
  readonly #gains: Float64Array;
  readonly #targets: Int32Array;
  /** Whether a VM was looked at in full since the last move. */
  readonly #isFresh: Uint8Array;

  /** @param minGain VMs that cannot gain so much are not looked at. */
  constructor(table: ScoreTable, minGain = 0) {
    this.#table = table;
    this.#minGain = minGain;
    this.#gains = new Float64Array(table.vmCount);
    this.#targets = new Int32Array(table.vmCount);
    this.#isFresh = new Uint8Array(table.vmCount);
    this.lookAtAll();
  }

  lookAtAll(): void {
    for (let vm = 0; vm < this.#table.vmCount; vm += 1) this.#lookAt(vm);
  }

  /** @returns undefined where no VM can go anywhere. */
  best(): BestMove | undefined {
    const gains = this.#gains;
    // What a look makes better raises the bar for those behind it, so the best is known before the others are looked at.
    let vm = this.#top();
    while (vm >= 0 && this.#isFresh[vm] === 0) {
      this.#lookAt(vm);
      vm = this.#top();
    }
    if (vm < 0) return undefined;
    const near = (gains[vm] ?? 0) * nearness;
    let seen = 0;
    for (let other = 0; other < gains.length && seen < nearMost; other += 1) {
      if (this.#isFresh[other] === 1 || (gains[other] ?? -Infinity) < near) continue;
      this.#lookAt(other);
      seen += 1;
      if ((gains[other] ?? -Infinity) > (gains[vm] ?? 0)) vm = other;
    }
    return { vm, target: this.#targets[vm] ?? 0, gain: gains[vm] ?? 0 };
  }

  /** Places a VM and looks at what that changes: all of the VM's new neighbours, and the host it left as a target. */
  place(vm: number, host: number): void {
    const table = this.#table;
    const left = table.hostOf(vm);
    table.place(vm, host);
    this.#isFresh.fill(0);
    const score = table.score();
    for (let other = 0; other < table.vmCount; other += 1) {
      const place = table.hostOf(other);
      if (place === host) this.#lookAt(other);
      else if (place !== left) this.#offer(other, left, score);
    }
  }

  /** To go back to, once the VMs are back where they were. */
  known(): KnownMoves {
    return { gains: this.#gains.slice(), targets: this.#targets.slice(), isFresh: this.#isFresh.slice() };
  }

  recall({ gains, targets, isFresh }: KnownMoves): void {
    this.#gains.set(gains);
    this.#targets.set(targets);
    this.#isFresh.set(isFresh);
  }

  #top(): number {
    let top = -1;
    let gain = -Infinity;
    // By index, and no pairs: this is the innermost of all loops.
    for (let vm = 0; vm < this.#gains.length; vm += 1) {
      const known = this.#gains[vm] ?? -Infinity;
      if (known <= gain) continue;
      top = vm;
      gain = known;
    }
    return top;
  }

  #lookAt(vm: number): void {
    const table = this.#table;
    const source = table.hostOf(vm);
    const score = table.score();
    this.#isFresh[vm] = 1;
    this.#gains[vm] = -Infinity;
    if (table.mostGain(vm) < this.#minGain) return;
    for (let target = 0; target < table.hostCount; target += 1) if (target !== source) this.#offer(vm, target, score);
  }

  #offer(vm: number, target: number, score: number): void {
    this.looks += 1;
    const gain = score - this.#table.scoreAfter(vm, target);
    if (gain <= (this.#gains[vm] ?? -Infinity)) return;
    this.#gains[vm] = gain;
    this.#targets[vm] = target;
  }
}

/** Of the best gain: what was last seen nearer to it than this is looked at before a move is handed out. */
const nearness = 0.8;
/** In large clusters many are near, and which of them goes first matters little. */
const nearMost = 50;
