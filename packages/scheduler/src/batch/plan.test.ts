import { describe, expect, it } from "vitest";
import { hostName } from "@trunkline/model";
import type { BatchPlan, CheckResult, Snapshot } from "@trunkline/model";
import { star, vmNumber } from "../admission/cluster.fixture.ts";
import type { Arrival } from "../evacuation/candidates.ts";
import { host, predicted, snapshot } from "../evacuation/snapshot.fixture.ts";
import type { MoveVerdict } from "../evacuation/placement.ts";
import { batchQuestions, planBatch } from "./plan.ts";
import type { BatchInput } from "./plan.ts";

const refusal: CheckResult = {
  rule: "disk-reachable",
  severity: "block",
  subject: "vm1/vda",
  message: "the disk cannot be opened",
  fix: "share it",
};

/** `vm1=h2`, `vm2`, `vm3=h1 after vm1 vm2`; each move takes as many seconds as its VM has GiB, unless said otherwise. */
function input(
  seen: Snapshot,
  wishes: readonly string[],
  {
    refused = [],
    arrivals = [],
    bytes = 0,
  }: { readonly refused?: readonly string[]; readonly arrivals?: readonly Arrival[]; readonly bytes?: number } = {},
): BatchInput {
  return {
    wishes: wishes.map((line) => {
      const [way = "", after = ""] = line.split(" after ");
      const [name = "", target] = way.split("=");
      const vm = seen.vms.find((candidate) => candidate.name === name);
      if (vm === undefined) throw new Error(`the test has no ${name}`);
      const before = after.split(" ").filter((word) => word !== "");
      const ids = before.map((word) => vmNumber(Number(word.replaceAll(/\D/g, ""))));
      return { vm, after: ids, ...(target === undefined ? {} : { target: hostName(target) }) };
    }),
    snapshot: seen,
    arrivals,
    verdictOf: (id, target) => {
      const about = seen.vms.find((candidate) => candidate.id === id);
      const checks = refused.includes(`${about?.name} ${target}`) ? [refusal] : [];
      return { checks, predicted: predicted((about?.memoryMiB ?? 0) / 1.024, bytes) };
    },
  };
}

function text({ waves, steps, blocked, stays, predictedMs }: BatchPlan): readonly string[] {
  return [
    ...blocked.map(({ name, why }) => `blocked ${name}: ${why}`),
    ...waves.map((wave, index) => {
      const moves = wave.map((number) => {
        const step = steps.find((one) => one.step === number);
        const waits = [...(step?.after ?? []), ...(step?.roomAfter ?? [])].toSorted((left, right) => left - right);
        return `${number} ${step?.name} ${step?.source}>${step?.target}${waits.length === 0 ? "" : ` after ${waits.join(" ")}`}`;
      });
      return `wave ${index + 1}: ${moves.join(", ")}`;
    }),
    ...stays.map(({ name, why }) => `stays ${name}: ${why}`),
    `${predictedMs} ms`,
  ];
}

