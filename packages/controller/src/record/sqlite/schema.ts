/**
 * The schema and its history. Each migration is one transaction that ends with its number in `pragma user_version`: a
 * process that dies in between leaves the version before it. A migration that was ever released is never edited.
 *
 * Version 0 is an empty file, or the journal as it was before versions were counted.
 */
import { TrunklineError, messageOf } from "@trunkline/model";
import type Database from "libsql";
import { inTransaction, openReadOnly, storeFailed } from "./connection.ts";

/** "trnk" in the file's header, so that another program's SQLite file is told from ours (sqlite.org/fileformat.html, offset 68). */
const applicationId = 0x74726e6b;

const unknownAsker = `{"by":"unknown","origin":"operator","priority":0,"outlivesProcess":false}`;

const migrations: readonly (readonly string[])[] = [
  [
    // The journal before versions were counted; it may be there already.
    `create table if not exists move (
       id text primary key, request text not null, state text not null, is_over integer not null,
       created_at text not null, changed_at text not null, report text)`,
    `create table if not exists transition (
       sequence integer primary key autoincrement, move_id text not null references move(id),
       at text not null, event text, state text not null)`,
    "create index if not exists transition_by_move on transition (move_id, sequence)",
    "create table if not exists lease (id integer primary key, pid integer not null, started text not null, command text not null)",

    // Moves get a number that VACUUM keeps, unlike an implicit rowid, and columns to search by.
    `create table move_numbered (
       sequence integer primary key autoincrement, id text not null unique, request text not null, state text not null,
       is_over integer not null, created_at text not null, changed_at text not null, report text,
       vm text generated always as (request ->> '$.vm') virtual,
       vm_name text generated always as (request ->> '$.vmName') virtual,
       source text generated always as (request ->> '$.source') virtual,
       target text generated always as (request ->> '$.target') virtual) strict`,
    // json_insert adds what is missing and leaves what is there.
    `insert into move_numbered (id, request, state, is_over, created_at, changed_at, report)
       select id, json_insert(request, '$.handover', json('false'), '$.asked', json('${unknownAsker}')),
         state, is_over, created_at, changed_at, report
       from move order by created_at, rowid`,
    "drop table move",
    "alter table move_numbered rename to move",
    "create index move_unfinished on move (sequence) where is_over = 0",
    "create index move_by_vm on move (vm)",
    "create index move_by_vm_name on move (vm_name)",
    "create index move_by_source on move (source)",
    "create index move_by_target on move (target)",

    "alter table lease add column since text",
    // Null while it is held, and for ever when its holder died.
    "alter table lease add column released_at text",
    "alter table lease add column url text",

    "create table event (sequence integer primary key autoincrement, at text not null, event text not null) strict",
    "create table host (name text primary key, host text not null) strict",
    "create table automation (id integer primary key check (id = 1), automation text not null) strict",
    "create table evacuation (host text primary key, evacuation text not null) strict",
    `create table user (
       name text primary key, role text not null, password_hash text not null, created_at text not null) strict`,
    `create table credential (
       id text primary key, kind text not null, actor text not null, role text not null,
       secret_hash text not null unique, created_at text not null, expires_at text) strict`,
    `create table audit (
       sequence integer primary key autoincrement, at text not null, actor text not null, role text not null,
       action text not null, subject text not null, status integer not null, request_id text not null) strict`,
    `create table answer (
       actor text not null, key text not null, fingerprint text not null, status integer, body text, at text not null,
       primary key (actor, key)) strict`,
    "create index answer_by_age on answer (at)",
    `pragma application_id = ${applicationId}`,
  ],
  [
    `create table batch (
       sequence integer primary key autoincrement, id text not null unique, is_over integer not null, batch text not null) strict`,
    "create index batch_running on batch (sequence) where is_over = 0",
  ],
];

const newestVersion = migrations.length;

/** Brings it to the newest version. @param check is run inside each transaction, and may throw. */
export function migrate(database: Database.Database, path: string, check: () => void): void {
  // Tables are replaced while others refer to them (sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
  database.exec("pragma foreign_keys = off");
  let version = 0;
  do {
    version = inTransaction(database, () => {
      check();
      const found = versionOf(database, path);
      const migration = migrations[found];
      if (migration === undefined) return found;
      for (const statement of migration) database.exec(statement);
      database.exec(`pragma user_version = ${found + 1}`);
      return found + 1;
    });
  } while (version < newestVersion);
  database.exec("pragma foreign_keys = on");
}

/** @throws store.foreign for what is no SQLite file, not ours, or newer than this program. */
export function versionOf(database: Database.Database, path: string): number {
  const { application_id: owner, user_version: version } = headerOf(database, path);
  if (owner === applicationId && version >= 1 && version <= newestVersion) return version;
  if (owner === applicationId && version > newestVersion)
    throw new TrunklineError(
      "store.foreign",
      `${path} was written by a newer version of Trunkline: its schema is ${version}, this one knows ${newestVersion}`,
      { details: { version, newestVersion } },
    );
  if (owner === 0 && version === 0 && tablesOf(database).every((table) => firstTables.has(table))) return 0;
  throw new TrunklineError("store.foreign", `${path} is an SQLite file, but no store of Trunkline`);
}

/** What a file is, found out without changing it. */
export function inspectFile(path: string): { readonly version: number; readonly isEmpty: boolean } {
  const database = openToInspect(path);
  try {
    const version = versionOf(database, path);
    return { version, isEmpty: version === 0 && tablesOf(database).length === 0 };
  } finally {
    database.close();
  }
}

export const isNewest = (version: number): boolean => version === newestVersion;

const firstTables: ReadonlySet<string> = new Set(["move", "transition", "lease", "sqlite_sequence"]);

function openToInspect(path: string): Database.Database {
  try {
    return openReadOnly(path);
  } catch (cause) {
    throw storeFailed(`the store ${path} could not be opened`, cause);
  }
}

function headerOf(database: Database.Database, path: string): { application_id: number; user_version: number } {
  try {
    const [row] = database
      .prepare("select application_id, user_version from pragma_application_id, pragma_user_version")
      .all() as { application_id: number; user_version: number }[];
    if (row !== undefined) return row;
  } catch (cause) {
    const isNoDatabase = cause instanceof Error && "code" in cause && cause.code === "SQLITE_NOTADB";
    if (!isNoDatabase) throw storeFailed(`the store ${path} could not be read`, cause);
    throw new TrunklineError("store.foreign", `${path} is no SQLite file (${messageOf(cause)})`, { cause });
  }
  throw new TrunklineError("store.failed", `the header of ${path} could not be read`);
}

function tablesOf(database: Database.Database): readonly string[] {
  const rows = database.prepare("select name from sqlite_schema where type = 'table'").all() as { name: string }[];
  return rows.map(({ name }) => name);
}
