import { describe, expect, it } from "vitest";
import { accuracyOf } from "./accuracy.ts";
import type { Foretold } from "./accuracy.ts";

const move = (totalMs: number, measuredMs: number | null, converges = true): Foretold => ({
  predicted: {
    totalMs,
    downtimeMs: 100,
    bytes: 1_000,
    converges,
    ranges: { totalMs: { low: totalMs * 0.9, high: totalMs * 1.1 }, downtimeMs: zero, bytes: zero },
    verdict: converges ? "converges" : "uncertain",
  },
  measured: measuredMs === null ? null : { totalMs: measuredMs, downtimeMs: 130, bytes: 800 },
});
const zero = { low: 0, high: 0 };

describe("accuracy", () => {
  it("is made of shares of what was measured", () => {
    const accuracy = accuracyOf([move(1_000, 1_000), move(1_100, 1_000), move(1_500, 1_000)]);
    expect(accuracy).toMatchObject({ moves: 3, withinRange: 2 / 3, endForetold: 1, uncertain: 0 });
    expect(accuracy.total?.median).toBeCloseTo(0.1, 9);
    expect(accuracy.total?.p90).toBeCloseTo(0.42, 9);
    expect(accuracy.bytes).toEqual({ median: 0.25, p90: 0.25 });
    expect(accuracy.downtimeMs).toEqual({ median: 30, p90: 30 });
  });

  it("counts a move that did not end as foretold or not, and in no figure", () => {
    const accuracy = accuracyOf([move(1_000, null), move(1_000, null, false), move(1_000, 1_000, false)]);
    expect(accuracy).toMatchObject({ total: null, bytes: null, downtimeMs: null, withinRange: null });
    expect(accuracy.endForetold).toBeCloseTo(1 / 3, 9);
    expect(accuracy.uncertain).toBeCloseTo(2 / 3, 9);
  });

  it("of no move is unknown, not perfect", () => {
    expect(accuracyOf([])).toMatchObject({ moves: 0, total: null, endForetold: null, uncertain: null });
  });
});
