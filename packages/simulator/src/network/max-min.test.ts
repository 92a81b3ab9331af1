import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxMinRates } from "./max-min.ts";
import type { Flow } from "./max-min.ts";

const linkCount = 5;
const capacities = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: linkCount, maxLength: linkCount });
const flows = fc.array(
  fc.record({
    path: fc.uniqueArray(fc.nat({ max: linkCount - 1 }), { minLength: 1, maxLength: linkCount }),
    capBps: fc.integer({ min: 1, max: 800 }),
  }),
  { maxLength: 12 },
);

const loadOf = (link: number, all: readonly Flow[], rates: readonly number[]): number =>
  all.reduce((sum, flow, at) => sum + (flow.path.includes(link) ? (rates[at] ?? 0) : 0), 0);

describe("max-min sharing", () => {
  it("shares one link evenly, and gives what a capped flow leaves to the others", () => {
    const [one, two, three] = [1_000, 1_000, 100].map((capBps) => ({ path: [0], capBps }));
    expect(
      maxMinRates(
        [one, two, three].flatMap((flow) => flow ?? []),
        [1_000],
      ),
    ).toEqual([450, 450, 100]);
  });

  it("gives the long way no less than the bottleneck's share", () => {
    // The classical example: two short flows and one over both links.
    const all = [[0], [1], [0, 1]].map((path) => ({ path, capBps: 1e9 }));
    expect(maxMinRates(all, [100, 60])).toEqual([70, 30, 30]);
  });

  it("never gives more than a link or a cap allows", () => {
    fc.assert(
      fc.property(flows, capacities, (all, links) => {
        const rates = maxMinRates(all, links);
        rates.forEach((rate, at) => {
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual((all[at]?.capBps ?? 0) * (1 + 1e-6));
        });
        links.forEach((capacity, link) => {
          expect(loadOf(link, all, rates)).toBeLessThanOrEqual(capacity * (1 + 1e-6) + 1e-6);
        });
      }),
    );
  });

  it("is fair: whoever is not capped crosses a full link on which nobody has more", () => {
    fc.assert(
      fc.property(flows, capacities, (all, links) => {
        const rates = maxMinRates(all, links);
        all.forEach((flow, at) => {
          const rate = rates[at] ?? 0;
          if (rate >= flow.capBps * (1 - 1e-6)) return;
          const bottleneck = flow.path.find((link) => {
            const isFull = loadOf(link, all, rates) >= (links[link] ?? 0) * (1 - 1e-6) - 1e-6;
            const others = all.map((other, index) => (other.path.includes(link) ? (rates[index] ?? 0) : 0));
            return isFull && Math.max(...others) <= rate * (1 + 1e-6) + 1e-6;
          });
          expect(bottleneck).toBeDefined();
        });
      }),
    );
  });
});
