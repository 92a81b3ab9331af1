/** The laws of a running evacuation, over random clusters in which moves end as they like and people interfere. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostName, moveId } from "@trunkline/model";
import type { Evacuation, HostObservation, Snapshot, VmObservation } from "@trunkline/model";
import { limits } from "../limits.ts";
import { holdsMemory } from "./candidates.ts";
import { planEvacuation } from "./plan.ts";
import { at, host, predicted, snapshot, vm } from "./snapshot.fixture.ts";
import { beginEvacuation, nextEvacuationSteps } from "./steps.ts";
import type { EvacuationMove, EvacuationMoveEnd, WantedMove } from "./steps.ts";

const leaving = hostName("h1");

const observed = fc.record({
  memoryMiB: fc.integer({ min: 1, max: 8 }).map((gib) => gib * 1024),
  reach: fc.constantFrom("up" as const, "up" as const, "up" as const, "unreachable" as const),
  maintenance: fc.constantFrom("no" as const, "no" as const, "no" as const, "in" as const),
});
const machine = fc.record({
  host: fc.constantFrom("h1", "h1", "h1", "h2", "h3"),
  gib: fc.integer({ min: 1, max: 4 }),
  power: fc.constantFrom("running", "running", "running", "paused", "shutoff"),
});
const cluster = fc.record({
  hosts: fc.array(observed, { minLength: 1, maxLength: 4 }),
  vms: fc.array(machine, { maxLength: 8 }),
});
type Cluster = typeof cluster extends fc.Arbitrary<infer Value> ? Value : never;

const event = fc.record({
  ends: fc.array(
    fc.record({
      which: fc.nat(9),
      outcome: fc.constantFrom(
        "completed" as const,
        "completed" as const,
        "failed" as const,
        "refused" as const,
        "cancelled" as const,
      ),
    }),
    { maxLength: 4 },
  ),
  interference: fc.constantFrom("none", "none", "start", "stop", "return", "silence", "lose a move"),
});
type Event = typeof event extends fc.Arbitrary<infer Value> ? Value : never;

class World {
  evacuation: Evacuation = beginEvacuation(leaving, "ada", at(0));
  moves: EvacuationMove[] = [];
  /** The laws that were broken. */
  readonly wrong: string[] = [];
  #hosts: readonly HostObservation[];
  #vms: VmObservation[];
  #second = 0;
  #count = 0;

  constructor({ hosts, vms }: Cluster) {
    const others = hosts.map(({ memoryMiB, ...change }, index) => host(`h${index + 2}`, memoryMiB, change));
    this.#hosts = [host("h1", 65_536, { maintenance: "entering" }), ...others];
    const names = new Set<string>(this.#hosts.map(({ name }) => name));
    this.#vms = vms.flatMap(({ host: on, gib, power }, index) =>
      names.has(on) ? [vm(`vm${index + 1} ${on} ${gib * 1024} ${power}`)] : [],
    );
  }

  get seen(): Snapshot {
    return snapshot(this.#hosts, this.#vms);
  }

  /** @returns what was asked for, held against the laws. */
  step(): readonly WantedMove[] {
    const { seen, moves } = this;
    const step = nextEvacuationSteps(this.evacuation, seen, moves);
    const same = JSON.stringify(step);
    if (JSON.stringify(nextEvacuationSteps(step.evacuation, seen, moves)) !== same) this.wrong.push(`again: ${same}`);
    if (JSON.stringify(nextEvacuationSteps(this.evacuation, seen, moves.toReversed())) !== same)
      this.wrong.push(`listed otherwise: ${same}`);
    for (const wanted of step.request) this.wrong.push(...wrongWith(wanted, seen, moves));
    this.wrong.push(...overfull(seen, moves, step.request));
    this.evacuation = step.evacuation;
    for (const { vm: id, target } of step.request) {
      const memoryMiB = this.#vms.find((candidate) => candidate.id === id)?.memoryMiB ?? 0;
      this.#count += 1;
      this.moves.push({ id: moveId(`m${this.#count}`), vm: id, target, memoryMiB, end: null });
    }
    // It sees the moves that it asked for before any of them can end.
    this.evacuation = nextEvacuationSteps(this.evacuation, this.seen, this.moves).evacuation;
    return step.request;
  }

  end(which: number, outcome: EvacuationMoveEnd["outcome"]): void {
    const current = this.moves.filter((move) => move.end === null);
    const move = current[which % Math.max(1, current.length)];
    if (move === undefined) return;
    this.#second += 1;
    const end = { outcome, at: at(this.#second), why: outcome };
    this.moves = this.moves.map((candidate) => (candidate === move ? { ...candidate, end } : candidate));
    if (outcome === "completed") this.#change(move.vm, { host: move.target });
  }

  happen({ ends, interference }: Event): void {
    for (const { which, outcome } of ends) this.end(which, outcome);
    this.#second += 1;
    const busy = new Set(this.moves.filter((move) => move.end === null).map((move) => move.vm));
    const idle = this.#vms.filter((candidate) => !busy.has(candidate.id));
    const one = idle[this.#second % Math.max(1, idle.length)];
    if (interference === "silence")
      this.#hosts = this.#hosts.map((candidate, index) =>
        index === 1 ? host("h2", 4096, { reach: "unreachable" }) : candidate,
      );
    if (interference === "lose a move") this.moves = this.moves.slice(1);
    if (one === undefined) return;
    if (interference === "start") this.#change(one.id, { power: "running" });
    if (interference === "stop") this.#change(one.id, { power: "shutoff" });
    if (interference === "return") this.#change(one.id, { host: leaving, power: "running" });
  }

  #change(id: string, change: Partial<VmObservation>): void {
    this.#vms = this.#vms.map((candidate) =>
      candidate.id === id ? { ...candidate, ...change, observedAt: at(this.#second) } : candidate,
    );
  }
}

function wrongWith(
  { vm: id, target }: WantedMove,
  seen: Snapshot,
  moves: readonly EvacuationMove[],
): readonly string[] {
  const onto = seen.hosts.find((candidate) => candidate.name === target);
  return [
    ...(onto?.reach.kind === "up" && onto.maintenance === "no" && target !== leaving ? [] : [`${target} takes no VM`]),
    ...(moves.some((move) => move.end === null && move.vm === id) ? [`${id} has a move already`] : []),
    ...(seen.vms.some((candidate) => candidate.id === id && candidate.host === leaving) ? [] : [`${id} is not there`]),
  ];
}

/** Hosts that would have to hold more than they have, counting a VM that is on its way as well as those that are there. */
function overfull(seen: Snapshot, moves: readonly EvacuationMove[], request: readonly WantedMove[]): readonly string[] {
  const memoryOf = (id: string): number => seen.vms.find((candidate) => candidate.id === id)?.memoryMiB ?? 0;
  const current = moves.filter((move) => move.end === null);
  return seen.hosts.flatMap(({ name, figures }) => {
    const coming = request.filter(({ target }) => target === name);
    if (coming.length === 0) return [];
    const ids = new Set<string>([
      ...seen.vms.filter((candidate) => candidate.host === name && holdsMemory(candidate)).map(({ id }) => id),
      ...current.filter((move) => move.target === name).map((move) => move.vm),
      ...coming.map((wanted) => wanted.vm),
    ]);
    const sum = [...ids].reduce((total, id) => total + memoryOf(id), 0);
    return sum > (figures?.memoryMiB ?? 0) ? [name] : [];
  });
}

describe("the laws of a running evacuation", () => {
  it("asks only for moves that can be, never two of one VM, and says the same when asked the same", () => {
    fc.assert(
      fc.property(cluster, fc.array(event, { maxLength: 12 }), (made, events) => {
        const world = new World(made);
        for (const what of events) {
          const asked = world.step().map((wanted) => wanted.vm);
          expect(new Set(asked).size).toBe(asked.length);
          world.happen(what);
        }
        expect(world.wrong).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("comes to an end: done with nothing left running, or stuck with the reason of each", () => {
    const outcomes = fc.array(fc.constantFrom("completed" as const, "failed" as const, "refused" as const), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(cluster, fc.array(event, { maxLength: 5 }), outcomes, (made, events, fates) => {
        const world = new World(made);
        for (const what of events) {
          world.step();
          world.happen(what);
        }
        // Each round ends every move, and each VM has a bounded number of attempts.
        const bound = (made.vms.length + 1) * (limits.attemptsPerVm + 1);
        let rounds = 0;
        let fate = 0;
        for (; rounds <= bound && world.evacuation.state === "running"; rounds += 1) {
          world.step();
          while (world.moves.some((move) => move.end === null)) {
            world.end(0, fates[fate % fates.length] ?? "failed");
            fate += 1;
          }
        }
        const { state, vms } = world.evacuation;
        expect(world.wrong).toEqual([]);
        expect(rounds).toBeLessThanOrEqual(bound);
        expect(["done", "stuck"]).toContain(state);
        const stuck = vms.filter((entry) => entry.state === "stuck");
        expect(stuck.length > 0).toBe(state === "stuck");
        expect(stuck.filter((entry) => entry.why === null)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the laws of a plan", () => {
  it("names every VM of the host once, and onto no host more than it holds", () => {
    const refusals = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(cluster, refusals, (made, refused) => {
        const { seen } = new World(made);
        const check = {
          rule: "disk-reachable",
          severity: "block",
          subject: "vda",
          message: "it cannot be opened",
        } as const;
        const plan = planEvacuation({
          host: leaving,
          snapshot: seen,
          arrivals: [],
          verdictOf: (id, target) => ({
            checks: refused[(Number(`0x${id.slice(-2)}`) * 5 + Number(target.slice(1))) % 40] === true ? [check] : [],
            predicted: predicted(1000),
          }),
        });
        const moves = plan.waves.flat();
        const named = [...moves, ...plan.blocked, ...plan.stays].map((entry) => entry.vm).toSorted();
        expect(named).toEqual(
          seen.vms
            .filter((entry) => entry.host === leaving)
            .map((entry) => entry.id)
            .toSorted(),
        );
        expect(moves.flatMap((move) => wrongWith(move, seen, []))).toEqual([]);
        expect(overfull(seen, [], moves)).toEqual([]);
        expect(plan.predictedMs).toBe(plan.waves.length * 1000);
        for (const wave of plan.waves) expect(wave.length).toBeLessThanOrEqual(2);
      }),
      { numRuns: 200 },
    );
  });
});
