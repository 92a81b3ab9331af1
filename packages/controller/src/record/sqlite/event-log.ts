/**
 * The event log. Numbers are given once and without gaps: SQLite's AUTOINCREMENT is rolled back with its transaction
 * and survives the removal of old events. Listeners hear of an event after it is on the disk, in the order of the
 * numbers, even when one of them causes the next event.
 */
import type { ClusterEvent, LoggedEvent } from "@trunkline/model";
import { TrunklineError } from "@trunkline/model";
import type { EventLog } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import type { Access } from "./access.ts";
import { sqlOf } from "./tables.ts";

export type Listener = (event: LoggedEvent) => void;

export class SqliteEventLog implements EventLog {
  readonly #access: Access;
  readonly #keptEvents: number;
  readonly #listeners = new Set<Listener>();
  /** Written, and not yet told to everybody. */
  readonly #untold: LoggedEvent[] = [];
  #isTelling = false;

  constructor(access: Access, keptEvents: number) {
    this.#access = access;
    this.#keptEvents = keptEvents;
  }

  async append(event: ClusterEvent): Promise<LoggedEvent> {
    return this.write((log) => log(event, this.#access.clock.timestamp()));
  }

  /** A write of any part of the store, with the events that belong to it. */
  write<T>(work: (log: (event: ClusterEvent, at: string) => LoggedEvent) => T): T {
    const logged: LoggedEvent[] = [];
    const result = this.#access.write(() =>
      work((event, at) => {
        const one = { sequence: this.#insert(event, at), at, event };
        logged.push(one);
        return one;
      }),
    );
    this.#untold.push(...logged);
    this.#tell();
    return result;
  }

  async since(sequence: number, limit: number): Promise<readonly LoggedEvent[]> {
    const rows = this.#access.all(
      sqlOf
        .selectFrom("event")
        .selectAll()
        .where("sequence", ">", sequence)
        .orderBy("sequence")
        .limit(Math.min(limit, limits.eventRows)),
    );
    return rows.map(({ sequence, at, event }) => ({ sequence, at, event: JSON.parse(event) as ClusterEvent }));
  }

  async range(): Promise<{ readonly oldest: number; readonly newest: number }> {
    return { oldest: this.#edge("asc"), newest: this.#edge("desc") };
  }

  onAppend(listener: Listener): () => void {
    // A function of its own, so that one that was given twice is told twice and ends once.
    const own: Listener = (event) => {
      listener(event);
    };
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  forgetListeners(): void {
    this.#listeners.clear();
    this.#untold.length = 0;
  }

  #insert(event: ClusterEvent, at: string): number {
    const row = this.#access.first(
      sqlOf
        .insertInto("event")
        .values({ at, event: JSON.stringify(event) })
        .returning("sequence"),
    );
    if (row === undefined) throw new TrunklineError("store.failed", "the event got no number");
    this.#prune(row.sequence);
    return row.sequence;
  }

  /** In small steps, so that a smaller limit than before does not make one write a long one. */
  #prune(newest: number): void {
    const last = newest - this.#keptEvents;
    if (last < 1) return;
    const oldest = this.#edge("asc");
    if (oldest > last) return;
    this.#access.run(
      sqlOf.deleteFrom("event").where("sequence", "<=", Math.min(last, oldest + limits.prunedEvents - 1)),
    );
  }

  #edge(direction: "asc" | "desc"): number {
    const query = sqlOf.selectFrom("event").select("sequence").orderBy("sequence", direction).limit(1);
    return this.#access.first(query)?.sequence ?? 0;
  }

  #tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let event = this.#untold.shift(); event !== undefined; event = this.#untold.shift())
        for (const listener of this.#listeners) tellOne(listener, event);
    } finally {
      this.#isTelling = false;
    }
  }
}

/** The event is written: a listener's defect must not look like a write that failed, nor keep the others from hearing. */
function tellOne(listener: Listener, event: LoggedEvent): void {
  try {
    listener(event);
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}
