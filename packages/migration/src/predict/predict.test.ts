import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assumedPace, paceOf } from "./pace.ts";
import type { FinishedMove, Pace } from "./pace.ts";
import { predict } from "./predict.ts";
import type { PredictionInput } from "./predict.ts";

const MiB = 1024 * 1024;
const input = (change: Partial<PredictionInput> = {}): PredictionInput => ({
  memoryInUseBytes: undefined,
  memoryMiB: 1024,
  history: [],
  rateBps: undefined,
  maxDowntimeMs: 300,
  ...change,
});
const move = (change: Partial<FinishedMove> = {}): FinishedMove => ({
  bytesSent: 450_000_000,
  totalMs: 5_600,
  downtimeMs: 80,
  rounds: 4,
  phases: { preparing: 1_000, copying: 4_400, switching: 200 },
  copy: {
    firstRoundBytes: 400_000_000,
    firstRoundMs: 4_000,
    memoryInUseBytes: 430_000_000,
    dirtied: [{ overMs: 4_000, bytes: 40_000_000 }],
  },
  isLatest: true,
  ...change,
});
const known: Pace = { ...assumedPace, rateBps: 800e6, moves: 5, unboundMoves: 5 };

describe("a prediction without history", () => {
  it("is the time on the wire, and the cost of starting and stopping", () => {
    const prediction = predict(input({ memoryInUseBytes: 125_000_000, rateBps: 1e9, dirtied: [still] }));
    const { prepareMs, stopMs, closeMs } = assumedPace;
    expect(prediction).toMatchObject({ bytes: 125_000_000, rounds: 3, converges: true, verdict: "converges" });
    expect(prediction.totalMs).toBe(1000 + prepareMs + stopMs + closeMs);
    // What is left at the end of a share of the rate: a quarter of a second's worth.
    expect(prediction.downtimeMs).toBe(stopMs + 250);
  });

  it("says of each input where it comes from", () => {
    expect(predict(input()).basis).toBe(
      "all 1024 MiB of its memory; 8 MiB/s dirtied assumed; 1000 Mbit/s assumed; costs of starting and stopping assumed",
    );
    const measured = input({ memoryInUseBytes: 200 * MiB, rateBps: 5e8, dirtied: [{ overMs: 1000, bytes: 4 * MiB }] });
    expect(predict(measured).basis).toBe(
      "200 MiB resident; 4.0 MiB/s dirtied, measured; 500 Mbit/s as given; costs of starting and stopping assumed",
    );
  });

  it("counts the memory in use, not the memory it may use", () => {
    expect(predict(input({ memoryInUseBytes: 1e8 })).totalMs).toBeLessThan(predict(input()).totalMs);
  });

  it("says that it does not end when memory is dirtied faster than the link carries it", () => {
    const busy = [{ overMs: 1000, bytes: 50 * MiB }];
    expect(predict(input({ rateBps: 100e6, dirtied: busy }))).toMatchObject({
      converges: false,
      verdict: "does-not-converge",
    });
    expect(predict(input({ rateBps: 450e6, dirtied: busy })).verdict).toBe("uncertain");
    expect(predict(input({ rateBps: 2e9, dirtied: busy })).verdict).toBe("converges");
  });

  it("ends with auto-converge, which it would not without", () => {
    const busy = input({ rateBps: 100e6, dirtied: [{ overMs: 1000, bytes: 16 * MiB }], memoryMiB: 256 });
    expect(predict(busy).converges).toBe(false);
    expect(predict({ ...busy, autoConverge: { initial: 20, increment: 10 } }).converges).toBe(true);
  });
});

