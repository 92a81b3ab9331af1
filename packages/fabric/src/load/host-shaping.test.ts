import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shapeClasses, shapeHost, shapeHtb } from "./host-shaping.ts";
import type { ClassDemand } from "./host-shaping.ts";

const gbps = 1e9;
const hungry = (shares: number): ClassDemand => ({ demandBps: Infinity, shares });

describe("shares of an uplink", () => {
  it("divide it among those that are active", () => {
    expect(shapeClasses([hungry(100), hungry(100), hungry(50)], 10 * gbps)).toEqual([4 * gbps, 4 * gbps, 2 * gbps]);
    expect(shapeClasses([hungry(100), hungry(100), { demandBps: 0, shares: 50 }], 10 * gbps)).toEqual([
      5 * gbps,
      5 * gbps,
      0,
    ]);
  });

  it("leave to the others what a class does not want", () => {
    expect(shapeClasses([{ demandBps: 2 * gbps, shares: 100 }, hungry(50)], 10 * gbps)).toEqual([2 * gbps, 8 * gbps]);
  });

  it("mean nothing without contention", () => {
    const classes = [
      { demandBps: 1 * gbps, shares: 1 },
      { demandBps: 3 * gbps, shares: 1_000 },
    ];
    expect(shapeClasses(classes, 10 * gbps)).toEqual([1 * gbps, 3 * gbps]);
  });

  it("come after reservations and end at limits", () => {
    const reserved = { demandBps: Infinity, shares: 1, reservationBps: 4 * gbps };
    expect(shapeClasses([reserved, hungry(1)], 10 * gbps)).toEqual([7 * gbps, 3 * gbps]);
    expect(shapeClasses([{ ...reserved, demandBps: 1 * gbps }, hungry(1)], 10 * gbps)).toEqual([1 * gbps, 9 * gbps]);
    expect(shapeClasses([{ ...hungry(1), limitBps: 2 * gbps }, hungry(1)], 10 * gbps)).toEqual([2 * gbps, 8 * gbps]);
    expect(shapeClasses([{ ...hungry(1), limitBps: 2 * gbps }], 10 * gbps)).toEqual([2 * gbps]);
  });

  it("cut promises in proportion where more was promised than there is", () => {
    const promised = [6, 3].map((reservation) => ({ demandBps: Infinity, reservationBps: reservation * gbps }));
    expect(shapeClasses(promised, 6 * gbps)).toEqual([4 * gbps, 2 * gbps]);
  });
});

describe("HTB", () => {
  it("guarantees each its rate, then lends by rate up to the ceiling", () => {
    const classes = [
      { demandBps: Infinity, rateBps: 2 * gbps, ceilBps: 10 * gbps },
      { demandBps: Infinity, rateBps: 1 * gbps, ceilBps: 10 * gbps },
      { demandBps: Infinity, rateBps: 1 * gbps },
    ];
    // 6 G are left over and go two to one; the third class may not borrow.
    expect(shapeHtb(classes, 10 * gbps)).toEqual([6 * gbps, 3 * gbps, 1 * gbps]);
  });

  it("lends to the lowest priority number first, and keeps the guarantees of the others", () => {
    const classes = [
      { demandBps: Infinity, rateBps: 1 * gbps, ceilBps: 10 * gbps, prio: 1 },
      { demandBps: 7 * gbps, rateBps: 1 * gbps, ceilBps: 10 * gbps, prio: 0 },
    ];
    expect(shapeHtb(classes, 10 * gbps)).toEqual([3 * gbps, 7 * gbps]);
  });
});

describe("a host's classes", () => {
  it("have one share where the host does not name them", () => {
    const demands = { migration: Infinity, vm: Infinity, storage: 0, management: 0 };
    expect(shapeHost([{ name: "migration", shares: 3 }], demands, 8 * gbps)).toEqual({
      migration: 6 * gbps,
      vm: 2 * gbps,
      storage: 0,
      management: 0,
    });
  });
});

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
const rates = fc.integer({ min: 0, max: 1_000 });
const classAny = fc.record(
  {
    demandBps: rates,
    reservationBps: rates,
    limitBps: rates,
    shares: fc.integer({ min: 1, max: 100 }),
    priority: fc.nat({ max: 2 }),
  },
  { requiredKeys: ["demandBps"] },
);

describe("the properties of shaping", () => {
  it("nobody has more than it may, promises are kept, and nothing is left idle that somebody may take", () => {
    fc.assert(
      fc.property(fc.array(classAny, { maxLength: 6 }), rates, (classes, capacityBps) => {
        const got = shapeClasses(classes, capacityBps);
        const may = classes.map((one) => Math.min(one.demandBps, one.limitBps ?? Infinity));
        const promised = classes.map((one, at) => Math.min(one.reservationBps ?? 0, may[at] ?? 0));
        const total = sumOf(got);
        expect(total).toBeLessThanOrEqual(capacityBps * (1 + 1e-9));
        expect(got.filter((bps, at) => bps > (may[at] ?? 0) * (1 + 1e-9))).toEqual([]);
        // Promises beyond the link are cut in proportion.
        const kept = Math.min(1, capacityBps / Math.max(1e-300, sumOf(promised)));
        expect(got.filter((bps, at) => bps < (promised[at] ?? 0) * kept * (1 - 1e-9))).toEqual([]);
        expect(total).toBeGreaterThanOrEqual(Math.min(sumOf(may), capacityBps) * (1 - 1e-9));
      }),
      { numRuns: 500 },
    );
  });
});
