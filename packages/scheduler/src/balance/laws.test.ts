/** What holds of every balance, over clusters that chance made up. */
import type { HostObservation, VmObservation } from "@trunkline/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { host, predicted, snapshot, vm } from "../evacuation/snapshot.fixture.ts";
import { boundOf, pointsLost } from "./comfort.ts";
import { planBalance } from "./plan.ts";
import type { BalanceInput } from "./plan.ts";

interface Cluster {
  readonly hosts: readonly HostObservation[];
  readonly vms: readonly VmObservation[];
}

const clusters: fc.Arbitrary<Cluster> = fc.integer({ min: 1, max: 5 }).chain((hostCount) =>
  fc.record({
    hosts: fc
      .array(fc.record({ memoryMiB: fc.integer({ min: 8_192, max: 65_536 }), own: fc.nat(100) }), {
        minLength: hostCount,
        maxLength: hostCount,
      })
      .map((list) =>
        list.map(({ memoryMiB, own }, index) => host(`h${index + 1}`, memoryMiB, { cpuUsedRatio: own / 100 })),
      ),
    vms: fc
      .array(
        fc.record({
          on: fc.nat(hostCount - 1),
          vcpus: fc.integer({ min: 1, max: 12 }),
          ratio: fc.nat(100),
          memoryMiB: fc.constantFrom(512, 1_024, 2_048, 4_096),
        }),
        { maxLength: 12 },
      )
      .map((list) =>
        list.map(({ on, vcpus, ratio, memoryMiB }, index) => ({
          ...vm(`vm${index + 1} h${on + 1} ${memoryMiB}`),
          vcpus,
          cpuUsedRatio: ratio / 100,
        })),
      ),
  }),
);

const inputOf = ({ hosts, vms }: Cluster, threshold: BalanceInput["threshold"]): BalanceInput => ({
  snapshot: snapshot(hosts, vms),
  arrivals: [],
  resting: new Map(),
  threshold,
  verdictOf: () => ({ checks: [], predicted: predicted(1_000) }),
});

const anyThreshold = fc.constantFrom<BalanceInput["threshold"]>(1, 2, 3, 4, 5);

describe("every balance", () => {
  it("has room for each VM when it comes, and never makes the score worse, nor better than can be", () => {
    fc.assert(
      fc.property(clusters, anyThreshold, (cluster, threshold) => {
        const plan = planBalance(inputOf(cluster, threshold));
        const places = new Map(cluster.vms.map(({ id, host: on }) => [id, on]));
        for (const { vm: id, source, target } of plan.moves) {
          expect(places.get(id)).toBe(source);
          places.set(id, target);
          const placed = cluster.vms.filter((each) => places.get(each.id) === target);
          const capacity = cluster.hosts.find(({ name }) => name === target)?.figures?.memoryMiB ?? 0;
          expect(placed.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)).toBeLessThanOrEqual(capacity);
        }
        expect(plan.score.after).toBeGreaterThanOrEqual(plan.score.before - 1e-9);
        expect(plan.score.after).toBeLessThanOrEqual(plan.score.bound + 1e-9);
        const lost = plan.terms.reduce((sum, term) => sum + term.before, 0);
        expect(100 - lost).toBeCloseTo(plan.score.before, 9);
      }),
      { numRuns },
    );
  });

  it("leaves nothing to plan at its level", () => {
    fc.assert(
      fc.property(clusters, anyThreshold, (cluster, threshold) => {
        const targets = new Map(
          planBalance(inputOf(cluster, threshold)).moves.map(({ vm: id, target }) => [id, target]),
        );
        // The hosts' own load stays; a host counts its VMs' into what it is busy with.
        const busyOn = (name: string, list: readonly VmObservation[]): number =>
          list.reduce((sum, each) => sum + (each.host === name ? each.vcpus * (each.cpuUsedRatio ?? 0) : 0), 0);
        const vms = cluster.vms.map((each) => ({ ...each, host: targets.get(each.id) ?? each.host }));
        const hosts = cluster.hosts.map((each) => {
          const { figures } = each;
          if (figures === null) return each;
          const own = Math.max(0, (figures.cpuUsedRatio ?? 0) * figures.cpuThreads - busyOn(each.name, cluster.vms));
          return {
            ...each,
            figures: { ...figures, cpuUsedRatio: (own + busyOn(each.name, vms)) / figures.cpuThreads },
          };
        });
        expect(planBalance(inputOf({ hosts, vms }, threshold)).moves).toEqual([]);
      }),
      { numRuns },
    );
  });

  it("does not depend on the order in which hosts and VMs were observed", () => {
    fc.assert(
      fc.property(clusters, ({ hosts, vms }) => {
        const turned = { hosts: hosts.toReversed(), vms: vms.toReversed() };
        expect(planBalance(inputOf(turned, 5))).toEqual(planBalance(inputOf({ hosts, vms }, 5)));
      }),
      { numRuns },
    );
  });
});

describe("what pressure costs", () => {
  const ratio = fc.double({ min: 0, max: 4, noNaN: true });

  it("is least where the demand is spread evenly", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(ratio, ratio), { minLength: 1, maxLength: 6 }), (hosts) => {
        const total = (at: 0 | 1): number => hosts.reduce((sum, loads) => sum + loads[at], 0);
        fc.pre(total(0) > 0 && total(1) > 0);
        const lost = hosts.reduce((sum, [cpu, memory]) => {
          const weight = (cpu / total(0) + memory / total(1)) / 2;
          return sum + weight * pointsLost(cpu, memory);
        }, 0);
        expect(lost).toBeGreaterThanOrEqual(boundOf(total(0) / hosts.length, total(1) / hosts.length) - 1e-9);
      }),
      { numRuns: 10_000 },
    );
  });

  it("never falls when more is asked for", () => {
    fc.assert(
      fc.property(ratio, ratio, ratio, (cpu, memory, more) => {
        expect(pointsLost(cpu + more, memory)).toBeGreaterThanOrEqual(pointsLost(cpu, memory));
        expect(pointsLost(cpu, memory + more)).toBeGreaterThanOrEqual(pointsLost(cpu, memory));
        expect(pointsLost(cpu, memory)).toBeLessThan(100);
      }),
      { numRuns: 10_000 },
    );
  });
});

const numRuns = 2_000;
