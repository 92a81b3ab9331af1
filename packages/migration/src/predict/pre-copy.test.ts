import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DirtyCurve } from "./dirty-curve.ts";
import { dirtyCurve, restingGuest } from "./dirty-curve.ts";
import { measuredGrid } from "./measured-grid.fixture.ts";
import { median } from "./pace.ts";
import { runPreCopy } from "./pre-copy.ts";
import type { PreCopyInput } from "./pre-copy.ts";

const MB = 1_000_000;
const input = (change: Partial<PreCopyInput> = {}): PreCopyInput => ({
  memoryBytes: 500 * MB,
  dirty: restingGuest,
  bytesPerMs: 100_000,
  stoppedBytesPerMs: 100_000,
  maxDowntimeMs: 300,
  ...change,
});

/** Writes to `setBytes` in turn. */
function walking(setBytes: number, bytesPerS: number): DirtyCurve {
  if (bytesPerS === 0 || setBytes === 0) return restingGuest;
  const roundMs = (setBytes / bytesPerS) * 1000;
  return dirtyCurve([
    { overMs: roundMs, bytes: setBytes },
    { overMs: roundMs * 100, bytes: setBytes },
  ]);
}

describe("a pre-copy", () => {
  it("of a guest that rests sends its memory once", () => {
    const run = runPreCopy(input());
    expect(run).toMatchObject({ converges: true, bytes: 500 * MB, rounds: 3, throttle: 0 });
    expect(run.copyMs + run.stoppedMs).toBeCloseTo(5_000, 6);
  });

  it("of memory that fits into the downtime is over at once", () => {
    expect(runPreCopy(input({ memoryBytes: 20 * MB }))).toMatchObject({ copyMs: 0, stoppedMs: 200, rounds: 2 });
  });

  it("ends although the guest writes faster than the link, if what it writes to fits", () => {
    const dirty = walking(25 * MB, 400 * MB);
    expect(runPreCopy(input({ dirty })).converges).toBe(true);
    expect(runPreCopy(input({ dirty: walking(250 * MB, 400 * MB) })).converges).toBe(false);
  });

  it("that cannot end is given up after a few rounds, not after ten thousand", () => {
    const run = runPreCopy(input({ dirty: walking(250 * MB, 400 * MB) }));
    expect(run.rounds).toBeLessThan(100);
  });

  it("ends with auto-converge, which slows the guest down", () => {
    const dirty = walking(250 * MB, 150 * MB);
    const autoConverge = { initial: 20, increment: 10 };
    expect(runPreCopy(input({ dirty })).converges).toBe(false);
    const run = runPreCopy(input({ dirty, autoConverge }));
    expect(run.converges).toBe(true);
    expect(run.throttle).toBeGreaterThanOrEqual(40);
    expect(runPreCopy(input({ autoConverge })).throttle).toBe(0);
  });

  it("of a guest that mostly waits is slowed down for longer, because it loses its waiting first", () => {
    const dirty = walking(250 * MB, 150 * MB);
    const autoConverge = { initial: 20, increment: 10 };
    const busy = runPreCopy(input({ dirty, autoConverge, cpuShare: 1 }));
    const waiting = runPreCopy(input({ dirty, autoConverge, cpuShare: 0.25 }));
    expect([busy.converges, waiting.converges]).toEqual([true, true]);
    // A guest that needs a quarter of its time writes as before until it has lost three quarters.
    expect(waiting.throttle).toBeGreaterThan(75);
    expect(waiting.copyMs).toBeGreaterThan(busy.copyMs);
  });

  it("sends the rest faster than the bound allows, once the guest is stopped", () => {
    const slow = runPreCopy(input());
    const fast = runPreCopy(input({ stoppedBytesPerMs: 1_000_000 }));
    expect(fast.stoppedMs).toBeCloseTo(slow.stoppedMs / 10, 6);
    expect(fast.copyMs).toBe(slow.copyMs);
  });
});

const curve = fc
  .tuple(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 500 }))
  .map(([setMB, perS]) => walking(setMB * MB, perS * MB));
const rate = fc.integer({ min: 1_000, max: 10_000_000 });
const memory = fc.integer({ min: 0, max: 64_000 }).map((mb) => mb * MB);
const downtime = fc.integer({ min: 1, max: 5_000 });

describe("whatever the guest and the link, a pre-copy", () => {
  const totalOf = (change: Partial<PreCopyInput>): number => {
    const run = runPreCopy(input(change));
    return run.converges ? run.copyMs + run.stoppedMs : Number.POSITIVE_INFINITY;
  };

  it("is never shorter for more memory", () => {
    fc.assert(
      fc.property(curve, rate, downtime, memory, memory, (dirty, bytesPerMs, maxDowntimeMs, one, other) => {
        const at = (memoryBytes: number): number =>
          totalOf({ dirty, bytesPerMs, stoppedBytesPerMs: bytesPerMs, maxDowntimeMs, memoryBytes });
        // A set that is larger than the memory is cut to it, which makes smaller memories quieter.
        expect(at(Math.max(one, other))).toBeGreaterThanOrEqual(at(Math.min(one, other)) * (1 - 1e-9));
      }),
    );
  });

  it("stops the guest no longer than asked for, when the link keeps its rate", () => {
    fc.assert(
      fc.property(curve, rate, downtime, memory, (dirty, bytesPerMs, maxDowntimeMs, memoryBytes) => {
        const run = runPreCopy(input({ dirty, bytesPerMs, stoppedBytesPerMs: bytesPerMs, maxDowntimeMs, memoryBytes }));
        expect(run.converges).toBe(run.stoppedMs <= maxDowntimeMs * (1 + 1e-9));
        expect(run.bytes).toBeGreaterThanOrEqual(memoryBytes * (1 - 1e-9));
        expect(Number.isFinite(run.copyMs + run.stoppedMs + run.bytes)).toBe(true);
      }),
    );
  });
});

describe("against QEMU", () => {
  const rows = measuredGrid.map((row) => {
    const run = runPreCopy({
      memoryBytes: 514 * 1024 * 1024,
      dirty: walking(row.workingSetMB * MB, row.dirtyMBps * MB),
      bytesPerMs: row.boundMBps * 1000,
      // Over a loopback the bound does not hold while the guest is stopped.
      stoppedBytesPerMs: 1_000_000,
      maxDowntimeMs: row.maxDowntimeMs,
    });
    return { row, run };
  });
  const errors = (of: (one: (typeof rows)[number]) => number): readonly number[] =>
    rows.flatMap((one) => (one.row.totalMs === null ? [] : [Math.abs(of(one) - 1)]));

  it("says of each measured move whether it ends", () => {
    expect(rows.filter(({ row, run }) => run.converges !== (row.totalMs !== null))).toEqual([]);
  });

  it("meets duration and bytes of measured moves", () => {
    const times = errors(({ row, run }) => (run.copyMs + run.stoppedMs) / (row.totalMs ?? 1));
    const bytes = errors(({ row, run }) => run.bytes / (row.sentMiB * 1024 * 1024));
    expect(median(times)).toBeLessThan(0.1);
    expect(median(bytes)).toBeLessThan(0.05);
    // The moves beyond these ends dirtied 90 % or more of what the link carried.
    expect(times.filter((error) => error < 0.25).length / times.length).toBeGreaterThan(0.9);
    expect(bytes.filter((error) => error < 0.18).length / bytes.length).toBeGreaterThan(0.9);
  });
});
