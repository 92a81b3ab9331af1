import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialState } from "@trunkline/migration";
import { moveId } from "@trunkline/model";
import { journalHolder } from "./lease.ts";
import { openStore } from "./open-store.ts";
import { frozenClock, requestOf, storeFolder } from "./store.fixture.ts";
import type { StoreFolder } from "./store.fixture.ts";

/** The schema before versions were counted, as it was written then. */
const firstSchema = [
  "pragma journal_mode = wal",
  `create table if not exists move (
     id text primary key, request text not null, state text not null, is_over integer not null,
     created_at text not null, changed_at text not null, report text)`,
  `create table if not exists transition (
     sequence integer primary key autoincrement, move_id text not null references move(id),
     at text not null, event text, state text not null)`,
  "create index if not exists transition_by_move on transition (move_id, sequence)",
  "create index if not exists move_unfinished on move (is_over, created_at)",
  "create table if not exists lease (id integer primary key, pid integer not null, started text not null, command text not null)",
] as const;

let folder: StoreFolder;
beforeEach(() => {
  folder = storeFolder();
  mkdirSync(dirname(folder.path), { recursive: true });
});
afterEach(() => {
  folder.remove();
});

function writeFirstVersion(): void {
  const database = new Database(folder.path);
  for (const statement of firstSchema) database.exec(statement);
  const add = database.prepare("insert into move values (?, ?, ?, ?, ?, ?, ?)");
  const follow = database.prepare("insert into transition (move_id, at, event, state) values (?, ?, ?, ?)");
  for (const [id, second, isOver] of [
    ["later", 20, 0],
    ["sooner", 10, 1],
  ] as const) {
    const { handover: _, asked: __, ...request } = requestOf(id);
    const state = JSON.stringify(isOver === 1 ? { phase: "cancelled" } : initialState("client"));
    const at = `2026-01-01T00:00:${second}.000Z`;
    add.run(id, JSON.stringify(request), state, isOver, at, at, isOver === 1 ? '{"outcome":"cancelled"}' : null);
    follow.run(id, at, null, JSON.stringify(initialState("client")));
    follow.run(id, at, '{"kind":"cancel-requested"}', state);
  }
  database.prepare("insert into lease values (1, 999999, 'another-boot/1', 'migrate vm1 --to h2')").run();
  database.close();
}

describe("the schema", () => {
  it("takes over a journal of the first version and loses nothing", async () => {
    writeFirstVersion();
    const store = await openStore({ path: folder.path, clock: frozenClock });
    const moves = await store.journal.listMoves(10);
    const asked = { by: "unknown", origin: "operator", priority: 0, outlivesProcess: false };
    expect(moves.map((move) => move.request)).toEqual([
      requestOf("later", { asked: asked as never }),
      requestOf("sooner", { asked: asked as never }),
    ]);
    expect(moves.map(({ createdAt, report }) => [createdAt, report])).toEqual([
      ["2026-01-01T00:00:20.000Z", null],
      ["2026-01-01T00:00:10.000Z", { outcome: "cancelled" }],
    ]);
    expect((await store.journal.unfinished()).map((move) => move.request.id)).toEqual(["later"]);
    expect(
      (await store.journal.transitions(moveId("sooner"))).map(({ event, state }) => [event?.kind, state.phase]),
    ).toEqual([
      [undefined, "queued"],
      ["cancel-requested", "cancelled"],
    ]);
    expect(store.lastHolder).toEqual({ pid: 999999, command: "migrate vm1 --to h2", since: null, releasedAt: null });
    await store.journal.append(moveId("later"), { kind: "cancel-requested" }, { phase: "cancelled" });
    await store.journal.addMove(requestOf("new"), initialState("client"));
    await store.close();

    const again = await openStore({ path: folder.path, clock: frozenClock });
    expect((await again.journal.listMoves(10)).map((move) => move.request.id)).toEqual(["new", "later", "sooner"]);
    await again.close();
  });

  it("keeps the references between its tables", async () => {
    writeFirstVersion();
    await (await openStore({ path: folder.path, clock: frozenClock })).close();
    const database = new Database(folder.path);
    expect(database.prepare("pragma foreign_key_check").all()).toEqual([]);
    expect(() => database.exec("insert into transition (move_id, at, state) values ('nobody', '', '')")).toThrow(
      /FOREIGN KEY/,
    );
    database.close();
  });

  it("is not brought up to date by a reader, who says what does that", async () => {
    writeFirstVersion();
    const before = readFileSync(folder.path);
    await expect(openStore({ path: folder.path, clock: frozenClock, readOnly: true })).rejects.toMatchObject({
      code: "store.failed",
      hint: expect.stringContaining("a command that writes") as string,
    });
    expect(journalHolder(folder.path)).toBeUndefined();
    expect(readFileSync(folder.path).equals(before)).toBe(true);
  });

  const strangers: readonly (readonly [string, (path: string) => void])[] = [
    [
      "a file that is no SQLite",
      (path) => {
        writeFileSync(path, "name: not a database\n".repeat(99));
      },
    ],
    [
      "another program's SQLite file",
      (path) => {
        make(path, "create table song (title text)");
      },
    ],
    [
      "another program's marked SQLite file",
      (path) => {
        make(path, "pragma application_id = 77");
      },
    ],
    [
      "another program's counted schema",
      (path) => {
        make(path, "pragma user_version = 1");
      },
    ],
    [
      "a store of a newer version",
      (path) => {
        make(path, "pragma application_id = 0x74726e6b", "pragma user_version = 999");
      },
    ],
  ];
  it.each(strangers)("refuses %s and leaves it as it is", async (_, write) => {
    write(folder.path);
    const before = readFileSync(folder.path);
    for (const readOnly of [false, true])
      await expect(openStore({ path: folder.path, clock: frozenClock, readOnly })).rejects.toMatchObject({
        code: "store.foreign",
      });
    expect(() => journalHolder(folder.path)).toThrow(expect.objectContaining({ code: "store.foreign" }) as Error);
    expect(readFileSync(folder.path).equals(before)).toBe(true);
  });
});

function make(path: string, ...statements: readonly string[]): void {
  const database = new Database(path);
  for (const statement of statements) database.exec(statement);
  database.close();
}
