import { describe, expect, it } from "vitest";
import { gridOf, halton } from "./grid.ts";

describe("the grid of loads", () => {
  it("is spread by a Halton sequence", () => {
    expect([1, 2, 3, 4, 5].map((index) => halton(index, 2))).toEqual([0.5, 0.25, 0.75, 0.125, 0.625]);
    expect([1, 2, 3].map((index) => halton(index, 3))).toEqual([1 / 3, 2 / 3, 1 / 9]);
  });

  it("has as many cases to learn from as cases that count, those with less memory first", () => {
    const grid = gridOf(72);
    const [learned, counted] = [grid.slice(0, 36), grid.slice(36)];
    expect(learned.every(({ isForLearning }) => isForLearning)).toBe(true);
    expect(counted.some(({ isForLearning }) => isForLearning)).toBe(false);
    for (const half of [learned, counted]) {
      const sizes = half.map(({ bufferMiB }) => bufferMiB);
      expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    }
  });

  it("asks only for loads that a guest of 256 MiB can bear, and no case twice", () => {
    const grid = gridOf(72);
    for (const { bufferMiB, workingSetMiB, rateMiBps } of grid) {
      expect(bufferMiB).toBeLessThanOrEqual(150);
      expect(workingSetMiB).toBeGreaterThanOrEqual(1);
      expect(workingSetMiB).toBeLessThanOrEqual(bufferMiB);
      expect(rateMiBps).toBeGreaterThanOrEqual(6);
    }
    const loads = grid.map(({ number: _number, isForLearning: _half, ...load }) => JSON.stringify(load));
    expect(new Set(loads).size).toBe(72);
  });
});
