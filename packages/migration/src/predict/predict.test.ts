import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { predict } from "./predict.ts";
import type { FinishedMove, PredictionInput } from "./predict.ts";

const input = (change: Partial<PredictionInput> = {}): PredictionInput => ({
  memoryInUseBytes: undefined,
  memoryMiB: 1024,
  history: [],
  rateBps: undefined,
  maxDowntimeMs: 300,
  ...change,
});
const move = (change: Partial<FinishedMove> = {}): FinishedMove => ({
  bytesSent: 500_000_000,
  totalMs: 5_000,
  downtimeMs: 80,
  rounds: 4,
  ...change,
});

const memoryMiB = fc.integer({ min: 0, max: 4_000_000 });
const rateBps = fc.integer({ min: 1_000, max: 400_000_000_000 });
const maxDowntimeMs = fc.integer({ min: 1, max: 10_000 });
const history = fc.array(
  fc.record({ bytesSent: fc.nat(), totalMs: fc.nat(), downtimeMs: fc.nat(), rounds: fc.nat({ max: 50 }) }),
  { maxLength: 5 },
);

describe("a prediction without history", () => {
  it("is the time on the wire, and the cost of starting and stopping", () => {
    // 125 MB at 1 Gbit/s take one second; 8.4 MB are dirtied meanwhile and fit into the downtime.
    const prediction = predict(input({ memoryInUseBytes: 125_000_000, rateBps: 1e9 }));
    expect(prediction).toMatchObject({ rounds: 2, bytes: 125_000_000 + 8 * 1024 * 1024 });
    expect(prediction.totalMs).toBe(Math.round(1000 + 1000 + (8 * 1024 * 1024) / 125_000));
    expect(prediction.downtimeMs).toBe(Math.round(50 + (8 * 1024 * 1024) / 125_000));
    expect(prediction.basis).toBe("no finished move to learn from: 1000 Mbit/s as given, 8 MiB/s dirtied assumed");
  });

  it("says which figures are assumed", () => {
    expect(predict(input()).basis).toContain("1000 Mbit/s assumed");
  });

  it("counts the memory in use, not the memory it may use", () => {
    expect(predict(input({ memoryInUseBytes: 1e8 })).totalMs).toBeLessThan(predict(input()).totalMs);
  });

  it("stays finite when memory is dirtied faster than the link carries it", () => {
    const prediction = predict(input({ rateBps: 1e6 }));
    expect(prediction.rounds).toBe(limits.predictedRounds + 1);
    expect(prediction.converges).toBe(false);
    expect(predict(input()).converges).toBe(true);
    expect(prediction.bytes).toBeLessThanOrEqual((limits.predictedRounds + 1) * 1024 ** 3);
  });
});

describe("a prediction", () => {
  it("is never shorter for more memory", () => {
    fc.assert(
      fc.property(memoryMiB, memoryMiB, rateBps, maxDowntimeMs, history, (one, other, rate, downtime, past) => {
        const at = (memory: number): number =>
          predict(input({ memoryMiB: memory, rateBps: rate, maxDowntimeMs: downtime, history: past })).totalMs;
        expect(at(Math.max(one, other))).toBeGreaterThanOrEqual(at(Math.min(one, other)));
      }),
    );
  });

  it("is never longer for a higher rate", () => {
    fc.assert(
      fc.property(memoryMiB, rateBps, rateBps, maxDowntimeMs, history, (memory, one, other, downtime, past) => {
        const at = (rate: number): number =>
          predict(input({ memoryMiB: memory, rateBps: rate, maxDowntimeMs: downtime, history: past })).totalMs;
        expect(at(Math.max(one, other))).toBeLessThanOrEqual(at(Math.min(one, other)));
      }),
    );
  });

  it("is made of finite, whole, positive figures", () => {
    fc.assert(
      fc.property(memoryMiB, rateBps, maxDowntimeMs, history, (memory, rate, downtime, past) => {
        const { totalMs, downtimeMs, bytes, rounds } = predict(
          input({ memoryMiB: memory, rateBps: rate, maxDowntimeMs: downtime, history: past }),
        );
        for (const figure of [totalMs, downtimeMs, bytes, rounds]) {
          expect(Number.isFinite(figure) && figure >= 0).toBe(true);
          expect(Number.isInteger(figure)).toBe(true);
        }
      }),
    );
  });
});

describe("a prediction from history", () => {
  it("is the median of the finished moves, and wins over every assumption", () => {
    const past = [move({ totalMs: 4_000, rounds: 3 }), move({ totalMs: 90_000, rounds: 30 }), move()];
    expect(predict(input({ history: past }))).toEqual({
      totalMs: 5_000,
      downtimeMs: 80,
      bytes: 500_000_000,
      rounds: 4,
      converges: true,
      basis: "median of the last 3 move(s) of this VM between these hosts",
    });
    expect(predict(input({ history: past, memoryMiB: 64_000 })).totalMs).toBe(5_000);
  });

  it("sends more than the memory in use when the past did", () => {
    expect(predict(input({ history: [move()], memoryInUseBytes: 1 })).bytes).toBe(500_000_000);
  });

  it("is stretched by a rate below that of the past", () => {
    const slow = predict(input({ history: [move()], rateBps: 100e6 }));
    expect(slow.totalMs).toBe(40_000);
    expect(slow.basis).toContain("stretched to 100 Mbit/s as given");
    expect(predict(input({ history: [move()], rateBps: 100e9 })).totalMs).toBe(5_000);
  });

  it("refuses a rate of nothing", () => {
    expect(() => predict(input({ rateBps: 0 }))).toThrow("a transfer has a rate above zero");
  });
});
