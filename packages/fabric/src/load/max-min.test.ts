import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxMin, stoppedByCap, stoppedByNothing } from "./max-min.ts";
import type { FairFlow } from "./max-min.ts";

const gbps = 1e9;
const ratesOf = (flows: readonly FairFlow[], capacities: readonly number[]): readonly number[] => [
  ...maxMin(flows, capacities).ratesBps,
];

describe("weighted max-min", () => {
  it("shares one link by weight, and gives what a capped flow leaves to the others", () => {
    expect(ratesOf([{ path: [0] }, { path: [0] }, { path: [0], capBps: 100 }], [1_000])).toEqual([450, 450, 100]);
    expect(ratesOf([{ path: [0], weight: 3 }, { path: [0] }], [1_000])).toEqual([750, 250]);
  });

  it("gives the long way no less than its bottleneck's share", () => {
    // The classical example: two short flows and one over both links.
    expect(ratesOf([{ path: [0] }, { path: [1] }, { path: [0, 1] }], [100, 60])).toEqual([70, 30, 30]);
  });

  it("lets a move within a site take what moves over the interconnect leave of the uplinks", () => {
    // A 10 G interconnect with 4 G of background; m1 and m3 leave from hosts on the same 25 G.
    const capacities = [6 * gbps, 25 * gbps, 25 * gbps];
    const moves = (capBps?: number): readonly FairFlow[] => [
      { path: [1, 0] },
      { path: [2, 0] },
      { path: [1], ...(capBps === undefined ? {} : { capBps }) },
    ];
    expect(ratesOf(moves(), capacities)).toEqual([3 * gbps, 3 * gbps, 22 * gbps]);
    expect(ratesOf(moves(15 * gbps), capacities)).toEqual([3 * gbps, 3 * gbps, 15 * gbps]);
  });

  it("says what stopped each flow", () => {
    const flows = [{ path: [0, 1] }, { path: [1], capBps: 5 }, { path: [] }, { path: [2] }, { path: [], capBps: 7 }];
    const { ratesBps, stoppedBy } = maxMin(flows, [10, 100, Infinity]);
    expect([...ratesBps]).toEqual([10, 5, Infinity, Infinity, 7]);
    expect([...stoppedBy]).toEqual([0, stoppedByCap, stoppedByNothing, stoppedByNothing, stoppedByCap]);
  });

  it("counts of a split flow what each link carries of it", () => {
    const split = { path: [0, 1], shares: [0.5, 0.5] };
    expect(ratesOf([split], [100, 400])).toEqual([200]);
    expect(ratesOf([split, { path: [1] }], [100, 400])).toEqual([200, 300]);
    expect(ratesOf([{ path: [0, 1], shares: [0, 1] }], [0, 8])).toEqual([8]);
  });

  it("gives a flow alone what it would have beside one that wants nothing", () => {
    fc.assert(
      fc.property(flowsAny, capacitiesAny, (flows, capacities) => {
        for (const flow of flows) {
          const [one, two] = [maxMin([flow], capacities), maxMin([flow, { path: [0], capBps: 0 }], capacities)];
          const [rate = 0, other = 0] = [one.ratesBps[0], two.ratesBps[0]];
          expect(rate === other || Math.abs(rate - other) <= rounding * Math.max(rate, other)).toBe(true);
          expect(one.stoppedBy[0]).toBe(two.stoppedBy[0]);
        }
      }),
    );
  });

  it("gives nothing over a dead link, and refuses what makes no sense", () => {
    expect(ratesOf([{ path: [0] }, { path: [1] }], [0, 5])).toEqual([0, 5]);
    expect(() => maxMin([{ path: [1] }], [5])).toThrow("a path names links that have a capacity");
    expect(() => maxMin([{ path: [0], weight: 0 }], [5])).toThrow("a weight is positive");
  });
});

const linkCount = 6;
const capacitiesAny = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.double({ min: 1e-3, max: 1e11, noNaN: true })),
  { minLength: linkCount, maxLength: linkCount },
);
const flowsAny = fc.array(
  fc
    .record({
      crossings: fc.uniqueArray(
        fc.record({ link: fc.nat({ max: linkCount - 1 }), share: fc.constantFrom(1, 1, 0.5, 0.25, 1 / 3, 0) }),
        { minLength: 1, maxLength: linkCount, selector: ({ link }) => link },
      ),
      capBps: fc.option(fc.double({ min: 0, max: 1e10, noNaN: true }), { nil: undefined }),
      weight: fc.constantFrom(1, 1, 2, 0.3, 50, 1e12),
    })
    .map(({ crossings, capBps, weight }): FairFlow => ({
      path: crossings.map(({ link }) => link),
      shares: crossings.map(({ share }) => share),
      weight,
      ...(capBps === undefined ? {} : { capBps }),
    })),
  { maxLength: 14 },
);

const shareOn = (flow: FairFlow, link: number): number => {
  const at = flow.path.indexOf(link);
  return at === -1 ? 0 : (flow.shares?.[at] ?? 1);
};
const loadOf = (link: number, flows: readonly FairFlow[], rates: readonly number[]): number =>
  flows.reduce((sum, flow, at) => sum + (shareOn(flow, link) === 0 ? 0 : shareOn(flow, link) * (rates[at] ?? 0)), 0);
