import { describe, expect, it } from "vitest";
import { batchId, hostName, moveId } from "@trunkline/model";
import type { Batch, BatchStep } from "@trunkline/model";
import { vmNumber } from "../admission/cluster.fixture.ts";
import { callOff, nextBatchTurn } from "./next-steps.ts";
import type { BatchMove } from "./next-steps.ts";

/** `waiting`, `waiting after 0`, `waiting room 0 1`, `moving m1`. */
function step(line: string, index: number): BatchStep {
  const numbers = (word: string): readonly number[] =>
    (new RegExp(`${word}((?: \\d+)+)`).exec(line)?.[1] ?? "")
      .split(" ")
      .filter((text) => text !== "")
      .map(Number);
  const [state = "waiting", move] = line.split(" ");
  return {
    step: index,
    vm: vmNumber(index + 1),
    name: `vm${index + 1}`,
    source: hostName("h1"),
    target: hostName("h2"),
    after: numbers("after"),
    roomAfter: numbers("room"),
    predictedMs: 1000,
    state: state as BatchStep["state"],
    move: move?.startsWith("m") === true ? moveId(move) : null,
    why: state === "failed" ? "it broke" : null,
  };
}

const batch = (lines: readonly string[], change: Partial<Batch> = {}): Batch => ({
  id: batchId("b1"),
  requestedBy: "ada",
  requestedAt: "2026-11-22T10:00:00.000Z",
  onFailure: "stop",
  outlivesProcess: true,
  options: { driver: "client", mode: "auto", handover: true, priority: 0 },
  state: "running",
  calledOff: null,
  predictedMs: 1000,
  steps: lines.map(step),
  ...change,
});

/** `m1 waits`, `m1 runs`, `m1 completed`, `m1 failed`. */
function moves(...lines: readonly string[]): readonly BatchMove[] {
  return lines.map((line) => {
    const [id = "", how = ""] = line.split(" ");
    const isOpen = how === "waits" || how === "runs";
    const outcome = how as "completed" | "failed" | "cancelled";
    const end = isOpen ? null : { outcome, why: how === "failed" ? "the copy broke" : null };
    return { id: moveId(id), isWaiting: how === "waits", end };
  });
}

function turn(before: Batch, ...lines: readonly string[]) {
  let count = 0;
  const next = nextBatchTurn(before, moves(...lines), () => moveId(`new${(count += 1)}`));
  return {
    state: next.batch.state,
    steps: next.batch.steps.map(({ state, move }) => (move === null ? state : `${state} ${move}`)),
    request: next.request.map(({ step: { name }, move }) => `${name} ${move}`),
    takeBack: [...next.takeBack],
    batch: next.batch,
  };
}

describe("the course of a batch", () => {
  it("begins with all that waits for nothing", () => {
    expect(turn(batch(["waiting", "waiting after 0", "waiting room 0", "waiting"]))).toMatchObject({
      state: "running",
      steps: ["moving new1", "waiting", "waiting", "moving new2"],
      request: ["vm1 new1", "vm4 new2"],
    });
  });

  it("asks again for what the journal does not know, under the same id, and for nothing else twice", () => {
    const before = batch(["moving m1", "moving m2"]);
    expect(turn(before, "m2 waits")).toMatchObject({ steps: ["moving m1", "moving m2"], request: ["vm1 m1"] });
    expect(turn(before, "m1 runs", "m2 waits").request).toEqual([]);
  });

  it("goes on when what came before has completed", () => {
    expect(turn(batch(["moving m1", "waiting after 0"]), "m1 runs").request).toEqual([]);
    expect(turn(batch(["moving m1", "waiting after 0"]), "m1 completed")).toMatchObject({
      steps: ["moved m1", "moving new1"],
      request: ["vm2 new1"],
    });
    expect(turn(batch(["moving m1"]), "m1 completed").state).toBe("completed");
  });

  it("stops at the first failure: what is in the queue is taken back, what runs ends, the rest is called off", () => {
    const stopped = turn(batch(["moving m1", "moving m2", "moving m3", "waiting"]), "m1 failed", "m2 waits", "m3 runs");
    expect(stopped).toMatchObject({
      state: "running",
      steps: ["failed m1", "moving m2", "moving m3", "called-off"],
      request: [],
      takeBack: ["m2"],
    });
    expect(stopped.batch.steps[3]?.why).toBe("not started, because vm1 was not moved (the copy broke)");
    const after = turn(stopped.batch, "m1 failed", "m2 cancelled", "m3 completed");
    expect(after).toMatchObject({ state: "failed", steps: ["failed m1", "called-off m2", "moved m3", "called-off"] });
    expect(after.batch.steps[1]?.why).toBe("not started, because vm1 was not moved (the copy broke)");
  });

  it("carries on where that was asked for, but not with what was to come after what failed", () => {
    const before = batch(["moving m1", "waiting after 0", "waiting after 1", "waiting room 0"], {
      onFailure: "continue",
    });
    const on = turn(before, "m1 failed");
    expect(on).toMatchObject({
      steps: ["failed m1", "called-off", "called-off", "moving new1"],
      request: ["vm4 new1"],
    });
    expect(on.batch.steps.map(({ why }) => why)).toEqual([
      "the copy broke",
      "it was to go after vm1, which was not moved",
      "it was to go after vm2, which was not moved",
      null,
    ]);
    expect(turn(on.batch, "m1 failed", "new1 completed").state).toBe("failed");
  });

  it("takes a move that somebody cancelled for one that failed", () => {
    expect(turn(batch(["moving m1", "waiting"]), "m1 cancelled")).toMatchObject({
      state: "failed",
      steps: ["failed m1", "called-off"],
    });
  });

  it("is called off as a whole: nothing begins any more, nor what had not reached the journal", () => {
    const off = callOff(batch(["moving m1", "moving m2", "moving m3", "waiting"]), "ada");
    const next = turn(off, "m1 runs", "m2 waits");
    expect(next).toMatchObject({
      state: "running",
      steps: ["moving m1", "moving m2", "called-off", "called-off"],
      request: [],
      takeBack: ["m2"],
    });
    expect(next.batch.steps[3]?.why).toBe("the batch was called off by ada");
    const over = turn(next.batch, "m1 cancelled", "m2 cancelled");
    expect(over).toMatchObject({
      state: "cancelled",
      steps: ["called-off m1", "called-off m2", "called-off", "called-off"],
    });
    expect(turn(over.batch, "m1 runs")).toMatchObject({ state: "cancelled", request: [], takeBack: [] });
  });

  it("has completed when it was called off too late to matter", () => {
    expect(turn(callOff(batch(["moving m1"]), "ada"), "m1 completed").state).toBe("completed");
  });
});
