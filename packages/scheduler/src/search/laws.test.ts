/** What holds of every plan, over clusters that chance made up. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BestMoves } from "./best-moves.ts";
import { LoadsTable, draws } from "./loads.fixture.ts";
import type { Loads } from "./loads.fixture.ts";
import { planMoves } from "./plan-moves.ts";
import { sequence } from "./sequence.ts";

const looks = 1_000_000;
/** Drawn anew for every plan, so that a case can be had again by itself. */
const bounds = () => ({ looks, polish: { looks, draw: draws(7) } });

/** As tight as `slack` leaves it: whatever stands on a host fits there. */
const clusters: fc.Arbitrary<Loads> = fc
  .record({ hostCount: fc.integer({ min: 1, max: 6 }), slack: fc.integer({ min: 0, max: 12 }) })
  .chain(({ hostCount, slack }) =>
    fc
      .array(fc.record({ size: fc.integer({ min: 1, max: 9 }), host: fc.nat(hostCount - 1) }), { maxLength: 14 })
      .map((vms) => ({
        sizes: vms.map(({ size }) => size),
        hosts: vms.map(({ host }) => host),
        capacities: Array.from(
          { length: hostCount },
          (_, host) => slack + vms.reduce((sum, vm) => sum + (vm.host === host ? vm.size : 0), 0),
        ),
      })),
  );

describe("every plan", () => {
  it("keeps within the capacities after every step, and never makes the score worse", () => {
    fc.assert(
      fc.property(clusters, fc.nat(15), (loads, maxMoves) => {
        const { steps, scoreBefore, scoreAfter } = planMoves(new LoadsTable(loads), { ...bounds(), maxMoves });
        const replayed = new LoadsTable(loads);
        for (const { vm, source, target, score } of steps) {
          expect(replayed.hostOf(vm)).toBe(source);
          expect(replayed.scoreAfter(vm, target)).toBeCloseTo(score, 9);
          replayed.place(vm, target);
          expect(replayed.isWithinCapacity()).toBe(true);
        }
        expect(replayed.score()).toBeCloseTo(scoreAfter, 9);
        expect(scoreAfter).toBeLessThanOrEqual(scoreBefore);
        expect(new Set(steps.map(({ vm }) => vm)).size).toBeLessThanOrEqual(maxMoves);
      }),
      { numRuns },
    );
  });

  it("leaves nothing to plan, unless something was in the way", () => {
    fc.assert(
      fc.property(clusters, (loads) => {
        const table = new LoadsTable(loads);
        const { stuck } = planMoves(table, bounds());
        fc.pre(stuck.length === 0);
        const again = new LoadsTable({ ...loads, hosts: table.placement });
        expect(planMoves(again, bounds()).steps).toEqual([]);
      }),
      { numRuns },
    );
  });

  it("is at least as good as moving the best VM again and again", () => {
    fc.assert(
      fc.property(clusters, fc.nat(8), (loads, maxMoves) => {
        const table = new LoadsTable(loads);
        const plan = planMoves(table, { ...bounds(), maxMoves });
        fc.pre(plan.stuck.length === 0);
        expect(plan.scoreAfter).toBeLessThanOrEqual(greedyScore(new LoadsTable(loads), maxMoves) + 1e-9);
      }),
      { numRuns },
    );
  });

  it("knows the best move, looked at in full", () => {
    fc.assert(
      fc.property(clusters, (loads) => {
        const table = new LoadsTable(loads);
        expect(new BestMoves(table).best()?.gain ?? -Infinity).toBeCloseTo(bestGain(table).gain, 9);
      }),
      { numRuns },
    );
  });

  it("reaches what is wanted, or says which VMs it could not place", () => {
    fc.assert(
      fc.property(clusters, fc.infiniteStream(fc.nat()), (loads, draws) => {
        const table = new LoadsTable(loads);
        const wanted = Int32Array.from(loads.sizes, () => Number(draws.next().value) % loads.capacities.length);
        const { stuck } = sequence(table, wanted);
        const elsewhere = [...wanted.entries()].filter(([vm, host]) => table.hostOf(vm) !== host).map(([vm]) => vm);
        expect([...stuck].toSorted((one, other) => one - other)).toEqual(elsewhere);
      }),
      { numRuns },
    );
  });
});

function greedyScore(table: LoadsTable, maxMoves: number): number {
  const moved = new Set<number>();
  while (moved.size < maxMoves) {
    const { vm, target, gain } = bestGain(table);
    if (gain <= 1e-9) break;
    table.place(vm, target);
    moved.add(vm);
  }
  return table.score();
}

function bestGain(table: LoadsTable): { readonly vm: number; readonly target: number; readonly gain: number } {
  let best = { vm: -1, target: -1, gain: -Infinity };
  for (let vm = 0; vm < table.vmCount; vm += 1)
    for (let target = 0; target < table.hostCount; target += 1) {
      if (target === table.hostOf(vm)) continue;
      const gain = table.score() - table.scoreAfter(vm, target);
      if (gain > best.gain) best = { vm, target, gain };
    }
  return best;
}

const numRuns = 2_000;
