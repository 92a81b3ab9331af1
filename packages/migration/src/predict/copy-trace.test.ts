import { describe, expect, it } from "vitest";
import { CopyTracer } from "./copy-trace.ts";
import type { CopyLook } from "./copy-trace.ts";

const MiB = 1024 * 1024;
const traceOf = (looks: readonly CopyLook[]): ReturnType<CopyTracer["trace"]> => {
  const tracer = new CopyTracer();
  for (const look of looks) tracer.look(look);
  return tracer.trace();
};
const at = (elapsedMs: number, round: number, sentMiB: number, dirtyMiBps?: number): CopyLook => ({
  elapsedMs,
  round,
  memorySentBytes: sentMiB * MiB,
  dirtyRateBps: dirtyMiBps === undefined ? undefined : dirtyMiBps * MiB * 8,
});

describe("a trace of a copy", () => {
  it("tells the first round from the first look in the next", () => {
    const trace = traceOf([at(100, 0, 0), at(900, 1, 0), at(1900, 1, 50), at(4900, 2, 200, 8)]);
    expect(trace).toEqual({
      firstRoundBytes: 200 * MiB,
      firstRoundMs: 4000,
      dirtied: [{ overMs: 4000, bytes: 32 * MiB }],
    });
  });

  it("adds rounds up until a second is full, as QEMU does its sums", () => {
    const looks = [at(0, 1, 0), at(2000, 2, 100, 10), at(2400, 3, 110, 10), at(3100, 4, 120, 12)];
    expect(traceOf(looks)?.dirtied).toEqual([
      { overMs: 2000, bytes: 20 * MiB },
      { overMs: 1100, bytes: Math.round(12 * MiB * 1.1) },
    ]);
  });

  it("learns nothing from a copy whose first round nobody saw end", () => {
    expect(traceOf([at(0, 1, 0), at(250, 1, 10)])).toBeUndefined();
    expect(traceOf([])).toBeUndefined();
  });

  it("keeps what it had when a late look is of an earlier round", () => {
    const looks = [at(0, 1, 0), at(2000, 3, 100, 10), at(1990, 2, 99, 10)];
    expect(traceOf(looks)?.dirtied).toHaveLength(1);
  });

  it("keeps the first samples of a move that goes round and round", () => {
    const looks = [
      at(0, 1, 0),
      ...Array.from({ length: 100 }, (_, index) => at((index + 1) * 1500, index + 2, 100, 10)),
    ];
    expect(traceOf(looks)?.dirtied).toHaveLength(16);
  });
});
