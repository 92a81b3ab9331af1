import { describe, expect, it } from "vitest";
import { hostName } from "@trunkline/model";
import type { CheckResult, EvacuationPlan, Snapshot } from "@trunkline/model";
import { star, vmNumber } from "../admission/cluster.fixture.ts";
import { candidatesFor } from "./candidates.ts";
import { evacuationQuestions, planEvacuation } from "./plan.ts";
import type { MoveVerdict } from "./placement.ts";
import type { EvacuationInput } from "./plan.ts";
import { host, predicted, snapshot, vm } from "./snapshot.fixture.ts";

const h1 = hostName("h1");
const refusal: CheckResult = {
  rule: "disk-reachable",
  severity: "block",
  subject: "vm1/vda",
  message: "the disk cannot be opened",
  fix: "share it",
};

/** Each move takes as many seconds as its VM has GiB; `refused` lists `vm1 h2`. */
function input(
  seen: Snapshot,
  refused: readonly string[] = [],
  arrivals: EvacuationInput["arrivals"] = [],
): EvacuationInput {
  return {
    host: h1,
    snapshot: seen,
    arrivals,
    verdictOf: (id, target) => {
      const about = seen.vms.find((candidate) => candidate.id === id);
      const checks = refused.includes(`${about?.name} ${target}`) ? [refusal] : [];
      return { checks, predicted: predicted((about?.memoryMiB ?? 0) / 1.024) };
    },
  };
}

function text({ waves, blocked, stays, predictedMs }: EvacuationPlan): readonly string[] {
  return [
    ...blocked.map(({ name, why }) => `blocked ${name}: ${why}`),
    ...waves.map(
      (wave, index) => `wave ${index + 1}: ${wave.map(({ name, target }) => `${name} to ${target}`).join(", ")}`,
    ),
    ...stays.map(({ name, why }) => `stays ${name}: ${why}`),
    `${predictedMs} ms`,
  ];
}

describe("the plan of an evacuation", () => {
  it("of a host with room elsewhere spreads its VMs, the largest first, two at a time", () => {
    const seen = snapshot(
      [host("h1", 8192), host("h2", 8192), host("h3", 8192)],
      ["vm1 h1 1024", "vm2 h1 4096", "vm3 h1 2048", "vm4 h2 512", "vm5 h1 1024 shutoff"],
    );
    expect(text(planEvacuation(input(seen)))).toEqual([
      "wave 1: vm2 to h3, vm3 to h2",
      "wave 2: vm1 to h2",
      "stays vm5: it does not run (shutoff), so its definition stays on h1",
      // The third begins as soon as the shorter of the first two has ended.
      "4000 ms",
    ]);
  });

  it("says why this host", () => {
    const seen = snapshot([host("h1", 8192), host("h2", 8192), host("h3", 4096)], ["vm1 h1 2048"]);
    expect(planEvacuation(input(seen)).waves[0]?.[0]?.reason).toBe(
      "the most room of 2 hosts: 6144 MiB left, memory 25 %, CPU 13 % afterwards",
    );
  });

  it("puts a VM that fits in one place only before larger ones that would take it", () => {
    const seen = snapshot([host("h1", 8192), host("h2", 4096), host("h3", 4096)], ["vm1 h1 3072", "vm2 h1 2048"]);
    expect(text(planEvacuation(input(seen, ["vm2 h3"])))).toEqual(["wave 1: vm2 to h2, vm1 to h3", "3000 ms"]);
  });

  it("packs when spreading leaves a VM without a place", () => {
    const seen = snapshot(
      [host("h1", 8192), host("h2", 4096), host("h3", 3072)],
      ["vm1 h1 2048", "vm2 h1 2048", "vm3 h1 3072"].map((line) => vm(line)),
    );
    expect(text(planEvacuation(input(seen)))).toEqual(["wave 1: vm3 to h3, vm1 to h2", "wave 2: vm2 to h2", "4000 ms"]);
  });

  it("names first what stands in the way, host by host", () => {
    const seen = snapshot(
      [
        host("h1", 8192),
        host("h2", 8192),
        host("h3", 8192, { reach: "unreachable" }),
        host("h4", 8192, { maintenance: "entering" }),
        host("h5", 512),
      ],
      ["vm1 h1 1024", "vm2 h1 1024"],
    );
    const plan = planEvacuation(input(seen, ["vm1 h2"]));
    expect(text(plan)).toEqual([
      "blocked vm1: no host can take vm1. h2: the disk cannot be opened; " +
        `h3: libvirt on h3 has not answered since ${seen.takenAt}: connection refused; ` +
        "h4: h4 is being emptied for maintenance and takes no VM; " +
        "h5: h5 has 512 MiB left for VMs once all that is planned has arrived, vm1 needs 1024 MiB",
      "wave 1: vm2 to h2",
      "1000 ms",
    ]);
    expect(plan.blocked[0]?.candidates[0]?.checks).toEqual([refusal]);
    expect(plan.blocked[0]?.candidates.flatMap(({ checks }) => checks).every((check) => check.fix)).toBe(true);
  });

  it("has nowhere to go from the only host", () => {
    expect(text(planEvacuation(input(snapshot([host("h1", 8192)], ["vm1 h1 1024"]))))).toEqual([
      "blocked vm1: there is no other host that could take vm1",
      "0 ms",
    ]);
  });

  it("plans nothing away from a host that is silent", () => {
    const seen = snapshot([host("h1", 8192, { reach: "unreachable" }), host("h2", 8192)], ["vm1 h1 1024"]);
    expect(text(planEvacuation(input(seen)))).toEqual([
      "blocked vm1: h1 does not answer, so nothing can be moved away from it",
      "0 ms",
    ]);
  });

  it("counts what is on its way, once, also when it can be seen at its target already", () => {
    const seen = snapshot(
      [host("h1", 8192), host("h2", 4096), host("h3", 4096)],
      ["vm1 h1 2048", "vm8 h2 2048 paused"],
    );
    const arrivals = [
      { vm: vmNumber(8), target: hostName("h2"), memoryMiB: 2048 },
      { vm: vmNumber(9), target: hostName("h3"), memoryMiB: 3000 },
    ];
    expect(text(planEvacuation(input(seen, [], arrivals)))).toEqual(["wave 1: vm1 to h2", "2000 ms"]);
  });

  it("leaves alone what has a move already", () => {
    const seen = snapshot([host("h1", 8192), host("h2", 8192)], ["vm1 h1 2048"]);
    const arrivals = [{ vm: vmNumber(1), target: hostName("h2"), memoryMiB: 2048 }];
    expect(text(planEvacuation(input(seen, [], arrivals)))).toEqual([
      "stays vm1: a move of it to h2 has been asked for already",
      "0 ms",
    ]);
  });

  it("keeps the budgets of links, and stretches the durations to the shares", () => {
    const links = { h1: { moves: 1, rateBps: 80 * 1024 * 1024 } };
    const seen = snapshot(
      [host("h1", 8192), host("h2", 8192)],
      ["vm1 h1 1024", "vm2 h1 1024"],
      star(["h1", "h2"], { links }),
    );
    const plan = planEvacuation({
      ...input(seen),
      verdictOf: () => ({ checks: [], predicted: predicted(1, 10 * 1024 * 1024) }),
    });
    expect(text(plan)).toEqual(["wave 1: vm1 to h2", "wave 2: vm2 to h2", "2000 ms"]);
  });
});

