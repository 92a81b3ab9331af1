import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import { shortestWays } from "./shortest-ways.fixture.ts";
import { loadOverTimeOver } from "./timeline.ts";
import type { LoadTimeline, TimedMove, TimelineRequest } from "./timeline.ts";

const gbps = 1e9;
/** Takes the capacity away that links of the fixture have. */
const unmeasured: object = { capacityBps: undefined };
/** What one second of 1 Gbit/s carries. */
const gigabit = 125_000_000;

const star: FabricWords = {
  segments: { web: 10 },
  links: ["h1/up0 sw1/p1", "h2/up0 sw1/p2", "h3/up0 sw1/p3"],
  endpoints: { vm1: "h1 web", vm2: "h1 web", vm3: "h3 web" },
};

function timelineOf(
  moves: readonly TimedMove[],
  words: FabricWords = {},
  rest: Partial<TimelineRequest> = {},
): LoadTimeline {
  const index = indexFabric(buildFabric({ ...star, ...words }));
  return loadOverTimeOver(index, shortestWays(index), { moves, ...rest });
}

const timesOf = ({ moves }: LoadTimeline): readonly unknown[] =>
  moves.map((move) => (move.kind === "ended" ? [move.startMs, move.endMs, move.averageBps / gbps] : move.kind));
const linkOf = ({ links }: LoadTimeline, from: string, to: string): unknown =>
  links.find((one) => one.from === from && one.to === to);

