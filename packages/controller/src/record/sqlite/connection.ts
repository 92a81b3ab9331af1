/**
 * One connection to an SQLite database. Everything here is synchronous, as libsql is: a transaction begins, works and
 * commits without giving way to another caller, so two writers of one process cannot get into each other's transaction.
 */
import { pathToFileURL } from "node:url";
import Database from "libsql";
import type { Compilable } from "kysely";
import { InvariantError, TrunklineError, assert, messageOf } from "@trunkline/model";
import { limits } from "../../limits.ts";

/** The database that lives as long as its object. */
export const inMemory = ":memory:";

export class Connection {
  readonly #database: Database.Database;
  /** By their text; there are as many as there are queries in this folder, and combinations of the filters of a page. */
  readonly #statements = new Map<string, Database.Statement>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Every row: a statement that is left before its end keeps the write-ahead log from being emptied. */
  all<Row>(query: Compilable<Row>): readonly Row[] {
    return attempt("read", () => {
      const { statement, values } = this.#prepare(query);
      return statement.all(...values) as Row[];
    });
  }

  first<Row>(query: Compilable<Row>): Row | undefined {
    return this.all(query)[0];
  }

  /** @returns how many rows were changed. */
  run(query: Compilable): number {
    return attempt("written", () => {
      const { statement, values } = this.#prepare(query);
      return statement.run(...values).changes;
    });
  }

  /** Done whole or not at all. @param work must not wait for anything. */
  transaction<T>(work: () => T): T {
    return inTransaction(this.#database, work);
  }

  close(): void {
    if (!this.#database.open) return;
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(query: Compilable): { readonly statement: Database.Statement; readonly values: unknown[] } {
    const { sql: text, parameters } = query.compile();
    // libsql 0.5.29 ends the process when it is handed a boolean (src/statement.rs: "not yet implemented: bool").
    for (const value of parameters)
      assert(value === null || typeof value === "string" || typeof value === "number", `no SQL value: ${typeof value}`);
    const known = this.#statements.get(text);
    const statement = known ?? this.#database.prepare(text);
    if (known === undefined) this.#statements.set(text, statement);
    return { statement, values: [...parameters] };
  }
}

export const openWritable = (path: string): Database.Database => new Database(path, { timeout: limits.storeBusyMs });

/** Changes no byte of the file. */
export const openReadOnly = (path: string): Database.Database =>
  new Database(`${pathToFileURL(path).href}?mode=ro`, { timeout: limits.storeBusyMs });

export function inTransaction<T>(database: Database.Database, work: () => T): T {
  attempt("written", () => database.exec("begin immediate"));
  try {
    const result = work();
    attempt("written", () => database.exec("commit"));
    return result;
  } catch (error) {
    // A full disk may have rolled it back already (sqlite.org/lang_transaction.html, "Response To Errors").
    if (database.inTransaction) database.exec("rollback");
    throw error;
  }
}

/** A text as SQL has it, for statements that take no values. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** @returns what the work gives; whatever SQLite has against it becomes `store.failed`. */
export function attempt<T>(verb: "opened" | "read" | "written" | "copied", work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw storeFailed(`the store could not be ${verb}`, cause);
  }
}

export function storeFailed(what: string, cause: unknown): Error {
  if (cause instanceof TrunklineError || cause instanceof InvariantError) return cause;
  const code = codeOf(cause);
  return new TrunklineError("store.failed", `${what}: ${messageOf(cause)}`, {
    cause,
    details: { sqlite: code },
    ...hintFor(code),
  });
}

function codeOf(cause: unknown): string | null {
  const code: unknown = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" && code !== "" ? code : null;
}

function hintFor(code: string | null): { readonly hint?: string } {
  if (code === "SQLITE_FULL" || code === "ENOSPC")
    return {
      hint: "Make room on the file system of the state folder; nothing was half written, and it works again then.",
    };
  if (code === "SQLITE_BUSY") return { hint: "Another process holds the file; see who: fuser FILE" };
  return {};
}