describe("the questions of an evacuation", () => {
  const seen = snapshot(
    [host("h1", 8192), host("h2", 8192), host("h3", 8192), host("h4", 8192)],
    ["vm1 h1 1024", "vm2 h1 2048", "vm3 h1 1024", "vm7 h4 4096"],
  );

  function askAll(truth: EvacuationInput): { readonly asked: readonly string[]; readonly plan: EvacuationPlan } {
    const answers = new Map<string, MoveVerdict | undefined>();
    const known = { ...truth, verdictOf: (id: string, target: string) => answers.get(`${id} ${target}`) };
    const asked: string[] = [];
    for (let questions = evacuationQuestions(known); questions.length > 0; questions = evacuationQuestions(known))
      for (const { vm: about, target } of questions) {
        asked.push(`${about.name} ${target}`);
        answers.set(`${about.id} ${target}`, truth.verdictOf(about.id, target));
      }
    return { asked, plan: planEvacuation(known) };
  }

  it("are one for each VM when the best hosts pass", () => {
    const { asked, plan } = askAll(input(seen));
    expect(asked).toHaveLength(3);
    expect(plan.blocked).toEqual([]);
  });

  it("go on to the next host when one refuses, and end when all have", () => {
    const { asked, plan } = askAll(input(seen, ["vm1 h2", "vm1 h3", "vm1 h4"]));
    expect(asked.filter((question) => question.startsWith("vm1 "))).toHaveLength(3);
    expect(plan.blocked.map(({ name }) => name)).toEqual(["vm1"]);
  });

  it("leave a VM blocked that nobody has asked about", () => {
    const plan = planEvacuation({ ...input(seen), verdictOf: () => undefined });
    expect(plan.waves).toEqual([]);
    expect(plan.blocked[0]?.why).toBe("h2 has not been asked yet whether it can take vm2");
  });
});

describe("candidates", () => {
  it("are ranked by what they will have least of, and an unknown load counts as a full one", () => {
    const unknown = host("h3", 8192, { cpuUsedRatio: null });
    const busy = host("h2", 8192, { cpuUsedRatio: 0.9 });
    const idleVms = Array.from({ length: 4 }, (_, index) => ({
      ...vm(`vm${index + 2} h3 256`),
      vcpus: 2,
      cpuUsedRatio: null,
    }));
    const seen = snapshot([host("h1", 8192), busy, unknown], ["vm1 h1 1024", ...idleVms]);
    const { fit } = candidatesFor(vm("vm1 h1 1024"), seen, []);
    expect(fit.map((candidate) => [candidate.host, candidate.cpuRatio])).toEqual([
      ["h3", 8.5 / 16],
      ["h2", 14.9 / 16],
    ]);
  });

  it("need what the host itself has free, too", () => {
    const seen = snapshot([host("h1", 8192), host("h2", 8192, { memoryFreeMiB: 1000 })], ["vm1 h1 1024"]);
    expect(candidatesFor(vm("vm1 h1 1024"), seen, []).fit).toEqual([]);
  });
});