describe("the plan of a batch", () => {
  it("sends everything at once that has room, within the budgets of hosts", () => {
    const seen = snapshot(
      [host("h1", 8192), host("h2", 8192), host("h3", 8192)],
      ["vm1 h1 1024", "vm2 h1 2048", "vm3 h1 1024", "vm4 h2 1024"],
    );
    expect(text(planBatch(input(seen, ["vm1=h2", "vm2=h2", "vm3=h3", "vm4=h3"])))).toEqual([
      "wave 1: 0 vm2 h1>h2, 1 vm1 h1>h2, 2 vm4 h2>h3",
      "wave 2: 3 vm3 h1>h3",
      // The last begins when the first of two has left h1.
      "2000 ms",
    ]);
  });

  it("chooses a target where none was named, beside those that were", () => {
    const seen = snapshot([host("h1", 4096), host("h2", 4096), host("h3", 4096)], ["vm1 h1 2048", "vm2 h1 1024"]);
    const plan = planBatch(input(seen, ["vm1=h2", "vm2"]));
    expect(text(plan)).toEqual(["wave 1: 0 vm1 h1>h2, 1 vm2 h1>h3", "2000 ms"]);
    expect(plan.steps.map(({ reason }) => reason)).toEqual([
      "asked for",
      "the most room of 2 hosts: 3072 MiB left, memory 25 %, CPU 13 % afterwards",
    ]);
  });

  it("waits for the room that another of its VMs makes", () => {
    const seen = snapshot([host("h1", 4096), host("h2", 2048), host("h3", 8192)], ["vm1 h1 2048", "vm2 h2 2048"]);
    expect(text(planBatch(input(seen, ["vm1=h2", "vm2=h3"])))).toEqual([
      "wave 1: 0 vm2 h2>h3",
      "wave 2: 1 vm1 h1>h2 after 0",
      "4000 ms",
    ]);
  });

  it("finds the one order in which all fit, where taking the largest first would end nowhere", () => {
    // h2 has 4 GiB for vm2 or vm3; only when vm3 has left h3 can vm1 leave h2 for it.
    const seen = snapshot(
      [host("h1", 8192), host("h2", 10_240), host("h3", 6144)],
      ["vm1 h2 6144", "vm2 h1 4096", "vm3 h3 4096"],
    );
    expect(text(planBatch(input(seen, ["vm1=h3", "vm2=h2", "vm3=h2"])))).toEqual([
      "wave 1: 0 vm3 h3>h2",
      "wave 2: 1 vm1 h2>h3 after 0",
      "wave 3: 2 vm2 h1>h2 after 1",
      "14000 ms",
    ]);
  });

  it("lets VMs change places by way of a third host, and sends no more of them round than it takes", () => {
    const seen = snapshot(
      [host("h1", 2048), host("h2", 2048), host("h3", 2048)],
      ["vm1 h1 2048", "vm2 h2 1024", "vm3 h2 1024"],
    );
    const plan = planBatch(input(seen, ["vm1=h2", "vm2=h1", "vm3=h1"]));
    expect(text(plan)).toEqual([
      "wave 1: 0 vm1 h1>h3",
      "wave 2: 1 vm2 h2>h1 after 0, 2 vm3 h2>h1 after 0",
      "wave 3: 3 vm1 h3>h2 after 0 1 2",
      "5000 ms",
    ]);
    expect(plan.steps[0]?.reason).toBe("only for the time until h2 has room: h3 has some");
  });

  it("refuses a change of places that nobody has room for, and says who waits for whom", () => {
    const seen = snapshot([host("h1", 2048), host("h2", 2048)], ["vm1 h1 2048", "vm2 h2 1536"]);
    expect(text(planBatch(input(seen, ["vm1=h2", "vm2=h1"])))).toEqual([
      "blocked vm1: vm1 needs 2048 MiB on h2, which has 512 MiB left until vm2 has gone to h1, " +
        "and that waits for room in its turn; no other host has room for one of them meanwhile",
      "blocked vm2: vm2 needs 1536 MiB on h1, which has 0 MiB left until vm1 has gone to h2, " +
        "and that waits for room in its turn; no other host has room for one of them meanwhile",
      "0 ms",
    ]);
  });

  it("does not take a way round by a host whose checks refuse the VM", () => {
    const seen = snapshot([host("h1", 2048), host("h2", 2048), host("h3", 2048)], ["vm1 h1 2048", "vm2 h2 2048"]);
    const wishes = ["vm1=h2", "vm2=h1"];
    expect(text(planBatch(input(seen, wishes, { refused: ["vm1 h3"] })))[0]).toBe("wave 1: 0 vm2 h2>h3");
    expect(planBatch(input(seen, wishes, { refused: ["vm1 h3", "vm2 h3"] })).waves).toEqual([]);
  });

  it("keeps what is to come after something, and what comes after what cannot go does not go", () => {
    const seen = snapshot([host("h1", 8192), host("h2", 8192)], ["vm1 h1 1024", "vm2 h1 1024", "vm3 h2 1024"]);
    const wishes = ["vm1=h2 after vm3", "vm2=h2 after vm1", "vm3=h1"];
    expect(text(planBatch(input(seen, wishes)))).toEqual([
      "wave 1: 0 vm3 h2>h1",
      "wave 2: 1 vm1 h1>h2 after 0",
      "wave 3: 2 vm2 h1>h2 after 1",
      "3000 ms",
    ]);
    expect(text(planBatch(input(seen, wishes, { refused: ["vm1 h2"] })))).toEqual([
      "blocked vm1: the disk cannot be opened",
      "blocked vm2: it is to go after vm1, which cannot go",
      "wave 1: 0 vm3 h2>h1",
      "1000 ms",
    ]);
  });

  it("names what cannot go: it does not run, moves already, its host is silent, its target is closed", () => {
    const seen = snapshot(
      [
        host("h1", 8192),
        host("h2", 8192, { maintenance: "in" }),
        host("h3", 8192, { reach: "unreachable" }),
        host("h4", 1024),
      ],
      ["vm1 h1 1024 shutoff", "vm2 h1 1024", "vm3 h3 1024", "vm4 h1 1024", "vm5 h1 2048", "vm6 h1 1024"],
    );
    const arrivals = [{ vm: vmNumber(2), target: hostName("h4"), memoryMiB: 1024 }];
    const plan = planBatch(input(seen, ["vm1=h4", "vm2=h4", "vm3=h1", "vm4=h2", "vm5=h4", "vm6=h1"], { arrivals }));
    expect(text(plan)).toEqual([
      "blocked vm1: it does not run (shutoff), so there is nothing to move live",
      "blocked vm2: a move of it to h4 has been asked for already",
      "blocked vm3: h3 does not answer, so nothing can be moved away from it",
      "blocked vm4: h2 is in maintenance and takes no VM",
      "blocked vm5: vm5 needs 2048 MiB on h4, which has 0 MiB left once all that is planned has arrived",
      "stays vm6: it runs on h1 already",
      "0 ms",
    ]);
  });

  it("names what no budget lets begin, and goes on with the rest", () => {
    const seen = snapshot(
      [host("h1", 8192), host("h2", 8192), host("h3", 8192)],
      ["vm1 h1 1024", "vm2 h1 1024"],
      star(["h1", "h2", "h3"], { hosts: { h2: { in: 0 } } }),
    );
    expect(text(planBatch(input(seen, ["vm1=h2", "vm2=h3"])))).toEqual([
      "blocked vm1: h2 receives no moves: its budget is 0",
      "wave 1: 0 vm2 h1>h3",
      "1000 ms",
    ]);
  });

  it("divides a link among the moves on it, and gives one what the other leaves", () => {
    const mib = 1024 * 1024;
    const links = { h1: { moves: 2, rateBps: 80 * mib } };
    const seen = snapshot(
      [host("h1", 8192), host("h2", 8192), host("h3", 8192)],
      ["vm1 h1 1024", "vm2 h1 1024"],
      star(["h1", "h2", "h3"], { links }),
    );
    const one = input(seen, ["vm1=h2", "vm2=h3"]);
    // 10 MiB and 30 MiB, each a millisecond by itself: 40 MiB on 10 MiB/s, the smaller done after two seconds.
    const sizes = new Map([
      [vmNumber(1), 10 * mib],
      [vmNumber(2), 30 * mib],
    ]);
    const plan = planBatch({
      ...one,
      verdictOf: (vm) => ({ checks: [], predicted: predicted(1, sizes.get(vm) ?? 0) }),
    });
    expect(plan.steps.map(({ name, startMs, predicted: { totalMs } }) => `${name} ${startMs} ${totalMs}`)).toEqual([
      "vm1 0 2000",
      "vm2 0 4000",
    ]);
    expect(plan.predictedMs).toBe(4000);
    expect(plan.steps[0]?.predicted.basis).toContain("its share of the links");
  });

  it("takes a check of memory alone for what it is: now, not when the turn comes", () => {
    const seen = snapshot([host("h1", 4096), host("h2", 2048), host("h3", 8192)], ["vm1 h1 2048", "vm2 h2 2048"]);
    const one = input(seen, ["vm1=h2", "vm2=h3"]);
    const full: CheckResult = { rule: "memory-fits", severity: "block", subject: "h2", message: "h2 is full" };
    const plan = planBatch({ ...one, verdictOf: () => ({ checks: [full], predicted: predicted(1000) }) });
    expect(plan.blocked).toEqual([]);
    expect(plan.waves).toHaveLength(2);
  });
});

describe("the questions of a batch", () => {
  it("are asked until the plan depends on nothing unknown, ways round included", () => {
    const seen = snapshot([host("h1", 2048), host("h2", 2048), host("h3", 2048)], ["vm1 h1 2048", "vm2 h2 2048"]);
    const truth = input(seen, ["vm1=h2", "vm2=h1"]);
    const answers = new Map<string, MoveVerdict | undefined>();
    const known: BatchInput = { ...truth, verdictOf: (vm, target) => answers.get(`${vm} ${target}`) };
    expect(planBatch(known).blocked[0]?.why).toBe("h2 has not been asked yet whether it can take vm1");
    const asked: string[] = [];
    for (let questions = batchQuestions(known); questions.length > 0; questions = batchQuestions(known))
      for (const { vm, target } of questions) {
        asked.push(`${vm.name} ${target}`);
        answers.set(`${vm.id} ${target}`, truth.verdictOf(vm.id, target));
      }
    expect(asked).toEqual(["vm1 h2", "vm2 h1", "vm1 h3"]);
    expect(planBatch(known)).toEqual(planBatch(truth));
  });
});
