/**
 * The store in one SQLite file: write-ahead log, `synchronous=FULL`, one writer.
 *
 * Whoever opens it for writing brings its schema to the newest version and takes the lease. A reader does neither: it
 * changes no byte, and where there is no file yet it reads an empty store.
 *
 * `heir` is for a process that dies and starts again within one real process, as a simulated one does: the database
 * stays, in memory as well, and the former store refuses everything from then on, as a dead process would.
 */
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "libsql";
import { TrunklineError } from "@trunkline/model";
import type { Accounts, AnswerLog, AuditLog, Clock, EventLog, Intents, Journal, Store } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import { Access } from "./access.ts";
import { SqliteAccounts } from "./accounts.ts";
import { SqliteAnswerLog } from "./answer-log.ts";
import { SqliteAuditLog } from "./audit-log.ts";
import { backUp } from "./backup.ts";
import { Connection, attempt, inMemory, inTransaction, openReadOnly, openWritable, storeFailed } from "./connection.ts";
import { SqliteEventLog } from "./event-log.ts";
import { SqliteIntents } from "./intents.ts";
import { SqliteJournal } from "./journal.ts";
import { announce, refuseHeld, releaseLease, takeLease } from "./lease.ts";
import type { LastHolder } from "./lease.ts";
import { inspectFile, isNewest, migrate } from "./schema.ts";

export interface StoreOptions {
  /** A file, or ":memory:" for a database that ends with its object. */
  readonly path: string;
  readonly clock: Clock;
  /** A reader takes no lease and may not write. */
  readonly readOnly?: boolean;
  /** How many events are kept; `limits.storedEvents` where nothing is said. */
  readonly keptEvents?: number;
}

export interface OpenStore extends Store {
  /** Who wrote before; null in a new store and for a reader. */
  readonly lastHolder: LastHolder | null;
  /** Says in the lease where this process takes commands, so that others find it. */
  announce(url: string): Promise<void>;
  /** The store of the next process on the same database; this one is over, without having been closed. */
  heir(clock?: Clock): OpenStore;
}

export async function openStore(options: StoreOptions): Promise<OpenStore> {
  const readOnly = options.readOnly ?? false;
  const database = readOnly ? openToRead(options.path) : openToWrite(options.path);
  try {
    return new SqliteStore(database, new Connection(database), { ...options, readOnly }, false);
  } catch (cause) {
    database.close();
    throw storeFailed(`the store ${options.path} could not be opened`, cause);
  }
}

class SqliteStore implements OpenStore {
  readonly journal: Journal;
  readonly events: EventLog;
  readonly intents: Intents;
  readonly accounts: Accounts;
  readonly audit: AuditLog;
  readonly answers: AnswerLog;
  readonly lastHolder: LastHolder | null;
  readonly #database: Database.Database;
  readonly #connection: Connection;
  readonly #options: StoreOptions;
  readonly #access: Access;
  readonly #events: SqliteEventLog;

  constructor(database: Database.Database, connection: Connection, options: StoreOptions, isHeir: boolean) {
    const { clock, path, readOnly = false } = options;
    this.#database = database;
    this.#connection = connection;
    this.#options = options;
    this.#access = new Access(connection, clock, readOnly);
    this.lastHolder = readOnly ? null : seat(database, path, clock.timestamp(), isHeir);
    this.#events = new SqliteEventLog(this.#access, options.keptEvents ?? limits.storedEvents);
    this.events = this.#events;
    this.journal = new SqliteJournal(this.#access, this.#events, async () => await this.close());
    this.intents = new SqliteIntents(this.#access);
    this.accounts = new SqliteAccounts(this.#access);
    this.audit = new SqliteAuditLog(this.#access);
    this.answers = new SqliteAnswerLog(this.#access);
  }

  async announce(url: string): Promise<void> {
    this.#access.write(() => {
      announce(this.#database, url);
    });
  }

  heir(clock?: Clock): OpenStore {
    this.#end("the process that used this store is over, and another one has taken it");
    return new SqliteStore(this.#database, this.#connection, { ...this.#options, ...(clock && { clock }) }, true);
  }

  async backup(path: string): Promise<void> {
    this.#access.check();
    const { path: own, readOnly = false } = this.#options;
    if (readOnly && own !== inMemory && !existsSync(own))
      throw new TrunklineError("store.failed", `there is no store ${own} yet, so there is nothing to back up`, {
        hint: "Name the state folder with --state.",
      });
    await backUp(this.#database, path, this.#access.clock.timestamp());
  }

  async close(): Promise<void> {
    if (this.#access.isOver) return;
    if (!this.#access.readOnly) this.#release();
    this.#end("the store was closed");
    this.#connection.close();
  }

  /** A full disk must not keep a process from ending: what is not released is free when its holder is dead. */
  #release(): void {
    try {
      this.#access.write(() => {
        releaseLease(this.#database, this.#access.clock.timestamp());
      });
    } catch {
      return;
    }
  }

  #end(why: string): void {
    this.#access.end(why);
    this.#events.forgetListeners();
  }
}

/** The schema and the lease. An heir's forerunner holds the lease in the heir's own name, and is known to be over. */
function seat(database: Database.Database, path: string, at: string, isHeir: boolean): LastHolder | null {
  const check = (): void => {
    if (!isHeir) refuseHeld(database, path);
  };
  migrate(database, path, check);
  return inTransaction(database, () => {
    check();
    return takeLease(database, at);
  });
}

function openToWrite(path: string): Database.Database {
  try {
    if (path !== inMemory) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // Hashes of secrets are in it.
      closeSync(openSync(path, "a", 0o600));
      inspectFile(path);
    }
    const database = openWritable(path);
    database.exec("pragma journal_mode = wal");
    database.exec("pragma synchronous = full");
    return database;
  } catch (cause) {
    throw storeFailed(`the store ${path} could not be opened`, cause);
  }
}

function openToRead(path: string): Database.Database {
  if (path === inMemory || !existsSync(path)) return emptyStore();
  const { version, isEmpty } = inspectFile(path);
  if (isEmpty) return emptyStore();
  if (!isNewest(version))
    throw new TrunklineError("store.failed", `the store ${path} has the schema of an older version of Trunkline`, {
      hint: "Run a command that writes, or start trunkline serve: that brings it up to date and loses nothing.",
    });
  return attempt("opened", () => openReadOnly(path));
}

/** What a reader finds where nobody has written yet. */
function emptyStore(): Database.Database {
  const database = openWritable(inMemory);
  migrate(database, inMemory, () => undefined);
  return database;
}
