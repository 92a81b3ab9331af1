import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveId } from "@trunkline/model";
import { rateStepBps } from "../limits.ts";
import { shareRates } from "./share-rates.ts";
import type { SharingMove } from "./share-rates.ts";

const id = (number: number) => moveId(`00000000-0000-4000-8000-${String(number).padStart(12, "0")}`);
const steps = (count: number): number => count * rateStepBps;

describe("rates of moves that share links", () => {
  it("are equal on one link but for a step, whole steps, and together all of it", () => {
    const moves = [1, 2, 3].map((number): SharingMove => ({ id: id(number), links: ["uplink"] }));
    expect([...shareRates(moves, new Map([["uplink", steps(10)]])).values()]).toEqual([steps(4), steps(3), steps(3)]);
  });

  it("give what one cannot use to the others", () => {
    const moves: readonly SharingMove[] = [
      { id: id(1), links: ["uplink"], askedBps: steps(1) },
      { id: id(2), links: ["uplink"] },
      { id: id(3), links: ["uplink", "narrow"] },
    ];
    const left = new Map([
      ["uplink", steps(12)],
      ["narrow", steps(2)],
    ]);
    expect([...shareRates(moves, left).values()]).toEqual([steps(1), steps(9), steps(2)]);
  });

  it("follow the weights", () => {
    const moves: readonly SharingMove[] = [
      { id: id(1), links: ["uplink"], weight: 3 },
      { id: id(2), links: ["uplink"] },
    ];
    expect([...shareRates(moves, new Map([["uplink", steps(8)]])).values()]).toEqual([steps(6), steps(2)]);
  });

  it("leave out a move that nothing bounds, and stop none", () => {
    const moves: readonly SharingMove[] = [
      { id: id(1), links: [] },
      { id: id(2), links: ["full"] },
    ];
    const rates = shareRates(moves, new Map([["full", 0]]));
    expect([rates.has(id(1)), rates.get(id(2))]).toEqual([false, steps(1)]);
  });

  it("fit into every link, whatever the order of the moves", () => {
    const move = fc.record({
      links: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
      weight: fc.integer({ min: 1, max: 5 }),
    });
    const capacity = fc.integer({ min: 20, max: 200 });
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 8 }), capacity, capacity, capacity, (drawn, a, b, c) => {
        const moves = drawn.map((one, at): SharingMove => ({ ...one, id: id(at) }));
        const left = new Map(Object.entries({ a, b, c }).map(([link, count]) => [link, steps(count)]));
        const rates = shareRates(moves, left);
        for (const [link, bps] of left) {
          const on = moves.filter(({ links }) => links.includes(link)).map((one) => rates.get(one.id) ?? 0);
          expect(on.reduce((sum, rate) => sum + rate, 0)).toBeLessThanOrEqual(bps);
        }
        expect(shareRates(moves.toReversed(), left)).toEqual(rates);
      }),
    );
  });
});
