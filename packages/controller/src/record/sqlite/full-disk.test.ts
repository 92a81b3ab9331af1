import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type Database from "libsql";
import { initialState, step } from "@trunkline/migration";
import type { MoveState } from "@trunkline/migration";
import { moveId } from "@trunkline/model";
import { Access } from "./access.ts";
import { Connection, openWritable } from "./connection.ts";
import { SqliteEventLog } from "./event-log.ts";
import { SqliteIntents } from "./intents.ts";
import { SqliteJournal } from "./journal.ts";
import { migrate } from "./schema.ts";
import { frozenClock, requestOf, storeFolder } from "./store.fixture.ts";
import type { StoreFolder } from "./store.fixture.ts";

const queued = initialState("client");
const started = step(queued, { kind: "start" }).state;
const bulky: MoveState = { phase: "completed", alarm: null, note: "x".repeat(3_000) };

let folder: StoreFolder;
let database: Database.Database;
let access: Access;
let journal: SqliteJournal;
let events: SqliteEventLog;
beforeEach(() => {
  folder = storeFolder();
  database = openWritable(folder.file("journal.db"));
  database.exec("pragma journal_mode = wal");
  migrate(database, folder.file("journal.db"), () => undefined);
  access = new Access(new Connection(database), frozenClock, false);
  events = new SqliteEventLog(access, 1_000);
  journal = new SqliteJournal(access, events, async () => undefined);
});
afterEach(() => {
  database.close();
  folder.remove();
});

const setRoom = (pages: number): void => {
  const [row] = database.prepare("pragma page_count").all() as { readonly page_count: number }[];
  database.exec(`pragma max_page_count = ${(row?.page_count ?? 0) + pages}`);
};

describe("a store that cannot grow", () => {
  it("refuses the write whole, reads on, and writes again when there is room", async () => {
    const id = moveId("a");
    await journal.addMove(requestOf("a"), queued);
    setRoom(5);
    let written = 1;
    const fill = async (): Promise<void> => {
      for (; written < 100; written += 1) await journal.append(id, { kind: "start" }, bulky);
    };
    await expect(fill()).rejects.toMatchObject({
      code: "store.failed",
      details: { sqlite: "SQLITE_FULL" },
      hint: expect.stringContaining("room") as string,
    });
    expect(written).toBeGreaterThan(1);
    expect(database.inTransaction).toBe(false);

    expect(await journal.transitions(id)).toHaveLength(written);
    expect(await events.range()).toEqual({ oldest: 1, newest: written });
    await expect(journal.append(id, { kind: "start" }, bulky)).rejects.toMatchObject({ code: "store.failed" });
    const host = { name: requestOf("a").source, uri: `qemu:///${"x".repeat(9_000)}` };
    await expect(new SqliteIntents(access).putHost(host)).rejects.toMatchObject({ code: "store.failed" });
    expect(await new SqliteIntents(access).hosts()).toEqual([]);

    setRoom(1_000);
    await journal.append(id, { kind: "start" }, started);
    expect((await journal.findMove(id))?.state).toEqual(started);
    expect(await events.range()).toEqual({ oldest: 1, newest: written + 1 });
    await new SqliteIntents(access).putHost(host);
    expect(await new SqliteIntents(access).hosts()).toEqual([host]);
  });
});
