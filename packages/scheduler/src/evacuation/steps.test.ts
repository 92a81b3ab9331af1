import { describe, expect, it } from "vitest";
import { hostName, moveId } from "@trunkline/model";
import type { Evacuation, HostName, Snapshot } from "@trunkline/model";
import { vmNumber } from "../admission/cluster.fixture.ts";
import { at, host, snapshot, vm } from "./snapshot.fixture.ts";
import { beginEvacuation, nextEvacuationSteps } from "./steps.ts";
import type { EvacuationMove, EvacuationMoveEnd, EvacuationStep } from "./steps.ts";

const begun = beginEvacuation(hostName("h1"), "ada", at(0));
const hosts = [host("h1", 8192, { maintenance: "entering" }), host("h2", 8192), host("h3", 8192)];

/** `move("m1 vm1 h2")` is under way. */
function move(line: string, end: EvacuationMoveEnd | null = null): EvacuationMove {
  const [id = "", name = "", target = ""] = line.split(" ");
  return {
    id: moveId(id),
    vm: vmNumber(Number(name.replaceAll(/\D/g, ""))),
    target: hostName(target),
    memoryMiB: 1024,
    end,
  };
}
const ended = (outcome: EvacuationMoveEnd["outcome"], second = 10, why: string | null = null): EvacuationMoveEnd => ({
  outcome,
  at: at(second),
  why,
});

const wanted = ({ request }: EvacuationStep): readonly string[] =>
  request.map(({ name, target }) => `${name} to ${target}`);
const told = ({ evacuation }: EvacuationStep): readonly string[] => [
  evacuation.state,
  ...evacuation.vms.map(
    ({ name, state, target, attempts, why }) =>
      `${name} ${state}${target === null ? "" : ` ${target}`}, ${attempts}${why === null ? "" : `: ${why}`}`,
  ),
];

/** Lets it take note of a move that is under way. */
function moving(seen: Snapshot, ...lines: readonly string[]): Evacuation {
  return nextEvacuationSteps(
    begun,
    seen,
    lines.map((line) => move(line)),
  ).evacuation;
}

const one = snapshot(hosts, ["vm1 h1 1024"]);
const gone = snapshot(hosts, ["vm1 h2 1024"]);