describe("moves over time", () => {
  it("share a link while both run, and have it alone otherwise", () => {
    const timeline = timelineOf([
      { endpoint: "vm1", target: "h2", bytes: 30 * gigabit },
      { endpoint: "vm2", target: "h3", bytes: 5 * gigabit, startMs: 1_000 },
    ]);
    // 10 G alone for 1 s; 5 G each for 1 s; the last 15 gigabit alone.
    expect(timesOf(timeline)).toEqual([
      [0, 3_500, expect.closeTo(30 / 3.5, 9)],
      [1_000, 2_000, 5],
    ]);
    expect(timeline.makespanMs).toBe(3_500);
    expect(linkOf(timeline, "h1", "sw1")).toMatchObject({
      baseBps: 0,
      peakBps: 10 * gbps,
      peakAtMs: 0,
      peakUtilisation: { known: true, value: 1 },
      aboveThresholdMs: { known: true, value: 3_500 },
      afterBps: 0,
      doubts: [],
    });
    expect(linkOf(timeline, "sw1", "h2")).toMatchObject({ aboveThresholdMs: { known: true, value: 2_500 } });
    expect(linkOf(timeline, "sw1", "h3")).toMatchObject({ peakBps: 5 * gbps, peakAtMs: 1_000 });
  });

  it("start with their wave when all before it have ended", () => {
    const timeline = timelineOf([
      { endpoint: "vm1", target: "h2", bytes: 10 * gigabit, wave: 2 },
      { endpoint: "vm2", target: "h3", bytes: 5 * gigabit, wave: 1 },
      { endpoint: "vm3", target: "h2", bytes: 20 * gigabit, wave: 1 },
    ]);
    expect(timesOf(timeline)).toEqual([
      [2_000, 3_000, 10],
      [0, 500, 10],
      [0, 2_000, 10],
    ]);
  });

  it("change the loads of their flows when they end", () => {
    const flows = { f1: "vm1 vm3 4000" };
    const timeline = timelineOf([{ endpoint: "vm1", target: "h2", bytes: 6 * gigabit, maxRateBps: 3 * gbps }], {
      flows,
    });
    expect(linkOf(timeline, "h1", "sw1")).toMatchObject({ baseBps: 4 * gbps, peakBps: 7 * gbps, afterBps: 0 });
    expect(linkOf(timeline, "h2", "sw1")).toMatchObject({ baseBps: 0, peakBps: 4 * gbps, peakAtMs: 2_000 });
    expect(linkOf(timeline, "sw1", "h3")).toBeUndefined();
    const aside = timelineOf([{ endpoint: "vm1", target: "h2", bytes: gigabit }], { flows }, { threshold: 0.3 });
    expect(linkOf(aside, "sw1", "h3")).toMatchObject({ peakBps: 4 * gbps });
  });

  it("go where they were moved to before", () => {
    const timeline = timelineOf([
      { endpoint: "vm1", target: "h2", bytes: 10 * gigabit, wave: 1 },
      { endpoint: "vm1", target: "h3", bytes: 10 * gigabit, wave: 2 },
    ]);
    expect(timesOf(timeline)).toEqual([
      [0, 1_000, 10],
      [1_000, 2_000, 10],
    ]);
    expect(linkOf(timeline, "h2", "sw1")).toMatchObject({ peakBps: 10 * gbps, peakAtMs: 1_000 });
  });

  it("send the memory of the VM where nothing else is said", () => {
    const vm1 = { kind: "vm", device: "h1", nics: [], memoryMiB: 1_024 } as const;
    const timeline = timelineOf([{ endpoint: "vm1", target: "h2" }], { endpoints: { vm1 } });
    expect(timeline.moves).toMatchObject([{ kind: "ended", bytes: 2 ** 30, endMs: (2 ** 30 * 8) / 1e7 }]);
    expect(timelineOf([{ endpoint: "vm1", target: "h2" }]).moves).toEqual([
      { kind: "unknown", endpoint: "vm1", target: "h2", why: "the size of its memory is not known" },
    ]);
  });

  it("never end where the flows leave no room, and hold up the waves behind them", () => {
    const flows = { f1: "vm1 vm3 12000" };
    const timeline = timelineOf(
      [
        { endpoint: "vm2", target: "h2", bytes: 1, wave: 1 },
        { endpoint: "vm3", target: "h2", bytes: 10 * gigabit, wave: 2 },
        { endpoint: "vm3", target: "h2", bytes: 10 * gigabit, startMs: 500 },
      ],
      { flows },
    );
    expect(timeline.moves).toMatchObject([
      { kind: "never-ends", startMs: 0, why: "the flows leave it no room" },
      { kind: "never-ends", why: "a move of a wave before never ends" },
      { kind: "ended", startMs: 500, endMs: 1_500 },
    ]);
    expect(timeline.makespanMs).toBe(1_500);
  });

  it("go on when what held them up has gone", () => {
    const flows = { f1: "vm1 vm3 12000" };
    const timeline = timelineOf(
      [
        { endpoint: "vm2", target: "h2", bytes: 10 * gigabit },
        { endpoint: "vm3", target: "h1", bytes: 10 * gigabit },
      ],
      { flows },
    );
    expect(timesOf(timeline)).toEqual([
      [0, 2_000, 5],
      [0, 1_000, 10],
    ]);
  });

  it("are estimates over a link of unknown capacity, whose utilisation stays unknown", () => {
    const links = ["h1/up0 sw1/p1", ["h2/up0 sw1/p2", unmeasured]] as const;
    const timeline = timelineOf([{ endpoint: "vm1", target: "h2", bytes: 10 * gigabit }], { links });
    const why = "the capacity of h2/up0--sw1/p2 from sw1 to h2 is not known";
    expect(timeline.moves).toMatchObject([{ kind: "ended", endMs: 1_000, doubts: [why] }]);
    expect(linkOf(timeline, "sw1", "h2")).toMatchObject({
      peakBps: 10 * gbps,
      peakUtilisation: { known: false, why },
      aboveThresholdMs: { known: false, why },
      doubts: [why],
    });
    const none = [["h1/up0 sw1/p1", unmeasured], links[1]] as const;
    expect(timelineOf([{ endpoint: "vm1", target: "h2", bytes: 1 }], { links: none }).moves).toMatchObject([
      { kind: "unknown" },
    ]);
  });

  it("carry all bytes: what a link carried is what was sent over it, and no start is later than its end", () => {
    const moveAny = fc.record({
      endpoint: fc.constantFrom("vm1", "vm2", "vm3"),
      target: fc.constantFrom("h1", "h2", "h3"),
      bytes: fc.integer({ min: 0, max: 1e9 }),
      startMs: fc.nat({ max: 500 }),
    });
    fc.assert(
      fc.property(fc.array(moveAny, { maxLength: 12 }), (moves) => {
        const timeline = timelineOf(moves);
        const sent = timeline.moves.flatMap((move) => (move.kind === "ended" ? [move] : []));
        expect(timeline.moves.every(({ kind }) => kind !== "never-ends")).toBe(true);
        expect(sent.filter(({ startMs, endMs }) => endMs < startMs || endMs > timeline.makespanMs)).toEqual([]);
        for (const { bytes, startMs, endMs, averageBps } of sent)
          expect((averageBps * (endMs - startMs)) / 8_000).toBeCloseTo(endMs > startMs ? bytes : 0, 0);
        // Nobody is faster than alone, and all are through when the slowest link could have carried everything in turn.
        const fastest = sent.filter(({ bytes, startMs, endMs }) => endMs - startMs < (bytes * 8) / 1e7 - 1e-6);
        expect(fastest).toEqual([]);
        const total = sent.reduce((sum, { bytes }) => sum + bytes, 0);
        const ends = Math.max(0, ...sent.map(({ endMs }) => endMs));
        expect(ends).toBeLessThanOrEqual(500 + (total * 8) / 1e7 + 1e-6);
      }),
      { numRuns: 200 },
    );
  });
});