const rounding = 1e-9;

describe("the properties of max-min", () => {
  it("feasible: no link and no cap is exceeded", () => {
    fc.assert(
      fc.property(flowsAny, capacitiesAny, (flows, capacities) => {
        const rates = ratesOf(flows, capacities);
        expect(rates.filter((rate, at) => !(rate >= 0 && rate <= (flows[at]?.capBps ?? Infinity)))).toEqual([]);
        expect(capacities.filter((capacity, link) => loadOf(link, flows, rates) > capacity * (1 + rounding))).toEqual(
          [],
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("unimprovable: none can be raised without lowering one that has an equal or smaller level", () => {
    fc.assert(
      fc.property(flowsAny, capacitiesAny, (flows, capacities) => {
        const rates = ratesOf(flows, capacities);
        const levels = rates.map((rate, at) => rate / (flows[at]?.weight ?? 1));
        flows.forEach((flow, at) => {
          const level = levels[at] ?? 0;
          // What it could have more if everyone with a clearly higher level gave up all: nothing, by the definition.
          const room = flow.path
            .filter((link) => shareOn(flow, link) > 0)
            .map((link) => {
              const capacity = capacities[link] ?? 0;
              const kept = flows.reduce((sum, other, index) => {
                const isHigher = (levels[index] ?? 0) > level * (1 + rounding);
                return isHigher || shareOn(other, link) === 0 ? sum : sum + shareOn(other, link) * (rates[index] ?? 0);
              }, 0);
              return (capacity - kept) / Math.max(capacity, 1e-300);
            });
          const isAtCap = (rates[at] ?? 0) >= (flow.capBps ?? Infinity) * (1 - rounding);
          if (!isAtCap && rates[at] !== Infinity) expect(Math.min(...room)).toBeLessThanOrEqual(rounding);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  it("names a full link, or the cap, as what stopped a flow", () => {
    fc.assert(
      fc.property(flowsAny, capacitiesAny, (flows, capacities) => {
        const { ratesBps, stoppedBy } = maxMin(flows, capacities);
        flows.forEach((flow, at) => {
          const by = stoppedBy[at] ?? stoppedByNothing;
          if (by === stoppedByCap) expect(ratesBps[at]).toBe(flow.capBps);
          else if (by === stoppedByNothing) expect(ratesBps[at]).toBe(Infinity);
          else expect(loadOf(by, flows, [...ratesBps])).toBeGreaterThanOrEqual((capacities[by] ?? 0) * (1 - rounding));
        });
      }),
    );
  });

  it("does not depend on the order of the flows", () => {
    fc.assert(
      fc.property(flowsAny, capacitiesAny, fc.infiniteStream(fc.nat()), (flows, capacities, stream) => {
        const order = flows.map((_, at) => ({ at, key: stream.next().value ?? 0 })).toSorted((a, b) => a.key - b.key);
        const shuffled = ratesOf(
          order.flatMap(({ at }) => flows[at] ?? []),
          capacities,
        );
        const rates = ratesOf(flows, capacities);
        order.forEach(({ at }, place) => {
          const [one, other] = [rates[at] ?? 0, shuffled[place] ?? 0];
          if (one !== other) expect(Math.abs(one - other) / Math.max(one, other)).toBeLessThan(rounding);
        });
      }),
    );
  });

  it("shares a fabric out among 100,000 flows, and nothing is left that could be had", () => {
    // Hosts under leaves under spines, by arithmetic instead of chance: up, leaf to spine, spine to leaf, down.
    const [hosts, leaves, spines] = [1_000, 40, 4];
    const [up, ascend, descend, down] = [0, hosts, hosts + leaves * spines, hosts + 2 * leaves * spines];
    const capacities = Array.from({ length: down + hosts }, (_, link) =>
      link >= ascend && link < down ? 10 * gbps : 25 * gbps,
    );
    const flows = Array.from({ length: 100_000 }, (_, at): FairFlow => {
      const [source, target, spine] = [(at * 7_919) % hosts, (at * 104_729 + 13) % hosts, (at * 31) % spines];
      const [from, to] = [source % leaves, target % leaves];
      const inner = from === to ? [] : [ascend + from * spines + spine, descend + to * spines + spine];
      return { path: [up + source, ...inner, down + target], capBps: 1e6 * (1 + (at % 400)) };
    });
    const { ratesBps, stoppedBy } = maxMin(flows, capacities);
    const loads = new Float64Array(capacities.length);
    flows.forEach((flow, at) => {
      for (const link of flow.path) loads[link] = (loads[link] ?? 0) + (ratesBps[at] ?? 0);
    });
    const overloaded = loads.filter((load, link) => load > (capacities[link] ?? 0) * (1 + rounding));
    expect([...overloaded]).toEqual([]);
    const isRight = (by: number, at: number): boolean =>
      by >= 0
        ? (loads[by] ?? 0) >= (capacities[by] ?? 0) * (1 - rounding)
        : by === stoppedByCap && ratesBps[at] === flows[at]?.capBps;
    expect(flows.filter((_, at) => !isRight(stoppedBy[at] ?? stoppedByNothing, at))).toEqual([]);
    expect(stoppedBy.filter((by) => by >= 0).length).toBeGreaterThan(1_000);
  });
});
