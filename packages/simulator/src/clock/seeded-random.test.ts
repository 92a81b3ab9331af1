import { describe, expect, it } from "vitest";
import { SeededRandom, splitMix64 } from "./seeded-random.ts";

describe("the seeded generator", () => {
  it("is xoshiro128** 1.1: the published program's words from the state 1, 2, 3, 4", () => {
    const random = new SeededRandom([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => random.word())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("is seeded by SplitMix64: the published program's words from 1234567", () => {
    let state = 1234567n;
    const outputs = Array.from({ length: 3 }, () => {
      const step = splitMix64(state);
      state = step.state;
      return step.output;
    });
    expect(outputs).toEqual([6457827717110365317n, 3203168211198807973n, 9817491932198370423n]);
  });

  it("gives the same for the same seed, and something else for another", () => {
    const [one, same, other] = [new SeededRandom(7), new SeededRandom(7n), new SeededRandom(8)];
    const draw = (random: SeededRandom): readonly unknown[] => [random.uuid(), random.next(), random.below(10)];
    const drawn = draw(one);
    expect(draw(same)).toEqual(drawn);
    expect(draw(other)).not.toEqual(drawn);
  });

  it("draws evenly, from 0 to below 1", () => {
    const random = new SeededRandom(1);
    const counts = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let draw = 0; draw < 80_000; draw += 1) {
      const at = Math.floor(random.next() * 8);
      counts[at] = (counts[at] ?? 0) + 1;
    }
    expect(counts).toHaveLength(8);
    // Six standard deviations of a binomial count of 80,000 draws at 1/8.
    for (const count of counts)
      expect(Math.abs(count - 10_000)).toBeLessThan(6 * Math.sqrt(80_000 * (1 / 8) * (7 / 8)));
  });

  it("makes UUIDs of version 4", () => {
    const random = new SeededRandom(3);
    for (let draw = 0; draw < 100; draw += 1)
      expect(random.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
