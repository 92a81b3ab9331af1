import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bentInward, dirtiedWithin, dirtyCurve, restingGuest, scaledCurve } from "./dirty-curve.ts";

const sample = fc.record({
  overMs: fc.integer({ min: 1, max: 600_000 }),
  bytes: fc.integer({ min: 0, max: 2 ** 40 }),
});
const samples = fc.array(sample, { maxLength: 12 });
const ms = fc.integer({ min: 0, max: 1_000_000 });

describe("a dirty curve", () => {
  it("is a straight line through one sample", () => {
    const curve = dirtyCurve([{ overMs: 1000, bytes: 8_000 }]);
    expect([0, 500, 1000, 4000].map((time) => dirtiedWithin(curve, time))).toEqual([0, 4_000, 8_000, 32_000]);
  });

  it("bends where the same memory is written again", () => {
    const curve = dirtyCurve([
      { overMs: 1000, bytes: 8_000 },
      { overMs: 5000, bytes: 12_000 },
    ]);
    expect([1000, 3000, 5000, 9000].map((time) => dirtiedWithin(curve, time))).toEqual([8_000, 10_000, 12_000, 16_000]);
  });

  it("takes times that are alike together", () => {
    const noisy = [6_000, 10_000, 8_000].map((bytes, index) => ({ overMs: 1000 + index, bytes }));
    expect(dirtyCurve(noisy).corners).toEqual([{ overMs: 1001, bytes: 8_000 }]);
  });

  it("levels out what would rise again", () => {
    const curve = dirtyCurve([
      { overMs: 1000, bytes: 1_000 },
      { overMs: 2000, bytes: 4_000 },
    ]);
    expect(curve.corners).toEqual([{ overMs: 2000, bytes: 4_000 }]);
  });

  it("never falls, even if a longer look saw less", () => {
    const curve = dirtyCurve([
      { overMs: 1000, bytes: 8_000 },
      { overMs: 4000, bytes: 5_000 },
    ]);
    expect(dirtiedWithin(curve, 4000)).toBe(8_000);
  });

  it("has nothing to say about a guest without samples", () => {
    expect(dirtyCurve([])).toEqual(restingGuest);
    expect(dirtiedWithin(restingGuest, 10_000)).toBe(0);
  });

  it("rises and bends, whatever the samples", () => {
    fc.assert(
      fc.property(samples, ms, ms, (given, one, other) => {
        const curve = dirtyCurve(given);
        const [sooner, later] = [Math.min(one, other), Math.max(one, other)];
        const [less, more] = [dirtiedWithin(curve, sooner), dirtiedWithin(curve, later)];
        expect(more).toBeGreaterThanOrEqual(less * (1 - 1e-9));
        // Concave through the origin: twice the time dirties at most twice as much.
        expect(more * sooner).toBeLessThanOrEqual(less * later * (1 + 1e-9) + 1e-9);
      }),
    );
  });

  it("does not depend on the order of the samples", () => {
    fc.assert(
      fc.property(samples, (given) => {
        expect(dirtyCurve(given.toReversed())).toEqual(dirtyCurve(given));
      }),
    );
  });

  it("that is flat behind its first corner was bent before it", () => {
    const flat = bentInward(
      dirtyCurve([
        { overMs: 1000, bytes: 10_000 },
        { overMs: 4000, bytes: 10_000 },
      ]),
    );
    expect([400, 1000, 4000].map((time) => dirtiedWithin(flat, time))).toEqual([7_000, 10_000, 10_000]);
    const straight = dirtyCurve([
      { overMs: 1000, bytes: 10_000 },
      { overMs: 4000, bytes: 40_000 },
    ]);
    expect(dirtiedWithin(bentInward(straight), 400)).toBe(4_000);
  });

  it("grows with its scale", () => {
    const curve = dirtyCurve([{ overMs: 1000, bytes: 8_000 }]);
    expect(dirtiedWithin(scaledCurve(curve, 1.5), 2000)).toBe(24_000);
  });
});
