import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialState, step } from "@trunkline/migration";
import { hostName, moveId, vmId } from "@trunkline/model";
import type { MoveRequest } from "@trunkline/model";
import { systemClock } from "../adapters/system/system-clock.ts";
import { openJournal } from "./sqlite-journal.ts";

let folder = "";
const path = (): string => join(folder, "state", "journal.db");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trunkline-journal-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const request = (id: string): MoveRequest => ({
  id: moveId(id),
  vm: vmId("6f1d9d1e-1111-4222-8333-abcdefabcdef"),
  vmName: "vm1",
  source: hostName("h1"),
  target: hostName("h2"),
  sourceUri: "qemu+unix:///system?socket=/a",
  targetUri: "qemu+unix:///system?socket=/b",
  driver: "client",
  memoryMiB: 256,
  isPersistent: false,
  handover: false,
  asked: { by: "test", origin: "operator", priority: 0, outlivesProcess: false },
});

describe("the journal", () => {
  it("keeps every transition in order, across a close", async () => {
    const journal = await openJournal({ path: path(), clock: systemClock });
    const started = step(initialState("client"), { kind: "start" });
    await journal.addMove(request("m1"), initialState("client"));
    await journal.append(moveId("m1"), { kind: "start" }, started.state);
    await journal.close();

    const again = await openJournal({ path: path(), clock: systemClock });
    expect((await again.unfinished()).map((move) => move.request.id)).toEqual(["m1"]);
    expect((await again.transitions(moveId("m1"))).map((row) => [row.event?.kind, row.state.phase])).toEqual([
      [undefined, "queued"],
      ["start", "preparing"],
    ]);
    await again.append(moveId("m1"), { kind: "cancel-requested" }, { phase: "cancelled" });
    expect(await again.unfinished()).toEqual([]);
    await again.close();
  });

  it("has one writer, and names it to the second", async () => {
    const holder = spawn("sleep", ["60"]);
    try {
      const first = await openJournal({ path: path(), clock: systemClock });
      await first.close();
      // The lease of another living process, as that process would have written it.
      const started = await startedAt(holder.pid ?? 0);
      const database = new Database(path());
      database
        .prepare("insert or replace into lease (id, pid, started, command) values (1, ?, ?, 'migrate vm9')")
        .run(holder.pid ?? 0, started);
      database.close();
      await expect(openJournal({ path: path(), clock: systemClock })).rejects.toMatchObject({
        code: "store.locked",
        details: { pid: holder.pid, command: "migrate vm9" },
      });
      const reader = await openJournal({ path: path(), clock: systemClock, readOnly: true });
      await expect(reader.addMove(request("m2"), initialState("client"))).rejects.toMatchObject({
        code: "store.failed",
      });
      await reader.close();
    } finally {
      const gone = new Promise((resolve) => holder.once("exit", resolve));
      holder.kill("SIGKILL");
      await gone;
    }
    const heir = await openJournal({ path: path(), clock: systemClock });
    await heir.close();
  });

  it("says so when it cannot be written", async () => {
    writeFileSync(join(folder, "file"), "in the way");
    await expect(openJournal({ path: join(folder, "file", "journal.db"), clock: systemClock })).rejects.toMatchObject({
      code: "store.failed",
    });
  });
});

async function startedAt(pid: number): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
  return `${boot.trim()}/${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
}
