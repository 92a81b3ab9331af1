/**
 * The journal in an SQLite file: write-ahead log, `synchronous=FULL`, one writer.
 *
 * A row of `transition` is the new state of a move, written before its effects run; `move` holds the request and, at
 * the end, the report. The lease names the process that may write; it is taken over when that process is dead, which
 * is decided by its pid together with its start time, since pids are used again.
 */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import Database from "libsql";
import { Kysely, SqliteDialect, sql } from "kysely";
import type { Generated } from "kysely";
import type { MoveEvent, MoveState } from "@trunkline/migration";
import { isOver } from "@trunkline/migration";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { MoveId, MoveReport, MoveRequest } from "@trunkline/model";
import type { Clock, Journal, JournalMove, MovePage, Transition } from "@trunkline/ports";
import { limits } from "../limits.ts";

interface Tables {
  readonly move: {
    readonly id: string;
    readonly request: string;
    readonly state: string;
    readonly is_over: number;
    readonly created_at: string;
    readonly changed_at: string;
    readonly report: string | null;
  };
  readonly transition: {
    readonly sequence: Generated<number>;
    readonly move_id: string;
    readonly at: string;
    readonly event: string | null;
    readonly state: string;
  };
  readonly lease: { readonly id: number; readonly pid: number; readonly started: string; readonly command: string };
}

export interface JournalOptions {
  readonly path: string;
  readonly clock: Clock;
  /** A reader takes no lease and may not append. */
  readonly readOnly?: boolean;
}

