/**
 * Who may write: one row that names a process by its pid, its start time and the boot it belongs to, since pids are
 * used again. A holder that is dead is replaced; one that closed the store has said so in the row.
 *
 * A process in another pid namespace on the same file cannot be seen from here and counts as dead: a store belongs to
 * one host, and containers that share one must share the namespace.
 */
import { existsSync, readFileSync } from "node:fs";
import { TrunklineError } from "@trunkline/model";
import type Database from "libsql";
import { attempt, openReadOnly, quoted } from "./connection.ts";
import { versionOf } from "./schema.ts";

export interface Holder {
  readonly pid: number;
  readonly command: string;
  /** When it took the lease; unknown of holders of the first version. */
  readonly since?: string;
  /** Where it takes commands, if it does. */
  readonly url?: string;
}

/** The process that held the lease before. */
export interface LastHolder {
  readonly pid: number;
  readonly command: string;
  readonly since: string | null;
  /** null: it ended without closing the store. */
  readonly releasedAt: string | null;
}

/** The living process that owns the store, if any. Changes nothing, whatever the file is. */
export function journalHolder(path: string): Holder | undefined {
  if (!existsSync(path)) return undefined;
  const database = attempt("opened", () => openReadOnly(path));
  try {
    versionOf(database, path);
    return livingHolder(database);
  } finally {
    database.close();
  }
}

/** @throws store.locked when a living process holds it. */
export function refuseHeld(database: Database.Database, path: string): void {
  const holder = livingHolder(database);
  if (holder === undefined) return;
  const { pid, command, since, url } = holder;
  const when = since === undefined ? "" : ` since ${since}`;
  const where = url === undefined ? "" : ` and answers at ${url}`;
  throw new TrunklineError("store.locked", `process ${pid} (${command}) owns the journal ${path}${when}${where}`, {
    details: { pid, command, since: since ?? null, url: url ?? null },
    ...(url === undefined ? {} : { hint: `Give the command to it: it answers at ${url}` }),
  });
}

/** Inside a transaction, after `refuseHeld`. @returns who held it before. */
export function takeLease(database: Database.Database, at: string): LastHolder | null {
  const last = leaseOf(database);
  attempt("written", () =>
    database
      .prepare("insert or replace into lease (id, pid, started, command, since) values (1, ?, ?, ?, ?)")
      .run(process.pid, startTimeOf(process.pid) ?? "", process.argv.slice(2).join(" "), at),
  );
  if (last === undefined) return null;
  const { pid, command } = last;
  return { pid, command, since: last.since ?? null, releasedAt: last.released_at ?? null };
}

export function announce(database: Database.Database, url: string): void {
  attempt("written", () => database.prepare("update lease set url = ? where id = 1").run(url));
}

export function releaseLease(database: Database.Database, at: string): void {
  attempt("written", () => database.prepare("update lease set released_at = ?, url = null where id = 1").run(at));
}

/**
 * For whoever replaces the file: takes the lease as every version of the schema has it, and puts the log into the file.
 * Uses `exec` alone, which leaves no statement open: libsql closes a file only when its last statement is collected.
 * @param check looks through another connection, inside the transaction. The writer is closed in any case.
 */
export function seizeLease(writer: Database.Database, check: () => void): void {
  const lease = [process.pid, quoted(startTimeOf(process.pid) ?? ""), quoted(process.argv.slice(2).join(" "))];
  try {
    writer.exec("begin immediate");
    check();
    writer.exec(`insert or replace into lease (id, pid, started, command) values (1, ${lease.join(", ")})`);
    writer.exec("commit");
    writer.exec("pragma wal_checkpoint(truncate)");
  } finally {
    if (writer.inTransaction) writer.exec("rollback");
    writer.close();
  }
}

/** Columns that the first version lacked may be absent. */
interface Lease {
  readonly pid: number;
  readonly started: string;
  readonly command: string;
  readonly since?: string | null;
  readonly released_at?: string | null;
  readonly url?: string | null;
}

function livingHolder(database: Database.Database): Holder | undefined {
  const lease = leaseOf(database);
  if (lease === undefined || typeof lease.released_at === "string") return undefined;
  const { pid, command, since, url, started } = lease;
  if (startTimeOf(pid) !== started) return undefined;
  return { pid, command, ...(since ? { since } : {}), ...(url ? { url } : {}) };
}

function leaseOf(database: Database.Database): Lease | undefined {
  return attempt("read", () => {
    const isThere = database.prepare("select 1 from sqlite_schema where type = 'table' and name = 'lease'").all();
    if (isThere.length === 0) return undefined;
    return database.prepare("select * from lease where id = 1").all()[0] as Lease | undefined;
  });
}

/** @returns the boot's id and the process's start time in clock ticks (proc(5), stat field 22); undefined when it is dead. */
function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z") return undefined;
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${fields[19] ?? ""}`;
  } catch {
    return undefined;
  }
}
