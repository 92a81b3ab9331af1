import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { batchId, hostName, moveId, vmId } from "@trunkline/model";
import type { Batch, BatchPlan, BatchStep } from "@trunkline/model";
import { batchPlanText, batchText } from "./batch-text.ts";

const id = vmId("6f1d9d1e-1111-4222-8333-000000000001");
const predicted = { totalMs: 2_000, downtimeMs: 100, bytes: 1, rounds: 1, converges: true, basis: "made up" };

it("a plan names blockers first, then the waves with what each move waits for, once each", () => {
  const step = { vm: id, source: hostName("h1"), target: hostName("h2"), predicted, reason: "asked for" };
  const plan: BatchPlan = {
    blocked: [{ vm: id, name: "vm9", candidates: [], why: "it does not run" }],
    steps: [
      { ...step, step: 0, name: "vm1", after: [], roomAfter: [], startMs: 0 },
      { ...step, step: 1, name: "vm2", after: [0], roomAfter: [0], startMs: 2_000 },
    ],
    waves: [[0], [1]],
    stays: [{ vm: id, name: "vm3", why: "it runs on h2 already" }],
    predictedMs: 4_000,
    network: [],
  };
  expect(stripVTControlCharacters(batchPlanText(plan)).split("\n")).toEqual([
    "  BLOCKED  vm9: it does not run",
    "  wave 1",
    "    vm1 from h1 to h2, begins at 0 ms, takes 2000 ms (asked for)",
    "  wave 2",
    "    vm2 from h1 to h2, begins at 2000 ms, takes 2000 ms, after vm1 (asked for)",
    "  stays    vm3: it runs on h2 already",
    "  2 move(s), 4000 ms predicted, 1 VM(s) blocked",
  ]);
});

it("a batch tells each step with its record and its reason, and how far the whole is", () => {
  const step = (change: Partial<BatchStep>): BatchStep => ({
    step: 0,
    vm: id,
    name: "vm1",
    source: hostName("h1"),
    target: hostName("h2"),
    after: [],
    roomAfter: [],
    predictedMs: 2_000,
    state: "waiting",
    move: null,
    why: null,
    ...change,
  });
  const batch: Batch = {
    id: batchId("b1"),
    requestedBy: "ada",
    requestedAt: "now",
    onFailure: "stop",
    outlivesProcess: true,
    options: { driver: "client", mode: "auto", handover: true, priority: 0 },
    state: "failed",
    calledOff: { kind: "failure", why: "not started, because vm1 was not moved (it broke)" },
    predictedMs: 4_000,
    steps: [
      step({ state: "failed", move: moveId("m1"), why: "it broke" }),
      step({ step: 1, name: "vm2", state: "called-off", why: "not started" }),
      step({ step: 2, name: "vm3", state: "moved", target: hostName("h1"), why: "it runs on h1 already" }),
    ],
  };
  expect(batchText(batch).split("\n")).toEqual([
    "batch b1 failed: what was not moved is listed with the reason",
    "  not started, because vm1 was not moved (it broke)",
    "  failed     vm1 from h1 to h2 (move m1): it broke",
    "  called-off vm2 from h1 to h2: not started",
    "  moved      vm3 on h1: it runs on h1 already",
    "  1 of 3 moved, 1 failed, 1 called-off",
  ]);
});