describe("a running evacuation", () => {
  it("asks for all moves at once, hardest and largest first, onto what has room for all of them", () => {
    const seen = snapshot(
      [...hosts.slice(0, 1), host("h2", 3072), host("h3", 2048)],
      ["vm1 h1 1024", "vm2 h1 2560", "vm3 h1 1024", "vm4 h1 512 shutoff", "vm5 h2 256"],
    );
    const step = nextEvacuationSteps(begun, seen, []);
    expect(wanted(step)).toEqual(["vm2 to h2", "vm1 to h3", "vm3 to h3"]);
    expect(told(step)).toEqual([
      "running",
      "vm1 waiting h3, 0",
      "vm2 waiting h2, 0",
      "vm3 waiting h3, 0",
      "vm4 stays, 0: it does not run (shutoff), so its definition stays on h1",
    ]);
  });

  it("says the same when it is asked again before the moves are known", () => {
    const step = nextEvacuationSteps(begun, one, []);
    expect(nextEvacuationSteps(step.evacuation, one, [])).toEqual(step);
  });

  it("asks for nothing while a move of the VM is under way, whoever asked for it", () => {
    const step = nextEvacuationSteps(begun, one, [move("m7 vm1 h3")]);
    expect(wanted(step)).toEqual([]);
    expect(told(step)).toEqual(["running", "vm1 moving h3, 0"]);
  });

  it("is done when the last running VM has left", () => {
    const step = nextEvacuationSteps(moving(one, "m1 vm1 h2"), gone, [move("m1 vm1 h2", ended("completed"))]);
    expect(told(step)).toEqual(["done", "vm1 moved h2, 0"]);
  });

  it("does not take an old sight of the VM for a new one", () => {
    const step = nextEvacuationSteps(moving(one, "m1 vm1 h2"), one, [move("m1 vm1 h2", ended("completed"))]);
    expect(told(step)).toEqual(["done", "vm1 moved h2, 0"]);
  });

  it("is done at once with a host on which nothing runs", () => {
    expect(told(nextEvacuationSteps(begun, snapshot(hosts, []), []))).toEqual(["done"]);
  });

  it("tries the next host when the checks refused one, and never that one again", () => {
    const before = moving(one, "m1 vm1 h2");
    const step = nextEvacuationSteps(before, one, [
      move("m1 vm1 h2", ended("refused", 10, "the disk cannot be opened")),
    ]);
    expect(wanted(step)).toEqual(["vm1 to h3"]);
    expect(told(step)).toEqual(["running", "vm1 waiting h3, 1: the disk cannot be opened"]);
    const again = nextEvacuationSteps(step.evacuation, one, [move("m2 vm1 h3")]).evacuation;
    const last = nextEvacuationSteps(again, one, [move("m2 vm1 h3", ended("refused", 20, "no bridge br0"))]);
    expect(told(last)).toEqual([
      "stuck",
      "vm1 stuck, 2: no host can take vm1. h2: its checks refused vm1; h3: its checks refused vm1 (no bridge br0)",
    ]);
  });

  it("tries a host where it failed again, but after the others, and three times in all", () => {
    let step = nextEvacuationSteps(begun, one, []);
    const targets: HostName[] = [];
    for (let attempt = 1; attempt <= 5 && step.request[0] !== undefined; attempt += 1) {
      const { target } = step.request[0];
      targets.push(target);
      const line = `m${attempt} vm1 ${target}`;
      const under = nextEvacuationSteps(step.evacuation, one, [move(line)]).evacuation;
      const moves = [move(line, ended("failed", attempt, "the link broke"))];
      step = nextEvacuationSteps(under, one, moves);
      expect(nextEvacuationSteps(step.evacuation, one, moves)).toEqual(step);
    }
    expect(targets).toEqual(["h2", "h3", "h2"]);
    expect(told(step)).toEqual(["stuck", "vm1 stuck, 3: tried 3 times; at last: the link broke"]);
  });

  it("counts a move that nobody knows any more as an attempt", () => {
    expect(told(nextEvacuationSteps(moving(one, "m1 vm1 h2"), one, []))[1]).toBe(
      "vm1 waiting h2, 1: its last move is not known any more",
    );
  });

  it("takes a VM that was moved by hand, stopped or removed for gone", () => {
    const seen = snapshot(hosts, ["vm1 h1 1024", "vm2 h1 1024", "vm3 h1 1024"]);
    const later = snapshot(hosts, ["vm1 h3 1024", "vm2 h1 1024 shutoff"]);
    expect(told(nextEvacuationSteps(nextEvacuationSteps(begun, seen, []).evacuation, later, []))).toEqual([
      "done",
      "vm1 moved h3, 0: it was moved to h3 otherwise",
      "vm2 stays, 0: it does not run (shutoff), so its definition stays on h1",
      "vm3 moved, 0: it is no longer on h1",
    ]);
  });

  it("picks up a VM that is started meanwhile, and one that comes back, which counts as an attempt", () => {
    const seen = snapshot(hosts, ["vm1 h1 1024", "vm2 h1 1024 shutoff", "vm4 h1 1024"]);
    const before = moving(seen, "m1 vm1 h2", "m4 vm4 h2");
    const later = snapshot(hosts, [vm("vm1 h1 1024", at(30)), vm("vm2 h1 1024"), vm("vm3 h1 1024")]);
    const moves = [move("m1 vm1 h2", ended("completed")), move("m4 vm4 h2")];
    const first = nextEvacuationSteps(before, seen, moves);
    const step = nextEvacuationSteps(first.evacuation, later, moves);
    expect(wanted(step).map((text) => text.split(" ")[0])).toEqual(["vm1", "vm2", "vm3"]);
    expect(told(step)[1]).toBe("vm1 waiting h3, 1: it came back to h1");
  });

  it("waits for a VM that is arriving", () => {
    const seen = snapshot(hosts, ["vm1 h1 1024 paused"]);
    const step = nextEvacuationSteps(begun, seen, [move("m1 vm1 h1")]);
    expect(told(step)).toEqual(["running", "vm1 waiting, 0: it is arriving just now"]);
    expect(wanted(step)).toEqual([]);
    expect(nextEvacuationSteps(begun, snapshot(hosts, ["vm1 h3 1024"]), [move("m1 vm1 h1")]).evacuation.state).toBe(
      "running",
    );
  });

  it("does not mind what is done to a VM after it has left", () => {
    const done = nextEvacuationSteps(moving(one, "m1 vm1 h2"), gone, [
      move("m1 vm1 h2", ended("completed")),
      move("m9 vm5 h3"),
    ]);
    expect(told(done)[0]).toBe("done");
    const two = snapshot(hosts, ["vm1 h2 1024", "vm2 h1 1024"]);
    const before = nextEvacuationSteps(moving(one, "m1 vm1 h2"), two, [move("m1 vm1 h2", ended("completed"))]);
    expect(told(nextEvacuationSteps(before.evacuation, two, [move("m9 vm1 h3")]))[1]).toBe("vm1 moved h2, 0");
  });

  it("keeps a VM waiting for room as long as something still moves, then says that it is stuck", () => {
    const small = [host("h1", 8192), host("h2", 1024)];
    const two = snapshot(small, ["vm1 h1 1024", "vm2 h1 1024"]);
    const before = nextEvacuationSteps(begun, two, []);
    expect(wanted(before)).toEqual(["vm1 to h2"]);
    expect(before.evacuation.vms[1]).toMatchObject({ name: "vm2", state: "waiting" });
    const after = snapshot(small, ["vm1 h2 1024", "vm2 h1 1024"]);
    const under = nextEvacuationSteps(before.evacuation, two, [move("m1 vm1 h2")]).evacuation;
    expect(told(nextEvacuationSteps(under, after, [move("m1 vm1 h2", ended("completed"))]))).toEqual([
      "stuck",
      "vm1 moved h2, 0",
      "vm2 stuck, 0: no host can take vm2. h2: h2 has 0 MiB left for VMs once all that is planned has arrived, vm2 needs 1024 MiB",
    ]);
  });

  it("concludes nothing while its host is silent, and nothing is stuck before all hosts have been asked", () => {
    const silent = snapshot([host("h1", 8192, { reach: "unreachable" }), host("h2", 8192)], []);
    const before = nextEvacuationSteps(begun, one, []).evacuation;
    expect(nextEvacuationSteps(before, silent, [])).toEqual({ evacuation: before, request: [] });
    const young = snapshot([host("h1", 8192), host("h2", 8192, { reach: "not-asked-yet" })], ["vm1 h1 1024"]);
    expect(told(nextEvacuationSteps(begun, young, []))[0]).toBe("running");
  });

  it("does nothing more once it is done or stuck, until it is asked for anew", () => {
    const stuck: Evacuation = { ...begun, state: "stuck" };
    expect(nextEvacuationSteps(stuck, one, [])).toEqual({ evacuation: stuck, request: [] });
    expect(wanted(nextEvacuationSteps(beginEvacuation(hostName("h1"), "ada", at(50)), one, []))).toEqual(["vm1 to h2"]);
  });
});
