/**
 * Moves whose parties die, on real hosts and through the real command. After each death the VM runs exactly once, no
 * record is lost, and the next command tells the truth and settles what was left; docs/state-machine.md has the rows.
 *
 * To strike exactly between two calls the command is stopped (SIGSTOP) in the moment in which libvirt announces the
 * guest's suspension or resumption; what it had already asked for is carried out, and then it is killed.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import type { JournalMove } from "@trunkline/ports";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import type { Ended } from "./testing/command.fixture.ts";
import {
  expectRunsOnceOn,
  hasSentAll,
  runningCopies,
  setTrap,
  stateOn,
  until,
  witnesses,
} from "./testing/faults.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `f${process.pid}`;
const vm = "vm1";
/** Slow enough that the copy does not end before it is struck. */
const slowly = ["--rate", "20M"];
/** virsh's words for VIR_DOMAIN_PAUSED_MIGRATION. */
const pausedForTheSwitch = "paused (migrating)";
const copyIsUnderWay = /round [1-9]/;

describe.skipIf(!isRoot)("a move that breaks", () => {
  const state = mkdtempSync(join(tmpdir(), "tl-faults-"));
  let lab: Lab;
  let [here, there] = ["h1", "h2"];

  beforeAll(async () => {
    await labUp({ name, topology: "two-hosts" });
    lab = openLab(name);
  });

  afterAll(async () => {
    await labDown({ name });
    rmSync(state, { recursive: true });
  });

  beforeEach(async () => {
    for (const { node } of lab.plan.hosts) await lab.startLibvirtd(node.name);
    const { vms } = await lab.status();
    [here, there] = vms.find((known) => known.name === vm)?.host === "h2" ? ["h2", "h1"] : ["h1", "h2"];
  });

  const trunkline = (...args: readonly string[]) =>
    new RunningCommand([...args, "--json", "--lab", name, "--state", state]);
  const migrate = (...args: readonly string[]) => trunkline("migrate", vm, "--to", there, ...args);

  async function newestMove(): Promise<JournalMove> {
    const { json } = await trunkline("move", "list").ended;
    const [newest] = (json as { moves: readonly JournalMove[] }).moves;
    if (newest === undefined) throw new Error("the journal is empty");
    return newest;
  }

  async function shown({ request }: JournalMove): Promise<JournalMove> {
    return (await trunkline("move", "show", request.id).ended).json as JournalMove;
  }

  /** The command after a break: it says what became of the broken move, and moves the VM. */
  async function moveAfter(broken: JournalMove): Promise<void> {
    const next = await migrate().ended;
    expect(next.stderr).toContain(`move ${broken.request.id} of ${vm} was left`);
    expect(next).toMatchObject({ exitCode: 0, json: { outcome: "completed", source: here, runsOn: there } });
    await expectRunsOnceOn(lab, there, vm);
  }

  /** The command after a break that had already moved the VM: nothing is left to do but to say so. */
  async function expectAlreadyThere(broken: JournalMove): Promise<void> {
    const next = await migrate().ended;
    expect(next.stderr).toContain(`move ${broken.request.id} of ${vm} was left`);
    expect(next).toMatchObject({ exitCode: 0, json: { outcome: "completed", source: there, runsOn: there } });
    expect(await shown(broken)).toMatchObject({ state: { phase: "completed" }, report: { runsOn: there } });
    await expectRunsOnceOn(lab, there, vm);
  }

  const reportIn = ({ json }: Ended): MoveReport => json as MoveReport;

  const kill = (pid: number | undefined): void => {
    if (pid !== undefined) process.kill(pid, "SIGKILL");
  };

  test("is refused while another one runs, and an interrupt calls that one off", async () => {
    const running = migrate(...slowly);
    await running.says(copyIsUnderWay);
    const second = await migrate().ended;
    expect(second).toMatchObject({ exitCode: 1, json: { error: { code: "store.locked" } } });
    expect((second.json as { error: { message: string } }).error.message).toContain(`process ${running.pid} `);
    running.signal("SIGINT");
    const ended = await running.ended;
    expect(ended).toMatchObject({ exitCode: 1, json: { outcome: "cancelled", runsOn: here } });
    expect(await newestMove()).toMatchObject({ state: { phase: "cancelled" } });
    await expectRunsOnceOn(lab, here, vm);
  });

  test("row 30: we are killed in mid-copy", async () => {
    const command = migrate(...slowly);
    await command.says(copyIsUnderWay);
    await command.killed();
    await until(async () => (await stateOn(lab, there, vm)) === "none");
    const broken = await newestMove();
    await moveAfter(broken);
    expect(await shown(broken)).toMatchObject({ state: { phase: "failed" }, report: { runsOn: here } });
    expect(await witnesses(lab)).toEqual([]);
  });

  test("row 31: we are killed after Perform, before Finish", async () => {
    const held: { command?: RunningCommand } = {};
    const trap = await setTrap(lab, here, "suspended", () => held.command?.signal("SIGSTOP"));
    held.command = migrate();
    await trap.sprung;
    await until(async () => await hasSentAll(lab, here, vm));
    await held.command.killed();
    await trap.disarm();
    await until(async () => (await stateOn(lab, there, vm)) === "none");
    expect(await stateOn(lab, here, vm)).toBe(pausedForTheSwitch);
    const broken = await newestMove();
    await moveAfter(broken);
    expect(await shown(broken)).toMatchObject({ state: { phase: "failed", runsOn: "source" } });
  });

  test("row 32: we are killed after Finish, before Confirm", async () => {
    const held: { command?: RunningCommand } = {};
    const trap = await setTrap(lab, there, "resumed", () => held.command?.signal("SIGSTOP"));
    held.command = migrate();
    await trap.sprung;
    await until(async () => (await stateOn(lab, there, vm)) === "running (migrated)");
    await held.command.killed();
    await trap.disarm();
    await until(async () => (await stateOn(lab, here, vm)) === pausedForTheSwitch);
    expect(await runningCopies(lab, vm)).toEqual([there]);
    await expectAlreadyThere(await newestMove());
  });

  test("row 2: the target's QEMU dies in mid-copy", async () => {
    const command = migrate(...slowly);
    await command.says(copyIsUnderWay);
    (await lab.qemuPids(there, vm)).forEach(kill);
    const ended = await command.ended;
    expect(ended).toMatchObject({ exitCode: 1, json: { outcome: "failed", runsOn: here } });
    await expectRunsOnceOn(lab, here, vm);
  });

  test("row 4: the target's libvirtd dies in mid-copy", async () => {
    const command = migrate(...slowly);
    await command.says(copyIsUnderWay);
    await lab.killLibvirtd(there);
    const ended = await command.ended;
    expect(ended).toMatchObject({ exitCode: 1, json: { outcome: "failed", runsOn: here } });
    const whileSilent = await migrate().ended;
    expect(whileSilent).toMatchObject({ exitCode: 1, json: { outcome: "refused", runsOn: here } });
    expect(reportIn(whileSilent).checks.filter(({ severity }) => severity === "block")).not.toEqual([]);
    expect(await runningCopies(lab, vm)).toEqual([here]);
    await lab.startLibvirtd(there);
    await expectRunsOnceOn(lab, here, vm);
  });

  test("row 3: the source's libvirtd dies in mid-copy and comes back", async () => {
    const command = migrate(...slowly);
    await command.says(copyIsUnderWay);
    await lab.killLibvirtd(here);
    await command.says(/the source does not answer/);
    expect(await runningCopies(lab, vm)).toEqual([here]);
    await lab.startLibvirtd(here);
    const ended = await command.ended;
    expect(ended).toMatchObject({ exitCode: 1, json: { outcome: "failed", runsOn: here } });
    await expectRunsOnceOn(lab, here, vm);
  });

  test("row 33: the target's libvirtd dies as the guest is resumed there, and stays away", async () => {
    const trap = await setTrap(lab, there, "resumed", () => kill(lab.libvirtdPid(there)));
    const ended = await migrate().ended;
    await trap.disarm();
    expect(ended).toMatchObject({ exitCode: 1, json: { outcome: "unsettled", runsOn: null } });
    expect(reportIn(ended).failure?.message).toMatch(/the target does not answer/);
    const broken = await newestMove();
    // A kill that came after the answer of Finish finds the source's copy gone already.
    const left = await stateOn(lab, here, vm);
    expect([pausedForTheSwitch, "none"]).toContain(left);
    // Asked again, it knows no more than before, says so, and does nothing.
    const again = await migrate().ended;
    expect(again).toMatchObject({ exitCode: 1, json: { error: { code: "move.unsettled" } } });
    expect(await stateOn(lab, here, vm)).toBe(left);
    expect(await stateOn(lab, there, vm)).toBe("silent");
    expect(await runningCopies(lab, vm)).toEqual([there]);
    await lab.startLibvirtd(there);
    await expectAlreadyThere(broken);
    // Two commands that each wait for a silent host as long as they may.
  }, 300_000);

  test("row 33: it dies as the guest is resumed there, and comes back while we ask", async () => {
    const trap = await setTrap(lab, there, "resumed", () => kill(lab.libvirtdPid(there)));
    const command = migrate();
    await command.says(/the target does not answer/);
    await trap.disarm();
    await lab.startLibvirtd(there);
    const ended = await command.ended;
    expect(ended).toMatchObject({ exitCode: 0, json: { outcome: "completed", runsOn: there } });
    await expectRunsOnceOn(lab, there, vm);
  });
});
