import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialState } from "@trunkline/migration";
import { openStore } from "./open-store.ts";
import type { OpenStore } from "./open-store.ts";
import { restoreStore } from "./restore.ts";
import { frozenClock, requestOf, storeFolder } from "./store.fixture.ts";
import type { StoreFolder } from "./store.fixture.ts";

const queued = initialState("client");

let folder: StoreFolder;
let store: OpenStore;
beforeEach(async () => {
  folder = storeFolder();
  store = await openStore({ path: folder.path, clock: frozenClock });
  await store.journal.addMove(requestOf("a"), queued);
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const movesIn = async (path: string): Promise<readonly string[]> => {
  const reader = await openStore({ path, clock: frozenClock, readOnly: true });
  try {
    return (await reader.journal.listMoves(99)).map((move) => move.request.id);
  } finally {
    await reader.close();
  }
};

describe("a backup", () => {
  it("is a whole store, held by nobody, while the original is in use", async () => {
    const file = folder.file("it's a copy");
    await store.backup(file);
    await store.journal.addMove(requestOf("b"), queued);
    expect(await movesIn(file)).toEqual(["a"]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const copy = await openStore({ path: file, clock: frozenClock });
    await copy.journal.addMove(requestOf("c"), queued);
    await copy.close();
    expect(await movesIn(folder.path)).toEqual(["b", "a"]);
  });

  it("can be taken by a reader while the writer writes", async () => {
    const reader = await openStore({ path: folder.path, clock: frozenClock, readOnly: true });
    await store.journal.addMove(requestOf("b"), queued);
    await reader.backup(folder.file("copy"));
    await reader.close();
    await store.journal.addMove(requestOf("c"), queued);
    expect(await movesIn(folder.file("copy"))).toEqual(["b", "a"]);
  });

  it("is not taken of a store that is not there", async () => {
    const reader = await openStore({ path: folder.file("nowhere/journal.db"), clock: frozenClock, readOnly: true });
    await expect(reader.backup(folder.file("copy"))).rejects.toMatchObject({ code: "store.failed" });
    expect(existsSync(folder.file("copy"))).toBe(false);
    await reader.close();
  });

  it("can be taken of a store in memory", async () => {
    const memory = await openStore({ path: ":memory:", clock: frozenClock });
    await memory.journal.addMove(requestOf("m"), queued);
    await memory.backup(folder.file("copy"));
    await memory.close();
    expect(await movesIn(folder.file("copy"))).toEqual(["m"]);
  });

  it("replaces no file and leaves no part of itself", async () => {
    writeFileSync(folder.file("mine"), "precious");
    await expect(store.backup(folder.file("mine"))).rejects.toMatchObject({
      code: "store.failed",
      hint: expect.stringContaining("another name") as string,
    });
    expect(readFileSync(folder.file("mine"), "utf8")).toBe("precious");
    await expect(store.backup(folder.file("no/such/folder"))).rejects.toMatchObject({ code: "store.failed" });
    expect(readdirSync(folder.file(".")).sort()).toEqual(["mine", "state"]);
    await store.journal.addMove(requestOf("b"), queued);
  });
});

describe("restoring", () => {
  it("brings a lost store back", async () => {
    await store.backup(folder.file("copy"));
    const to = folder.file("elsewhere/journal.db");
    expect(await restoreStore({ from: folder.file("copy"), to, clock: frozenClock })).toEqual({ replaced: null });
    expect(await movesIn(to)).toEqual(["a"]);
    expect(readdirSync(dirname(to))).toEqual(["journal.db"]);
    const restored = await openStore({ path: to, clock: frozenClock });
    await restored.journal.addMove(requestOf("b"), queued);
    await restored.close();
  });

  it("keeps what it replaces, with what stood in its log alone", async () => {
    await store.backup(folder.file("copy"));
    await store.journal.addMove(requestOf("b"), queued);
    await store.close();
    const { replaced } = await restoreStore({ from: folder.file("copy"), to: folder.path, clock: frozenClock });
    expect(await movesIn(folder.path)).toEqual(["a"]);
    expect(replaced).toBe(`${folder.path}.replaced-2026-03-01T12-00-00.000Z`);
    expect(await movesIn(replaced ?? "")).toEqual(["b", "a"]);
    expect(existsSync(`${folder.path}.restoring`)).toBe(false);
  });

  it("is refused while a process holds the target, and touches nothing", async () => {
    await store.backup(folder.file("copy"));
    await store.journal.addMove(requestOf("b"), queued);
    await expect(
      restoreStore({ from: folder.file("copy"), to: folder.path, clock: frozenClock }),
    ).rejects.toMatchObject({
      code: "store.locked",
      details: { pid: process.pid },
    });
    expect(await movesIn(folder.path)).toEqual(["b", "a"]);
    await store.journal.addMove(requestOf("c"), queued);
    expect(readdirSync(dirname(folder.path)).filter((name) => name.includes("re"))).toEqual([]);
  });

  it("replaces a damaged store, whose log must not reach the new one", async () => {
    await store.backup(folder.file("copy"));
    const target = folder.file("damaged.db");
    make(folder.path, "pragma wal_checkpoint(truncate)");
    await store.journal.addMove(requestOf("b"), queued);
    writeFileSync(target, readFileSync(folder.path));
    writeFileSync(`${target}-wal`, readFileSync(`${folder.path}-wal`));
    writeFileSync(target, "no header of any database", { flag: "r+" });
    await expect(movesIn(target)).rejects.toMatchObject({ code: "store.foreign" });
    const { replaced } = await restoreStore({ from: folder.file("copy"), to: target, clock: frozenClock });
    expect(await movesIn(target)).toEqual(["a"]);
    expect(existsSync(`${replaced ?? ""}-wal`)).toBe(true);
  });

  it("takes nothing but a whole store", async () => {
    await store.backup(folder.file("copy"));
    const before = readFileSync(folder.path);
    const to = folder.file("target.db");
    writeFileSync(folder.file("text"), "no database\n".repeat(99));
    writeFileSync(folder.file("empty"), "");
    const half = folder.file("half");
    writeFileSync(half, readFileSync(folder.file("copy")));
    truncateSync(half, statSync(half).size / 2);
    // What only the integrity check finds, since VACUUM makes the indexes anew: one that lacks its rows.
    await store.backup(folder.file("odd"));
    make(
      folder.file("odd"),
      "pragma writable_schema = on",
      `update sqlite_schema set rootpage = (select rootpage from sqlite_schema where name = 'answer_by_age')
         where name = 'move_by_vm'`,
    );
    for (const [from, code] of [
      ["text", "store.foreign"],
      ["empty", "store.foreign"],
      ["absent", "store.failed"],
      ["half", "store.failed"],
      ["odd", "store.failed"],
    ] as const)
      await expect(restoreStore({ from: folder.file(from), to, clock: frozenClock })).rejects.toMatchObject({
        code,
      });
    expect(existsSync(to)).toBe(false);
    expect(readFileSync(folder.path).equals(before)).toBe(true);
    expect(readdirSync(folder.file(".")).filter((name) => name.startsWith("target"))).toEqual([]);
  });

  it("takes over a backup of the first version", async () => {
    mkdirSync(folder.file("old"));
    make(
      folder.file("old/journal.db"),
      "create table move (id text primary key, request text not null, state text not null, is_over integer not null, created_at text not null, changed_at text not null, report text)",
      "create table lease (id integer primary key, pid integer not null, started text not null, command text not null)",
      "insert into move values ('old', '{}', '{\"phase\":\"queued\"}', 0, 'then', 'then', null)",
    );
    const to = folder.file("new.db");
    await restoreStore({ from: folder.file("old/journal.db"), to, clock: frozenClock });
    const restored = await openStore({ path: to, clock: frozenClock });
    expect(await restored.journal.unfinished()).toHaveLength(1);
    await restored.close();
  });

  it("is refused when the holder is another process", async () => {
    await store.backup(folder.file("copy"));
    const holder = spawn("sleep", ["60"]);
    const gone = once(holder, "exit");
    const stat = readFileSync(`/proc/${holder.pid ?? 0}/stat`, "utf8");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    const to = folder.file("held.db");
    await store.backup(to);
    make(to, `update lease set pid = ${holder.pid ?? 0}, started = '${boot}/${ticks}', released_at = null`);
    await expect(restoreStore({ from: folder.file("copy"), to, clock: frozenClock })).rejects.toMatchObject({
      code: "store.locked",
    });
    holder.kill("SIGKILL");
    await gone;
    await restoreStore({ from: folder.file("copy"), to, clock: frozenClock });
    expect(await movesIn(to)).toEqual(["a"]);
  });
});

function make(path: string, ...statements: readonly string[]): void {
  const database = new Database(path);
  for (const statement of statements) database.exec(statement);
  database.close();
}
