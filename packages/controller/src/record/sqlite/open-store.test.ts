import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialState } from "@trunkline/migration";
import { moveId } from "@trunkline/model";
import { journalHolder } from "./lease.ts";
import { openStore } from "./open-store.ts";
import { frozenClock, requestOf, storeFolder } from "./store.fixture.ts";
import type { StoreFolder } from "./store.fixture.ts";

const queued = initialState("client");

let folder: StoreFolder;
beforeEach(() => {
  folder = storeFolder();
});
afterEach(() => {
  folder.remove();
});

describe("a store", () => {
  it("has one writer, also within one process, and names it with the place where it answers", async () => {
    const store = await openStore({ path: folder.path, clock: frozenClock });
    await store.announce("http://127.0.0.1:7443");
    expect(journalHolder(folder.path)).toMatchObject({ pid: process.pid, url: "http://127.0.0.1:7443" });
    await expect(openStore({ path: folder.path, clock: frozenClock })).rejects.toMatchObject({
      code: "store.locked",
      message: expect.stringContaining(`process ${process.pid} `) as string,
      hint: expect.stringContaining("http://127.0.0.1:7443") as string,
      details: { pid: process.pid, since: frozenClock.timestamp(), url: "http://127.0.0.1:7443" },
    });
    await store.journal.addMove(requestOf("a"), queued);
    await store.close();

    expect(journalHolder(folder.path)).toBeUndefined();
    const next = await openStore({ path: folder.path, clock: frozenClock });
    expect(journalHolder(folder.path)).not.toHaveProperty("url");
    expect(next.lastHolder).toMatchObject({ pid: process.pid, releasedAt: frozenClock.timestamp() });
    await next.close();
  });

  it("is nobody else's to read", async () => {
    await (await openStore({ path: folder.path, clock: frozenClock })).close();
    expect(statSync(folder.path).mode & 0o777).toBe(0o600);
  });

  it("is read beside its writer, without changing a byte of it", async () => {
    const store = await openStore({ path: folder.path, clock: frozenClock });
    await store.journal.addMove(requestOf("a"), queued);
    const before = { file: readFileSync(folder.path), log: readFileSync(`${folder.path}-wal`) };
    const reader = await openStore({ path: folder.path, clock: frozenClock, readOnly: true });
    expect(await reader.journal.findMove(moveId("a"))).toBeDefined();
    await store.journal.addMove(requestOf("b"), queued);
    expect(await reader.journal.listMoves(9)).toHaveLength(2);
    await expect(reader.journal.addMove(requestOf("c"), queued)).rejects.toMatchObject({ code: "store.failed" });
    await expect(reader.announce("http://x")).rejects.toMatchObject({ code: "store.failed" });
    expect(readFileSync(folder.path).equals(before.file)).toBe(true);
    expect(readFileSync(`${folder.path}-wal`).subarray(0, before.log.length).equals(before.log)).toBe(true);
    await reader.close();
    await store.journal.addMove(requestOf("d"), queued);
    await store.close();
  });

  it("is empty to a reader where there is none yet, and is not made by it", async () => {
    const reader = await openStore({ path: folder.path, clock: frozenClock, readOnly: true });
    expect(await reader.journal.listMoves(9)).toEqual([]);
    expect(await reader.events.range()).toEqual({ oldest: 0, newest: 0 });
    expect(existsSync(dirname(folder.path))).toBe(false);
    await reader.close();

    mkdirSync(dirname(folder.path));
    writeFileSync(folder.path, "");
    const second = await openStore({ path: folder.path, clock: frozenClock, readOnly: true });
    expect(await second.journal.unfinished()).toEqual([]);
    expect(statSync(folder.path).size).toBe(0);
    expect(journalHolder(folder.path)).toBeUndefined();
    await second.close();
  });

  it("refuses everything after its close", async () => {
    const store = await openStore({ path: folder.path, clock: frozenClock });
    await store.close();
    await store.close();
    await expect(store.journal.listMoves(1)).rejects.toMatchObject({ code: "store.failed" });
    await expect(store.events.append({ kind: "automation", automation: { paused: false } })).rejects.toMatchObject({
      code: "store.failed",
    });
    await expect(store.backup(folder.file("b"))).rejects.toMatchObject({ code: "store.failed" });
    expect(existsSync(folder.file("b"))).toBe(false);
  });

  it.each([
    ["in memory", () => ":memory:"],
    ["in a file", () => folder.path],
  ])("passes to the next process on the same database, %s", async (_, path) => {
    const store = await openStore({ path: path(), clock: frozenClock });
    const heard: number[] = [];
    store.events.onAppend(({ sequence }) => heard.push(sequence));
    await store.journal.addMove(requestOf("a"), queued);

    const heir = store.heir();
    expect(heir.lastHolder).toMatchObject({ pid: process.pid, releasedAt: null });
    await expect(store.journal.append(moveId("a"), { kind: "start" }, queued)).rejects.toMatchObject({
      code: "store.failed",
    });
    await expect(store.journal.findMove(moveId("a"))).rejects.toMatchObject({ code: "store.failed" });
    // What the dead process still closes, it does not close for its heir.
    await store.close();
    expect((await heir.journal.unfinished()).map((move) => move.request.id)).toEqual(["a"]);
    await heir.journal.addMove(requestOf("b"), queued);
    expect(await heir.events.range()).toEqual({ oldest: 1, newest: 2 });
    expect(heard).toEqual([1]);
    await heir.close();
  });

  it("is held by the heir until the heir closes it", async () => {
    const store = await openStore({ path: folder.path, clock: frozenClock });
    await store.announce("http://127.0.0.1:7443");
    const heir = store.heir();
    await store.close();
    expect(journalHolder(folder.path)).toMatchObject({ pid: process.pid });
    expect(journalHolder(folder.path)).not.toHaveProperty("url");
    await heir.close();
    expect(journalHolder(folder.path)).toBeUndefined();
  });
});
