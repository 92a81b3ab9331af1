import { expect, test } from "vitest";
import { alternate, quantile, ratios, spreadOf } from "./paired.ts";

test("both ways are measured in turn, and each pair gives one ratio of B to A", async () => {
  const order: string[] = [];
  const measure = (name: string, values: readonly number[]) => async (index: number) => {
    order.push(name);
    return { ms: values[index] ?? 0 };
  };
  const pairs = await alternate(3, measure("a", [100, 10, 50]), measure("b", [50, 10, 100]));
  expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
  expect(ratios(pairs, ({ ms }) => ms)).toEqual({ min: 0.5, median: 1, max: 2 });
});

test("quantiles lie between their neighbours in proportion", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8);
  expect(spreadOf([7])).toEqual({ min: 7, median: 7, max: 7 });
});

test("what was not measured is not a number, whatever stood beside it", () => {
  expect(quantile([], 0.5)).toBeNaN();
  expect(spreadOf([1, Number.NaN, 3]).median).toBeNaN();
});
