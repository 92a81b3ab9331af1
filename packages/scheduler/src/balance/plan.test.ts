import { hostName } from "@trunkline/model";
import type { CheckResult, HostObservation, VmId, VmObservation } from "@trunkline/model";
import { describe, expect, it } from "vitest";
import { vmNumber } from "../admission/cluster.fixture.ts";
import { host, predicted, snapshot, vm } from "../evacuation/snapshot.fixture.ts";
import { balanceQuestions, planBalance } from "./plan.ts";
import type { BalanceInput } from "./plan.ts";

const idle = { cpuUsedRatio: 0 };
const passes = { checks: [], predicted: predicted(1_000) };

/** `busy("vm1 h1 2048", 8)`: so many threads, all of them busy. */
const busy = (line: string, threads: number): VmObservation => ({ ...vm(line), vcpus: threads, cpuUsedRatio: 1 });

function input(
  hosts: readonly HostObservation[],
  vms: readonly VmObservation[],
  change: Partial<BalanceInput> = {},
): BalanceInput {
  return {
    snapshot: snapshot(hosts, vms),
    arrivals: [],
    resting: new Map(),
    threshold: 3,
    verdictOf: () => passes,
    ...change,
  };
}

const twoHosts = [host("h1", 65_536, idle), host("h2", 65_536, idle)];
const crowded = [busy("vm1 h1 2048", 8), busy("vm2 h1 2048", 8), busy("vm3 h1 2048", 4)];
const courses = (plan: ReturnType<typeof planBalance>): readonly string[] =>
  plan.moves.map(({ name, source, target }) => `${name} ${source} ${target}`);

describe("a cluster out of balance", () => {
  it("is relieved by the move that helps most, with what it gains and why", () => {
    const plan = planBalance(input(twoHosts, crowded));
    expect(courses(plan)).toEqual(["vm1 h1 h2"]);
    expect(plan.moves[0]?.reason).toBe(
      "125 % of the threads of h1 are asked for; afterwards CPU 75 % there and 50 % on h2",
    );
    expect(plan.moves[0]?.gain).toBeGreaterThan(25);
    expect(plan.score.after).toBeGreaterThan(plan.score.before);
    expect(plan.score.bound).toBeGreaterThanOrEqual(plan.score.after);
    expect(plan.hosts.map(({ before, after }) => [before.cpuRatio, after.cpuRatio])).toEqual([
      [1.25, 0.75],
      [0, 0.5],
    ]);
  });

  it("says what the score is made of", () => {
    const { score, terms } = planBalance(input(twoHosts, crowded));
    const lost = (when: "before" | "after"): number => terms.reduce((sum, term) => sum + term[when], 0);
    expect([100 - lost("before"), 100 - lost("after")].map((value) => value.toFixed(9))).toEqual(
      [score.before, score.after].map((value) => value.toFixed(9)),
    );
    expect(terms.find(({ name }) => name === "contention")?.after).toBe(0);
  });

  it("counts a host with nothing on it that could be moved like any other", () => {
    const resting = new Map<VmId, string>(crowded.map(({ id }) => [id, "it was moved 1 min ago"]));
    const { score, moves } = planBalance(input(twoHosts, crowded, { resting }));
    expect([moves, score]).toEqual([[], planBalance(input(twoHosts, crowded, { threshold: 1 })).score]);
    expect(score.before).toBeLessThan(100);
  });

  it("calls no score impossible that is reached where hosts are busy with something of their own", () => {
    const hosts = [host("h1", 65_536, { cpuUsedRatio: 0.25 }), host("h2", 65_536, { cpuUsedRatio: 1 })];
    const { score } = planBalance(input(hosts, [busy("vm1 h1 2048", 4)]));
    expect(score).toEqual({ before: 100, after: 100, bound: 100 });
  });

  it("is planned once: with the moves done, nothing is left to move", () => {
    const moved = crowded.map((each) => (each.name === "vm1" ? { ...each, host: hostName("h2") } : each));
    expect(planBalance(input(twoHosts, moved)).moves).toEqual([]);
  });

  it.each([
    ["more at a lower bar", 5, ["vm1 h1 h2"]],
    ["nothing at the first level", 1, []],
  ] as const)("moves %s", (_, threshold, expected) => {
    expect(courses(planBalance(input(twoHosts, crowded, { threshold })))).toEqual(expected);
  });

  it("says how many moves each level would recommend", () => {
    const { movesByThreshold, moves } = planBalance(input(twoHosts, crowded));
    expect(movesByThreshold).toHaveLength(5);
    expect([movesByThreshold[0], movesByThreshold[2]]).toEqual([0, moves.length]);
    expect(movesByThreshold.toSorted((one, other) => one - other)).toEqual(movesByThreshold);
  });
});

