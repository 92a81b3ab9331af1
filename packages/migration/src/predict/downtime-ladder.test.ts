import { describe, expect, it } from "vitest";
import { DowntimeLadder } from "./downtime-ladder.ts";

describe("a ladder of downtimes", () => {
  it("begins low, and stays there while the rounds shrink", () => {
    const ladder = new DowntimeLadder(300);
    const grew = [1000, 400, 200, 90, 40].map((dirty, at) => ladder.look(at * 1000, at + 1, dirty));
    expect([ladder.limitMs, grew.includes(true)]).toEqual([50, false]);
  });

  it("rises where they do not, up to what was asked for and no further", () => {
    const ladder = new DowntimeLadder(300);
    ladder.look(0, 1, 1000);
    const limits = Array.from({ length: 9 }, (_, at) => {
      ladder.look((at + 1) * 500, at + 2, 500);
      return ladder.limitMs;
    });
    expect(limits).toEqual([50, 75, 113, 170, 255, 300, 300, 300, 300]);
    expect(ladder.canGrow).toBe(false);
  });

  it("gives a step time to show what it does", () => {
    const ladder = new DowntimeLadder(300);
    for (const [atMs, round] of [
      [0, 1],
      [100, 2],
      [200, 3],
      [300, 4],
      [400, 5],
    ] as const)
      ladder.look(atMs, round, 500);
    expect(ladder.limitMs).toBe(75);
  });

  it("hears of a round once, whoever looks how often", () => {
    const ladder = new DowntimeLadder(300);
    ladder.look(0, 1, 1000);
    ladder.look(1000, 2, 500);
    expect([2, 2, 1].map((round) => ladder.look(9000, round, 500))).toEqual([false, false, false]);
  });

  it("never begins above what was asked for", () => {
    expect(new DowntimeLadder(20).limitMs).toBe(20);
  });
});
