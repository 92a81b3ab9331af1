import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateStepBps } from "../limits.ts";
import { LinkYield } from "./link-yield.ts";

/** Looks at a link whose other traffic is given, with moves that take all that they may. */
function course(link: LinkYield, othersBps: readonly number[]): readonly number[] {
  return othersBps.map((others) => {
    const movesBps = link.allowedBps;
    return link.look({ carriedBps: others + movesBps * 1.05, movesBps });
  });
}

describe("a link that is shared with other traffic", () => {
  it("is theirs alone, but for a rest, while nobody else sends", () => {
    expect(course(new LinkYield(1e9, undefined), [0, 0])).toEqual([970e6 / 1.05, 970e6 / 1.05]);
    expect(course(new LinkYield(1e9, 400e6), [0, 0])).toEqual([400e6, 400e6]);
  });

  it("is yielded at the first look after others begin", () => {
    const [first] = course(new LinkYield(1e9, 400e6), [600e6]);
    expect(first).toBeCloseTo(370e6 / 1.05 + rateStepBps / 2, -3);
  });

  it("is taken back when they have ended for three looks, at most twice as much with each", () => {
    const link = new LinkYield(1e9, undefined);
    for (const carriedBps of Array.from({ length: 12 }, () => 1e9)) link.look({ carriedBps, movesBps: 0 });
    expect(link.allowedBps).toBe(50e6);
    const after = course(link, [0, 0, 0, 0, 0, 0, 0, 0]).map((bps) => Math.round(bps / 1e6));
    expect(after).toEqual([50, 50, 100, 200, 400, 800, 924, 924]);
  });

  it("is left to traffic that takes whatever it gets: nine tenths of it", () => {
    const link = new LinkYield(1e9, undefined);
    const looks = [1, 2, 3, 4, 5].map(() => link.look({ carriedBps: 1e9, movesBps: link.allowedBps }));
    expect(looks.map((bps) => Math.round(bps / 1e6))).toEqual([899, 630, 441, 309, 216]);
    for (let look = 0; look < 20; look += 1) link.look({ carriedBps: 1e9, movesBps: link.allowedBps });
    expect(link.allowedBps).toBe(50e6);
  });

  it("is not left because one look was full by chance", () => {
    const link = new LinkYield(1e9, undefined);
    const looks = [0.95e9, 1e9, 0.92e9, 1e9].map((carriedBps) =>
      link.look({ carriedBps, movesBps: (carriedBps - 400e6) / 1.05 }),
    );
    for (const bps of looks) expect(bps).toBeCloseTo(570e6 / 1.05 + rateStepBps / 2, -3);
  });

  it("is never given beyond its budget, nor below what a move needs to end", () => {
    const rate = fc.integer({ min: 0, max: 2_000_000_000 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(rate, rate)),
        fc.integer({ min: 1_000_000, max: 1_000_000_000 }),
        (looks, budget) => {
          const link = new LinkYield(1e9, budget);
          for (const [carriedBps, movesBps] of looks) {
            const allowed = link.look({ carriedBps, movesBps });
            expect(allowed).toBeLessThanOrEqual(Math.min(budget, 970e6 / 1.05));
            expect(allowed).toBeGreaterThanOrEqual(Math.min(budget, 50e6));
          }
        },
      ),
    );
  });
});
