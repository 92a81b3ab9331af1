import { expect, test } from "vitest";
import { isDoneWithin } from "./bounded.ts";
import { Tally } from "./tally.ts";

test("work that never ends is ended, and what it did until then is there", () => {
  let rounds = 0;
  const isDone = isDoneWithin(50, () => {
    for (;;) rounds += 1;
  });
  expect(isDone).toBe(false);
  expect(rounds).toBeGreaterThan(0);
});

test("work that ends is done; what it throws is thrown", () => {
  expect(isDoneWithin(10_000, () => undefined)).toBe(true);
  const failure = new TypeError("a defect");
  expect(() => {
    isDoneWithin(10_000, () => {
      throw failure;
    });
  }).toThrow(failure);
});

test("a packet is slow when it is slow every time", () => {
  const tally = new Tally();
  tally.time(80, 60, 1, () => 2);
  tally.time(7, 60, 2, () => 9);
  tally.time(6, 60, 3, () => 6);
  expect(tally.figures.slowest).toEqual({ ms: 7, bytes: 60, which: 2 });
});

test("all defects are counted, and the first of them kept", () => {
  const tally = new Tally();
  for (let index = 0; index < 30; index += 1) tally.addDefect({ index, message: "broken", hex: "00" });
  expect(tally.figures.untypedErrors).toBe(30);
  expect(tally.defects.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