describe("a prediction from finished moves", () => {
  it("takes memory and writing from the VM's own, pace from those between the hosts", () => {
    const history = [move()];
    const prediction = predict(input({ history, pace: paceOf(history), memoryInUseBytes: 430_000_000 }));
    expect(prediction.basis).toBe(
      "381 MiB of memory, by its last move; 9.5 MiB/s dirtied, learned; 800 Mbit/s, as earlier moves had; " +
        "costs of 1 finished move(s) between these hosts",
    );
    // The past comes out of it again: 400 MB at 100 MB/s, then what was dirtied in four seconds.
    expect(prediction.totalMs).toBeGreaterThan(5_000);
    expect(prediction.totalMs).toBeLessThan(6_200);
  });

  it("adds what the VM's process has grown by since", () => {
    const history = [move()];
    const at = (memoryInUseBytes: number): number => predict(input({ history, memoryInUseBytes })).bytes;
    expect(at(530_000_000)).toBeGreaterThan(at(430_000_000) + 95_000_000);
    // A process that holds less than when it arrived still has to send what came.
    expect(at(330_000_000)).toBe(at(430_000_000));
  });

  it("does not compare what two processes hold", () => {
    const elsewhere = [move({ isLatest: false })];
    const at = (memoryInUseBytes: number): number => predict(input({ history: elsewhere, memoryInUseBytes })).bytes;
    expect(at(530_000_000)).toBe(at(430_000_000));
  });

  it("is narrower than a guess", () => {
    const width = (change: Partial<PredictionInput>): number => {
      const { totalMs, ranges } = predict(input(change));
      return ((ranges?.totalMs.high ?? 0) - (ranges?.totalMs.low ?? 0)) / totalMs;
    };
    expect(width({ history: [move()], pace: paceOf([move()]) })).toBeLessThan(width({}) / 2);
  });

  it("refuses a rate of nothing", () => {
    expect(() => predict(input({ rateBps: 0 }))).toThrow("a transfer has a rate above zero");
  });
});

const still = { overMs: 1000, bytes: 0 };
const memoryMiB = fc.integer({ min: 0, max: 4_000_000 });
const rateBps = fc.integer({ min: 1_000, max: 400_000_000_000 });
const maxDowntimeMs = fc.integer({ min: 1, max: 10_000 });
const dirtied = fc.array(
  fc.record({ overMs: fc.integer({ min: 1, max: 60_000 }), bytes: fc.integer({ min: 0, max: 2 ** 36 }) }),
  { maxLength: 4 },
);

describe("whatever is known, a prediction", () => {
  it("is made of finite, whole figures within their ranges", () => {
    fc.assert(
      fc.property(
        memoryMiB,
        rateBps,
        maxDowntimeMs,
        dirtied,
        fc.boolean(),
        (memory, rate, downtime, samples, isKnown) => {
          const prediction = predict(
            input({
              memoryMiB: memory,
              rateBps: rate,
              maxDowntimeMs: downtime,
              dirtied: samples,
              ...(isKnown ? { pace: known } : {}),
            }),
          );
          const { totalMs, downtimeMs, bytes, rounds, ranges } = prediction;
          for (const figure of [totalMs, downtimeMs, bytes, rounds]) {
            expect(Number.isFinite(figure) && figure >= 0).toBe(true);
            expect(Number.isInteger(figure)).toBe(true);
          }
          for (const [figure, range] of [
            [totalMs, ranges?.totalMs],
            [downtimeMs, ranges?.downtimeMs],
            [bytes, ranges?.bytes],
          ] as const) {
            expect(range?.low).toBeLessThanOrEqual(figure);
            expect(range?.high).toBeGreaterThanOrEqual(figure);
          }
        },
      ),
    );
  });

  it("does not speak of an end that its worse inputs allow and its better ones do not", () => {
    fc.assert(
      fc.property(memoryMiB, rateBps, maxDowntimeMs, dirtied, (memory, rate, downtime, samples) => {
        const { converges, verdict } = predict(
          input({ memoryMiB: memory, rateBps: rate, maxDowntimeMs: downtime, dirtied: samples }),
        );
        const allowed = { converges: [true], uncertain: [true, false], "does-not-converge": [false] };
        expect(allowed[verdict ?? "uncertain"]).toContain(converges);
      }),
    );
  });
});