describe("nothing is moved", () => {
  const names = (plan: ReturnType<typeof planBalance>): readonly string[] => plan.held.map(({ why }) => why);

  it("where every VM has what it asks for, however uneven the hosts are", () => {
    const plan = planBalance(input(twoHosts, [busy("vm1 h1 2048", 4), busy("vm2 h1 2048", 4)]));
    expect([plan.moves, plan.held, plan.score]).toEqual([[], [], { before: 100, after: 100, bound: 100 }]);
  });

  it("for less than the level asks for, and the best move that is left is named", () => {
    const plan = planBalance(input(twoHosts, [busy("vm1 h1 2048", 8), busy("vm2 h1 2048", 5)]));
    expect(plan.moves).toEqual([]);
    expect(names(plan)[0]).toMatch(
      /^the best move that is left, vm\d to h2, gains \d+\.\d points; level 3 asks for 25$/,
    );
  });

  it("to a host without room for its memory", () => {
    const plan = planBalance(input([host("h1", 65_536, idle), host("h2", 1_024, idle)], crowded));
    expect([plan.moves, names(plan)]).toEqual([[], ["no other host can take any of the 3 VM(s) that could leave it"]]);
  });

  it("to a host that is in maintenance, or does not answer", () => {
    for (const change of [{ maintenance: "in" }, { reach: "unreachable" }] as const) {
      const plan = planBalance(input([host("h1", 65_536, idle), host("h2", 65_536, { ...idle, ...change })], crowded));
      expect(plan.moves).toEqual([]);
      expect(plan.hosts[1]?.closed).toMatch(/h2/);
    }
  });

  it("that is under way, was moved a moment ago, or whose load is not known", () => {
    const resting = new Map<VmId, string>([[vmNumber(2), "it was moved 3 min ago"]]);
    const arrivals = [{ vm: vmNumber(1), target: hostName("h2"), memoryMiB: 2048 }];
    const vms = crowded.map((each) => (each.name === "vm3" ? { ...each, cpuUsedRatio: null } : each));
    const plan = planBalance(input(twoHosts, vms, { resting, arrivals }));
    expect(plan.moves).toEqual([]);
    expect(names(plan)[0]).toBe(
      "none of its VMs can be moved now: vm1, because a move of it to h2 has been asked for already, and 2 more",
    );
  });
});

describe("what the checks say", () => {
  const block: CheckResult = { rule: "cpu", severity: "block", subject: "vm1", message: "no" };

  it("is asked about the moves that would be made, and about no others", () => {
    const questions = balanceQuestions(input(twoHosts, crowded, { verdictOf: () => undefined }));
    expect(questions.map(({ vm: { name }, target }) => `${name} ${target}`)).toEqual(["vm1 h2"]);
    const { moves, score } = planBalance(input(twoHosts, crowded, { verdictOf: () => undefined }));
    expect(moves).toEqual([]);
    expect(score.after).toBe(score.before);
  });

  it("rules a move out, and the next best is taken", () => {
    const verdictOf: BalanceInput["verdictOf"] = (id) => (id === vmNumber(1) ? { ...passes, checks: [block] } : passes);
    expect(courses(planBalance(input(twoHosts, crowded, { verdictOf })))).toEqual(["vm2 h1 h2"]);
  });
});
