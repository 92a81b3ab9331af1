/**
 * Chance that can be repeated: xoshiro128** 1.1 by D. Blackman and S. Vigna (prng.di.unimi.it/xoshiro128starstar.c, public
 * domain), its state filled by SplitMix64 (prng.di.unimi.it/splitmix64.c) as its authors advise.
 */
import type { Random } from "@trunkline/ports";

export type RandomState = [number, number, number, number];

export class SeededRandom implements Random {
  readonly #state: RandomState;

  constructor(seed: number | bigint | RandomState) {
    this.#state = typeof seed === "object" ? [...seed] : stateOf(BigInt(seed));
  }

  /** 32 bits. */
  word(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate(s[3], 11);
    return result;
  }

  /** 53 bits, as many as a number holds. */
  next(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** A whole number below `bound`. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** Version 4 (RFC 9562, section 5.4). */
  uuid(): string {
    const hex = [this.word(), this.word(), this.word(), this.word()]
      .map((word) => word.toString(16).padStart(8, "0"))
      .join("");
    const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }

  /** A stream of its own, so that one reader's draws do not shift another's. */
  fork(): SeededRandom {
    return new SeededRandom((BigInt(this.word()) << 32n) | BigInt(this.word()));
  }
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by));

/** Four words from two steps of SplitMix64. */
function stateOf(seed: bigint): RandomState {
  const first = splitMix64(seed);
  const second = splitMix64(first.state);
  const low = (word: bigint): number => Number(word & 0xffff_ffffn) | 0;
  const high = (word: bigint): number => Number(word >> 32n) | 0;
  return [low(first.output), high(first.output), low(second.output), high(second.output)];
}

export function splitMix64(state: bigint): { state: bigint; output: bigint } {
  const next = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
  let z = next;
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return { state: next, output: z ^ (z >> 31n) };
}
