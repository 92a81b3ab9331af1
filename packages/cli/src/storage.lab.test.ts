/**
 * A VM whose disk is a file of its host, moved with it while the guest writes: nothing that it wrote is missing, no zero takes
 * room, and a move that is called off leaves nothing on the target.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { MoveReport } from "@trunkline/model";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import { runningCopies, stateOn, until } from "./testing/faults.fixture.ts";
import { virsh } from "./testing/second-opinion.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `sd${process.pid}`;
const vm = "vm1";
const topology = fileURLToPath(new URL("testing/local-disk.yaml", import.meta.url));
const diskPath = `/var/lib/libvirt/images/${vm}.raw`;
const capacityBytes = 256 * 2 ** 20;

describe.skipIf(!isRoot)("a disk that the target does not share", () => {
  const state = mkdtempSync(join(tmpdir(), "tl-storage-"));
  let lab: Lab;

  beforeAll(async () => {
    await labUp({ name, topology });
    lab = openLab(name);
  });

  afterAll(async () => {
    await labDown({ name });
    rmSync(state, { recursive: true });
  });

  const migrate = (to: string, ...args: readonly string[]) =>
    new RunningCommand(["migrate", vm, "--to", to, "--json", "--lab", name, "--state", state, ...args]);
  const reportOf = async (command: RunningCommand): Promise<MoveReport> => (await command.ended).json as MoveReport;
  const checkOf = ({ checks }: MoveReport, rule: string) => checks.filter((check) => check.rule === rule);

  async function expectNothingLost(host: string): Promise<void> {
    expect(await runningCopies(lab, vm)).toEqual([host]);
    const status = await lab.guestStatus(vm, { verify: true });
    expect(status).toMatchObject({ memoryErrors: 0, diskVerifyErrors: 0, writeErrors: 0 });
    const disk = lab.readDiskRecords(vm, host);
    expect(disk).toMatchObject({ corrupt: 0, firstGap: null });
    expect(disk.valid).toBeGreaterThanOrEqual(status?.recordsWritten ?? Number.POSITIVE_INFINITY);
  }

  test("keeps the VM where it is, and the way out is named", async () => {
    const report = await reportOf(migrate("h2"));
    expect(report.outcome).toBe("refused");
    expect(checkOf(report, "disk-reachable")).toMatchObject([{ severity: "block" }]);
    expect(checkOf(report, "disk-reachable")[0]?.fix).toContain("--copy-storage full");
  });

  test("is refused where no pool would take it, before anything happens", async () => {
    await virsh(lab, "h2", "pool-destroy", "images");
    const report = await reportOf(migrate("h2", "--copy-storage", "full"));
    await virsh(lab, "h2", "pool-start", "images");
    expect(report.outcome).toBe("refused");
    expect(checkOf(report, "disk-copy")).toMatchObject([{ severity: "block" }]);
    expect(lab.localDiskBytes(vm, "h2")).toBeUndefined();
  });

  test("leaves nothing on the target when the move is called off", async () => {
    const command = migrate("h2", "--copy-storage", "full", "--rate", "9M");
    await until(async () => lab.localDiskBytes(vm, "h2") !== undefined);
    await command.says(/copying/);
    command.signal("SIGINT");
    const report = await reportOf(command);
    expect(report).toMatchObject({ outcome: "cancelled", runsOn: "h1" });
    expect(report.evidence.filter(({ rule }) => rule === "disk-copy")).toMatchObject([{ severity: "pass" }]);
    expect(lab.localDiskBytes(vm, "h2")).toBeUndefined();
    await expectNothingLost("h1");
  });

  test("travels whole while the guest writes to it, and takes no more room than it did", async () => {
    const written = (await lab.guestStatus(vm))?.recordsWritten ?? Number.NaN;
    const report = await reportOf(migrate("h2", "--copy-storage", "full"));
    expect(report).toMatchObject({ outcome: "completed", runsOn: "h2" });
    expect(checkOf(report, "disk-copy")).toMatchObject([{ severity: "pass" }]);
    expect(await stateOn(lab, "h1", vm)).toBe("none");
    await expectNothingLost("h2");
    expect(lab.readDiskRecords(vm, "h2").valid).toBeGreaterThan(written);
    expect(lab.localDiskBytes(vm, "h2")).toBeLessThan(capacityBytes / 2);
    // Somebody's data: it stays until a person removes it, and the record says so.
    expect(lab.localDiskBytes(vm, "h1")).toBeGreaterThan(0);
    expect(report.evidence.find(({ rule }) => rule === "disk-copy")?.fix).toContain("vol-delete");
  });

  test("is not taken for shared because the target has an old file of that name, nor written over", async () => {
    const plain = await reportOf(migrate("h1"));
    expect(plain.outcome).toBe("refused");
    expect(checkOf(plain, "disk-reachable")[0]?.message).toContain("another file");
    const copying = await reportOf(migrate("h1", "--copy-storage", "full"));
    expect(copying.outcome).toBe("refused");
    expect(checkOf(copying, "disk-copy")[0]?.message).toContain("overwrite");
    await virsh(lab, "h1", "vol-delete", diskPath);
    const back = await reportOf(migrate("h1", "--copy-storage", "full"));
    expect(back).toMatchObject({ outcome: "completed", runsOn: "h1" });
    await expectNothingLost("h1");
  });

  test("goes into an image that is there, where that is asked for", async () => {
    expect(lab.localDiskBytes(vm, "h2")).toBeGreaterThan(0);
    const report = await reportOf(migrate("h2", "--copy-storage", "incremental"));
    expect(report).toMatchObject({ outcome: "completed", runsOn: "h2" });
    await expectNothingLost("h2");
  });
});
