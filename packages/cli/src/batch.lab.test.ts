/**
 * Three VMs of three real hosts moved as one request: two of full hosts change places by way of the third, or not at all
 * where that is full as well; one goes after another; one that fails stops the rest; a killed controller is carried on from.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import { hostName } from "@trunkline/model";
import type { Batch, BatchPlan } from "@trunkline/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import { expectRunsOnceOn } from "./testing/faults.fixture.ts";
import { readHistories } from "./testing/move-history.fixture.ts";
import { placesFor, smallGuestXml, virsh } from "./testing/second-opinion.fixture.ts";
import { startService } from "./testing/service.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `batch${process.pid}`;
const topology = fileURLToPath(new URL("testing/three-tight-hosts.yaml", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tl-batch-"));
const state = join(folder, "state");
const vms = ["vm1", "vm2", "vm3"] as const;

let lab: Lab;

const command = async (...args: readonly string[]) =>
  await new RunningCommand(["batch", ...args, "--json", "--lab", name, "--state", state]).ended;
const places = async (): Promise<readonly string[]> =>
  await Promise.all(vms.map(async (vm) => (await placesFor(lab, vm))[0]));
const linesOf = ({ steps }: Batch): readonly string[] =>
  steps.map((step) => `${step.name} ${step.source}>${step.target} ${step.state}`);

async function expectEachOnce(expected: readonly string[]): Promise<void> {
  expect(await places()).toEqual(expected);
  for (const [at, vm] of vms.entries()) await expectRunsOnceOn(lab, expected[at] ?? "", vm);
}

describe.skipIf(!isRoot)("several VMs as one request", () => {
  beforeAll(async () => {
    await labUp({ name, topology });
    lab = openLab(name);
  });

  afterAll(async () => {
    await labDown({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test("are refused to change places where no host has room for one of them meanwhile", async () => {
    const xml = join(folder, "giant.xml");
    writeFileSync(xml, smallGuestXml(lab, { name: "giant", memoryMiB: 96 }));
    await virsh(lab, "h3", "create", xml, "--paused");
    const planned = await command("run", "vm1=h2", "vm2=h1", "--dry-run");
    const refused = await command("run", "vm1=h2", "vm2=h1");
    await virsh(lab, "h3", "destroy", "giant");
    expect(planned.exitCode).toBe(1);
    const { plan } = planned.json as { readonly plan: BatchPlan };
    expect(plan.steps).toEqual([]);
    expect(plan.blocked.map((one) => one.why)).toEqual([
      expect.stringContaining("vm1 needs 128 MiB on h2, which has 64 MiB left until vm2 has gone to h1"),
      expect.stringContaining("no other host has room for one of them meanwhile"),
    ]);
    expect(refused).toMatchObject({ exitCode: 1, json: { error: { code: "batch.refused" } } });
    expect(await readHistories(state)).toEqual([]);
    await expectEachOnce(["h1", "h2", "h3"]);
  });

  test("change places by way of a host that has room, in the order that was foretold", async () => {
    const { plan } = (await command("run", "vm2=h1", "vm1=h2", "--dry-run")).json as { readonly plan: BatchPlan };
    expect(plan.blocked).toEqual([]);
    const began = performance.now();
    const ended = await command("run", "vm1=h2", "vm2=h1");
    const tookMs = performance.now() - began;
    const { batch } = ended.json as { readonly batch: Batch };
    expect(ended.exitCode).toBe(0);
    expect(linesOf(batch)).toEqual(["vm1 h1>h3 moved", "vm2 h2>h1 moved", "vm1 h3>h2 moved"]);
    expect(plan.steps.map((step) => `${step.name} ${step.source}>${step.target}`)).toEqual([
      "vm1 h1>h3",
      "vm2 h2>h1",
      "vm1 h3>h2",
    ]);
    await expectEachOnce(["h2", "h1", "h3"]);
    process.stderr.write(`three moves: predicted ${plan.predictedMs} ms, ${Math.round(tookMs)} ms with all checks\n`);
  });

  test("go one after the other where that is asked for, in a file as well", async () => {
    const file = join(folder, "batch.yaml");
    writeFileSync(file, "moves:\n  - { vm: vm3, target: h1, after: [vm2] }\n  - { vm: vm2 }\n");
    const ended = await command("run", "--file", file);
    expect(linesOf((ended.json as { readonly batch: Batch }).batch)).toEqual(["vm2 h1>h3 moved", "vm3 h3>h1 moved"]);
    await expectEachOnce(["h2", "h3", "h1"]);
    const [last, before] = (await readHistories(state)).slice(0, 2);
    const completed = before?.transitions.find(({ state: reached }) => reached.phase === "completed");
    expect([before?.request.vmName, last?.request.vmName]).toEqual(["vm2", "vm3"]);
    expect(last?.transitions[0]?.at.localeCompare(completed?.at ?? "")).toBe(1);
  });

  test("stop at the first that is not moved: the rest stays, and says why", async () => {
    const slow = ["--rate", "9M", "--deadline", "2"];
    const ended = await command("run", "vm3=h3", "vm1=h1", "--after", "vm1:vm3", ...slow);
    expect(ended.exitCode).toBe(1);
    const { batch } = ended.json as { readonly batch: Batch };
    expect(batch).toMatchObject({ state: "failed", calledOff: { kind: "failure" } });
    expect(linesOf(batch)).toEqual(["vm3 h1>h3 failed", "vm1 h2>h1 called-off"]);
    expect(batch.steps[0]?.why).toMatch(/deadline|2 s/);
    expect(batch.steps[1]).toMatchObject({ move: null, why: expect.stringContaining("because vm3 was not moved") });
    await expectEachOnce(["h2", "h3", "h1"]);
  });

  test("are carried on with by the next controller, and can be called off as a whole", async () => {
    const args = ["--lab", name];
    let service = await startService({ state, args });
    try {
      const moves = [
        { vm: "vm3", target: hostName("h3") },
        { vm: "vm1", target: hostName("h1"), after: ["vm3"] },
      ];
      const begun = await service.client.call("batches.create", { body: { moves } }, service.asked());
      const id = "id" in begun ? begun.id : undefined;
      if (id === undefined) throw new Error("a request for a batch was answered with a plan");
      await service.saw((event) => event.kind === "move-reported" && event.vmName === "vm3");
      await service.killed();
      service = await startService({ state, args });
      await service.saw((event) => event.kind === "batch" && event.batch.id === id && event.batch.state !== "running");
      const after = await service.client.call("batches.show", { params: { id } }, service.asked());
      expect(linesOf(after)).toEqual(["vm3 h1>h3 moved", "vm1 h2>h1 moved"]);
      await expectEachOnce(["h1", "h3", "h3"]);

      const body = { moves: [{ vm: "vm3", target: hostName("h2") }], maxRateBps: 9_000_000 };
      const second = await service.client.call("batches.create", { body }, service.asked());
      await service.saw((event) => event.kind === "move" && event.target === "h2" && event.phase === "copying");
      const cancelled = await command("cancel", "id" in second ? second.id : "");
      expect(cancelled).toMatchObject({ exitCode: 0, json: { batch: { calledOff: { kind: "cancel" } } } });
      await service.saw((event) => event.kind === "batch" && event.batch.state === "cancelled");
      await expectEachOnce(["h1", "h3", "h3"]);
      const listed = (await command("list")).json as { readonly batches: readonly Batch[] };
      expect(listed.batches.map((batch) => batch.state)).toEqual([
        "cancelled",
        "completed",
        "failed",
        "completed",
        "completed",
      ]);
    } finally {
      await service.stopped();
    }
  });
});
