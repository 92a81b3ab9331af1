/** What one process may do with the store: a reader may not write, and a process that is over may not do anything. */
import type { Compilable } from "kysely";
import { TrunklineError } from "@trunkline/model";
import type { Clock } from "@trunkline/ports";
import type { Connection } from "./connection.ts";

export class Access {
  readonly clock: Clock;
  readonly readOnly: boolean;
  readonly #connection: Connection;
  #ended: string | undefined;

  constructor(connection: Connection, clock: Clock, readOnly: boolean) {
    this.#connection = connection;
    this.clock = clock;
    this.readOnly = readOnly;
  }

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  all<Row>(query: Compilable<Row>): readonly Row[] {
    this.check();
    return this.#connection.all(query);
  }

  first<Row>(query: Compilable<Row>): Row | undefined {
    return this.all(query)[0];
  }

  /** @returns how many rows were changed. */
  run(query: Compilable): number {
    this.check();
    return this.#connection.run(query);
  }

  /** Done whole or not at all, and on the disk when it returns. @param work must not wait for anything. */
  write<T>(work: () => T): T {
    this.check();
    if (this.readOnly) throw new TrunklineError("store.failed", "the store was opened for reading only");
    return this.#connection.transaction(work);
  }

  /** From now on everything that is asked of it is refused, for this reason. */
  end(why: string): void {
    this.#ended ??= why;
  }

  /** @throws store.failed when it is over. */
  check(): void {
    if (this.#ended !== undefined) throw new TrunklineError("store.failed", this.#ended);
  }
}
