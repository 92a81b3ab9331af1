import type { Clock } from "@trunkline/ports";
import { expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";

test("what begins within a moment shares a deadline; what was called off is not told", () => {
  let nowMs = 0;
  const made: { readonly ms: number; readonly controller: AbortController }[] = [];
  const clock: Pick<Clock, "nowMs" | "deadline"> = {
    nowMs: () => nowMs,
    deadline: (ms) => {
      const controller = new AbortController();
      made.push({ ms, controller });
      return controller.signal;
    },
  };
  const deadlines = new Deadlines(
    { ...clock, timestamp: () => "", sleep: async () => {} },
    { afterMs: 50, momentMs: 10 },
  );
  const told: string[] = [];
  const add = (name: string): (() => void) => deadlines.add(() => told.push(name));
  add("first");
  nowMs = 10;
  add("second");
  const callOff = add("third");
  nowMs = 11;
  add("fourth");
  callOff();
  expect(made.map(({ ms }) => ms)).toEqual([60, 60]);
  made[0]?.controller.abort();
  expect(told).toEqual(["first", "second"]);
  made[1]?.controller.abort();
  expect(told).toEqual(["first", "second", "fourth"]);
});
