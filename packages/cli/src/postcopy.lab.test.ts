/**
 * Post-copy on real hosts, through the real command: a guest that writes faster than its memory is sent goes on at the target,
 * and what is left follows. Killed, broken and recovered on the way.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import { expectRunsOnceOn, stateOn, until } from "./testing/faults.fixture.ts";
import { virsh } from "./testing/second-opinion.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `pc${process.pid}`;
const vm = "vm1";
/** 7 MiB/s for memory; the guest writes to 64 MiB of it at 16 MiB/s. */
const slowly = ["--rate", "60M"];
const load = { bufferMiB: 96, workingSetMiB: 64, rateMiBps: 16 };
const flows = "running (post-copy)";

describe.skipIf(!isRoot)("post-copy", () => {
  const state = mkdtempSync(join(tmpdir(), "tl-postcopy-"));
  let lab: Lab;
  let [here, there] = ["h1", "h2"];

  beforeAll(async () => {
    await labUp({ name, topology: "two-hosts" });
    lab = openLab(name);
    await lab.loadGuest(vm, load);
  });

  afterAll(async () => {
    await labDown({ name });
    rmSync(state, { recursive: true });
  });

  beforeEach(async () => {
    const { vms } = await lab.status();
    [here, there] = vms.find((known) => known.name === vm)?.host === "h2" ? ["h2", "h1"] : ["h1", "h2"];
  });

  const migrate = (...args: readonly string[]) =>
    new RunningCommand(["migrate", vm, "--to", there, "--json", "--lab", name, "--state", state, ...slowly, ...args]);

  async function expectMovedWhole(report: MoveReport | undefined): Promise<void> {
    expect(report).toMatchObject({ outcome: "completed", runsOn: there });
    await expectRunsOnceOn(lab, there, vm);
  }

  test("is taken by auto where it is allowed and the copy would not end", async () => {
    const { json } = await migrate("--allow-postcopy").ended;
    const report = json as MoveReport;
    await expectMovedWhole(report);
    expect(report.checks.find(({ rule }) => rule === "convergence")).toMatchObject({ severity: "warn" });
    expect(report.measured?.phases["post-copy"]).toBeGreaterThan(0);
    expect(report.measured).toMatchObject({ tcpSessionSurvived: true, tcpBytesLost: 0 });
    expect(report.measured?.downtimeMs).toBeLessThan(1_000);
  });

  test("ends a copy that its deadline would call off, where it is allowed", async () => {
    const { json } = await migrate("--mode", "precopy", "--deadline", "8", "--allow-postcopy").ended;
    const report = json as MoveReport;
    await expectMovedWhole(report);
    expect(report.measured?.phases["post-copy"]).toBeGreaterThan(0);
  });

  test("that breaks is taken up again over a new channel", async () => {
    const command = migrate("--mode", "postcopy");
    await until(async () => (await stateOn(lab, there, vm)) === flows);
    await virsh(lab, here, "domjobabort", vm, "--postcopy");
    const { json, stderr } = await command.ended;
    await expectMovedWhole(json as MoveReport);
    expect(stderr).toContain("reconciling");
  });

  test("goes on when we are killed, and the next command tells what became of it", async () => {
    const command = migrate("--mode", "postcopy");
    await until(async () => (await stateOn(lab, there, vm)) === flows);
    await command.killed();
    const next = await migrate().ended;
    expect(next.stderr).toContain("was left post-copy");
    await expectMovedWhole(next.json as MoveReport);
  });

  test("cannot be cancelled any more, and says so", async () => {
    const command = migrate("--mode", "postcopy");
    await until(async () => (await stateOn(lab, there, vm)) === flows);
    command.signal("SIGINT");
    const { json, stderr } = await command.ended;
    expect(stderr).toContain("can no longer be cancelled");
    await expectMovedWhole(json as MoveReport);
  });
});
