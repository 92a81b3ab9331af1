import { expect, test } from "vitest";
import { SilenceCounter } from "./keepalive.ts";

test("a peer that speaks is never asked", () => {
  const silence = new SilenceCounter(2);
  for (let tick = 0; tick < 10; tick++) {
    silence.heard();
    expect(silence.tick()).toBe("rest");
  }
});

test("a silent peer is asked so many times, then given up", () => {
  const silence = new SilenceCounter(2);
  expect([1, 2, 3, 4].map(() => silence.tick())).toEqual(["rest", "ping", "ping", "dead"]);
});

test("one sign of life forgives all of the silence", () => {
  const silence = new SilenceCounter(2);
  expect([1, 2, 3].map(() => silence.tick())).toEqual(["rest", "ping", "ping"]);
  silence.heard();
  expect([1, 2, 3, 4].map(() => silence.tick())).toEqual(["rest", "ping", "ping", "dead"]);
});
