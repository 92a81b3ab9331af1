/**
 * A monitor: the database tells what changed, in the order in which it changed (RFC 7047 sections 4.1.5 and 4.1.6).
 *
 * INVARIANTS
 * - `initial` is the state from which the updates go on: none is missing between the two, none comes twice.
 * - Updates wait in a bounded queue. A reader that falls behind for too long loses the monitor, with a typed error, rather than
 *   a single update.
 * - One reader: updates are consumed by the loop that reads them.
 */
import { OvsdbError } from "../errors.ts";
import { isJsonObject, memberOf } from "../json/value.ts";
import type { JsonValue } from "../json/value.ts";
import { MAX_QUEUED_UPDATES } from "../limits.ts";
import type { Row } from "./notation.ts";

export type MonitorRequest = {
  readonly columns?: readonly string[];
  readonly select?: {
    readonly initial?: boolean;
    readonly insert?: boolean;
    readonly delete?: boolean;
    readonly modify?: boolean;
  };
};

/** One row before and after. Of a modified row, `old` has only the columns that changed. */
export interface RowUpdate {
  readonly table: string;
  readonly uuid: string;
  readonly old?: Row;
  readonly new?: Row;
}

export type TableUpdates = readonly RowUpdate[];

export interface Monitor extends AsyncIterable<TableUpdates> {
  readonly initial: TableUpdates;
  /** Ends the monitor here and at the database; the loop that reads it ends too. */
  cancel(): Promise<void>;
}

export function readUpdates(value: JsonValue): TableUpdates {
  if (!isJsonObject(value)) throw misshapen("they are not an object");
  return Object.entries(value).flatMap(([table, rows]) => {
    if (!isJsonObject(rows)) throw misshapen(`those of table ${table} are not an object`);
    return Object.entries(rows).map(([uuid, row]) => readUpdate(table, uuid, row));
  });
}

export class UpdateQueue implements AsyncIterableIterator<TableUpdates> {
  readonly #updates: TableUpdates[] = [];
  #end: { readonly error?: OvsdbError } | undefined;
  #wake: (() => void) | undefined;

  push(updates: TableUpdates): void {
    if (this.#end !== undefined) return;
    if (this.#updates.length >= MAX_QUEUED_UPDATES) {
      this.#updates.length = 0;
      this.end(
        new OvsdbError(
          "ovsdb.overload",
          `A monitor was given up: ${MAX_QUEUED_UPDATES} updates waited for their reader.`,
          {
            hint: "Read the updates faster, monitor fewer columns, or start the monitor anew.",
          },
        ),
      );
      return;
    }
    this.#updates.push(updates);
    this.#wakeReader();
  }

  /** Ends the queue after what is still in it; with an error, the reader gets that error last. */
  end(error?: OvsdbError): void {
    if (this.#end !== undefined) return;
    this.#end = error === undefined ? {} : { error };
    this.#wakeReader();
  }

  async next(): Promise<IteratorResult<TableUpdates, undefined>> {
    while (true) {
      const updates = this.#updates.shift();
      if (updates !== undefined) return { value: updates, done: false };
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #wakeReader(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function readUpdate(table: string, uuid: string, value: JsonValue): RowUpdate {
  if (!isJsonObject(value)) throw misshapen(`row ${uuid} of table ${table} is not an object`);
  const before = memberOf(value, "old");
  const after = memberOf(value, "new");
  return {
    table,
    uuid,
    ...(isJsonObject(before) ? { old: before } : {}),
    ...(isJsonObject(after) ? { new: after } : {}),
  };
}

function misshapen(what: string): OvsdbError {
  return new OvsdbError("ovsdb.protocol", `The database sent updates that cannot be understood: ${what}.`);
}
