/**
 * What moves may take of one link while others use it, too: looked at again and again, it gives way at once when other
 * traffic rises, and takes back what that leaves, at most twice as much with each look.
 *
 * Some of the link stays free: traffic that could take more is only seen to want it when there is room to take it. A link
 * that stays full for two looks although moves leave that room is wanted by somebody, nobody knows how much: moves then go
 * down by a third with each look. One look may be full by chance: QEMU sends in ten bursts a second, of which one more or less
 * falls into it. They keep a small share in any case, because a move that stands still never ends. Rates are told in whole
 * steps, rounded down: half a step is added here, so that on a slow link not half a step of it is given away.
 */
import { assert } from "@trunkline/model";
import { rateStepBps } from "../limits.ts";

export interface LinkLook {
  /** All that went over the busier direction since the last look, and the part of it that moves sent. */
  readonly carriedBps: number;
  readonly movesBps: number;
}

export class LinkYield {
  readonly #capacityBps: number;
  readonly #mostBps: number;
  #wasContested = false;
  #othersBefore: number | undefined;
  #looksOfSilence = 0;
  allowedBps: number;

  /** @param budgetBps what moves may take of it at most; without it, all that is free. */
  constructor(capacityBps: number, budgetBps: number | undefined) {
    assert(capacityBps > 0, "a link carries something");
    this.#capacityBps = capacityBps;
    this.#mostBps = Math.min(budgetBps ?? Infinity, (capacityBps * usedShare) / withHeaders);
    this.allowedBps = this.#mostBps;
  }

  look({ carriedBps, movesBps }: LinkLook): number {
    // More than it can carry: a reading that came late counts the time before, too.
    if (carriedBps > this.#capacityBps * possibleShare) return this.allowedBps;
    const othersBps = this.#smoothed(Math.max(0, carriedBps - movesBps * withHeaders));
    const floorBps = Math.min(this.#capacityBps * floorShare, this.#mostBps);
    const freeBps = (this.#capacityBps * usedShare - othersBps) / withHeaders + rateStepBps / 2;
    const isContested = carriedBps >= this.#capacityBps * fullShare && othersBps >= this.#capacityBps * noticedShare;
    const step = !isContested ? growth : this.#wasContested ? retreat : 1;
    this.#wasContested = isContested;
    const nextBps = Math.min(freeBps, this.allowedBps * step);
    this.allowedBps = Math.min(Math.max(nextBps, floorBps), this.#mostBps);
    return this.allowedBps;
  }

  /**
   * Over two looks, unless it changed by more than counting is off by: more is believed at once, less after three looks. A
   * connection that lost a packet is silent for some tenths of a second, and finds its place taken if that is taken for its end.
   */
  #smoothed(othersBps: number): number {
    const before = this.#othersBefore ?? othersBps;
    const jumpBps = this.#capacityBps * jumpShare;
    if (before - othersBps > jumpBps && this.#looksOfSilence < looksUntilOver) {
      this.#looksOfSilence += 1;
      return before;
    }
    this.#looksOfSilence = 0;
    this.#othersBefore = othersBps;
    return Math.abs(othersBps - before) > jumpBps ? othersBps : (othersBps + before) / 2;
  }
}

/**
 * Of the link, all traffic together; above the second it is full: frames of full size leave no more than 98.4 % of an
 * Ethernet link to what a port counts, the rest is preamble, check sequence and gap (1514 of 1538 bytes).
 */
const usedShare = 0.97;
const fullShare = 0.98;
const possibleShare = 1.1;
/** Less of other traffic is within what counting moves' own bytes is off by. */
const noticedShare = 0.02;
const jumpShare = 0.1;
const looksUntilOver = 2;
/** What moves keep: the others then have nine tenths of the link at least. */
const floorShare = 0.05;
const growth = 2;
const retreat = 0.7;
/** Ethernet, IP and TCP headers beside 1460 bytes of memory, and the acknowledgements' share. */
const withHeaders = 1.05;
