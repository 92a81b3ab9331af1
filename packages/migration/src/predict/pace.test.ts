import { describe, expect, it } from "vitest";
import { assumedPace, paceOf } from "./pace.ts";
import type { FinishedMove } from "./pace.ts";

const move = (change: Partial<FinishedMove> = {}): FinishedMove => ({
  bytesSent: 500_000_000,
  totalMs: 6_000,
  downtimeMs: 120,
  rounds: 4,
  phases: { preparing: 900, copying: 4_800, switching: 300 },
  copy: { firstRoundBytes: 400_000_000, firstRoundMs: 4_000, dirtied: [] },
  ...change,
});

describe("the pace between two hosts", () => {
  it("is assumed where nothing has moved", () => {
    expect(paceOf([])).toBe(assumedPace);
  });

  it("is made of medians", () => {
    const slow = move({ phases: { preparing: 9_000, copying: 1, switching: 120 } });
    const pace = paceOf([move(), slow, move({ downtimeMs: 90 })]);
    expect(pace).toMatchObject({ prepareMs: 900, stopMs: 90, closeMs: 180, moves: 3 });
  });

  it("tells a way that is slower than its bound from a bound that is kept", () => {
    // 800 Mbit/s were reached: of 10 Gbit/s that is the way's own rate, of 820 Mbit/s the bound's.
    expect(paceOf([move({ maxRateBps: 10e9 })])).toMatchObject({ rateBps: 800e6, boundShare: 1, unboundMoves: 1 });
    expect(paceOf([move({ maxRateBps: 820e6 })])).toMatchObject({ boundShare: 800 / 820, unboundMoves: 0 });
    expect(paceOf([move()])).toMatchObject({ rateBps: 800e6, unboundMoves: 1 });
  });

  it("tells the constant of a stop from what was left to send", () => {
    // 100 Mbit/s while the guest runs; 80 ms and the rest at 400 Mbit/s while it stands.
    const moves = [100, 300, 500, 800, 1000].map((maxDowntimeMs) => {
      const leftBytes = 12_500 * (maxDowntimeMs - 50);
      return move({
        copy: { firstRoundBytes: 60_000_000, firstRoundMs: 4_800, dirtied: [] },
        maxRateBps: 100e6,
        maxDowntimeMs,
        downtimeMs: 80 + leftBytes / 50_000,
      });
    });
    const { stopMs, stoppedBps } = paceOf(moves);
    expect(stopMs).toBeGreaterThan(70);
    expect(stopMs).toBeLessThan(90);
    expect(stoppedBps / 400e6).toBeGreaterThan(0.8);
    expect(stoppedBps / 400e6).toBeLessThan(1.25);
  });

  it("takes no rate from a round that was shorter than a look is exact", () => {
    const short = move({ copy: { firstRoundBytes: 400_000_000, firstRoundMs: 40, dirtied: [] } });
    expect(paceOf([short])).toMatchObject({ unboundMoves: 0, rateBps: assumedPace.rateBps });
  });
});