/** The living process that owns the journal, if any. */
export function journalHolder(path: string): { readonly pid: number; readonly command: string } | undefined {
  if (!existsSync(path)) return undefined;
  const database = new Database(path, { timeout: busyTimeoutMs });
  try {
    const holder = database.prepare("select pid, started, command from lease where id = 1").get() as Lease | undefined;
    return holder !== undefined && startTimeOf(holder.pid) === holder.started ? holder : undefined;
  } finally {
    database.close();
  }
}

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const readOnly = options.readOnly ?? false;
  let database: Database.Database;
  try {
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    database = new Database(options.path, { timeout: busyTimeoutMs });
    for (const statement of schema) database.exec(statement);
  } catch (cause) {
    throw new TrunklineError("store.failed", `the journal ${options.path} could not be opened: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (!readOnly) takeLease(database, options.path);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  return new SqliteJournal(db, database, options.clock, readOnly);
}

class SqliteJournal implements Journal {
  readonly readOnly: boolean;
  readonly #db: Kysely<Tables>;
  readonly #database: Database.Database;
  readonly #clock: Clock;

  constructor(db: Kysely<Tables>, database: Database.Database, clock: Clock, readOnly: boolean) {
    this.#db = db;
    this.#database = database;
    this.#clock = clock;
    this.readOnly = readOnly;
  }

  async addMove(request: MoveRequest, state: MoveState): Promise<void> {
    const at = this.#clock.timestamp();
    await this.#write(async () => {
      await this.#db
        .insertInto("move")
        .values({
          id: request.id,
          request: JSON.stringify(request),
          state: JSON.stringify(state),
          is_over: Number(isOver(state)),
          created_at: at,
          changed_at: at,
          report: null,
        })
        .execute();
      await this.#addTransition(request.id, null, state, at);
    });
  }

  async amend(id: MoveId, request: MoveRequest): Promise<void> {
    await this.#write(async () => {
      const row = await this.#db.selectFrom("move").select("state").where("id", "=", id).executeTakeFirst();
      if (row === undefined) throw new TrunklineError("move.unknown", `the journal holds no move ${id}`);
      const { phase } = JSON.parse(row.state) as MoveState;
      if (phase !== "queued")
        throw new TrunklineError("move.not-waiting", `move ${id} of ${request.vmName} is ${phase}, it waits no more`);
      await this.#db
        .updateTable("move")
        .set({ request: JSON.stringify(request) })
        .where("id", "=", id)
        .execute();
    });
  }

  async append(id: MoveId, event: MoveEvent, state: MoveState): Promise<void> {
    const at = this.#clock.timestamp();
    await this.#write(async () => {
      await this.#db
        .updateTable("move")
        .set({ state: JSON.stringify(state), is_over: Number(isOver(state)), changed_at: at })
        .where("id", "=", id)
        .execute();
      await this.#addTransition(id, event, state, at);
    });
  }

  async addReport(id: MoveId, report: MoveReport): Promise<void> {
    await this.#write(async () => {
      await this.#db
        .updateTable("move")
        .set({ report: JSON.stringify(report) })
        .where("id", "=", id)
        .execute();
    });
  }

  async listMoves(limit: number): Promise<readonly JournalMove[]> {
    return await this.pageMoves({ limit });
  }

  async pageMoves(page: MovePage): Promise<readonly JournalMove[]> {
    const { after, vm, host, isOver: over } = page;
    let query = this.#db.selectFrom("move").selectAll();
    if (after !== undefined)
      query = query.where(sql<number>`rowid`, "<", sql<number>`(select rowid from move where id = ${after})`);
    if (vm !== undefined) query = query.where(sql<boolean>`${vm} in (request ->> '$.vm', request ->> '$.vmName')`);
    if (host !== undefined)
      query = query.where(sql<boolean>`${host} in (request ->> '$.source', request ->> '$.target')`);
    if (over !== undefined) query = query.where("is_over", "=", Number(over));
    const rows = await query
      .orderBy(sql`rowid`, "desc")
      .limit(Math.min(page.limit, limits.journalRows))
      .execute();
    return rows.map(toMove);
  }

  async findMove(id: MoveId): Promise<JournalMove | undefined> {
    const row = await this.#db.selectFrom("move").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : toMove(row);
  }

  async transitions(id: MoveId): Promise<readonly Transition[]> {
    const rows = await this.#db
      .selectFrom("transition")
      .selectAll()
      .where("move_id", "=", id)
      .orderBy("sequence")
      .execute();
    return rows.map((row) => ({
      sequence: row.sequence,
      at: row.at,
      event: row.event === null ? null : (JSON.parse(row.event) as MoveEvent),
      state: JSON.parse(row.state) as MoveState,
    }));
  }

  async unfinished(): Promise<readonly JournalMove[]> {
    const rows = await this.#db
      .selectFrom("move")
      .selectAll()
      .where("is_over", "=", 0)
      .orderBy("created_at")
      .limit(limits.journalRows)
      .execute();
    return rows.map(toMove);
  }

  async close(): Promise<void> {
    if (!this.readOnly) this.#database.exec(`delete from lease where pid = ${process.pid}`);
    await this.#db.destroy();
  }

  async #addTransition(id: MoveId, event: MoveEvent | null, state: MoveState, at: string): Promise<void> {
    await this.#db
      .insertInto("transition")
      .values({ move_id: id, at, event: event === null ? null : JSON.stringify(event), state: JSON.stringify(state) })
      .execute();
  }

  /** One transaction: a move and its transition are written together or not at all. */
  async #write(work: () => Promise<void>): Promise<void> {
    if (this.readOnly) throw new TrunklineError("store.failed", "the journal was opened for reading only");
    try {
      this.#database.exec("begin immediate");
      await work();
      this.#database.exec("commit");
    } catch (cause) {
      if (this.#database.inTransaction) this.#database.exec("rollback");
      if (cause instanceof TrunklineError) throw cause;
      throw new TrunklineError("store.failed", `the journal could not be written: ${messageOf(cause)}`, { cause });
    }
  }
}

type Lease = Omit<Tables["lease"], "id">;

const busyTimeoutMs = 5_000;

const schema = [
  "pragma journal_mode = wal",
  "pragma synchronous = full",
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

function takeLease(database: Database.Database, path: string): void {
  database.exec("begin immediate");
  try {
    const holder = database.prepare("select pid, started, command from lease where id = 1").get() as Lease | undefined;
    if (holder !== undefined && startTimeOf(holder.pid) === holder.started && holder.pid !== process.pid) {
      throw new TrunklineError(
        "store.locked",
        `process ${holder.pid} (${holder.command}) owns the journal ${path} and is moving VMs`,
        { details: { pid: holder.pid, command: holder.command } },
      );
    }
    database
      .prepare("insert or replace into lease (id, pid, started, command) values (1, ?, ?, ?)")
      .run(process.pid, startTimeOf(process.pid) ?? "", process.argv.slice(2).join(" "));
    database.exec("commit");
  } catch (error) {
    if (database.inTransaction) database.exec("rollback");
    database.close();
    throw error;
  }
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

function toMove(row: Tables["move"]): JournalMove {
  return {
    request: JSON.parse(row.request) as MoveRequest,
    state: JSON.parse(row.state) as MoveState,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    report: row.report === null ? null : (JSON.parse(row.report) as MoveReport),
  };
}
