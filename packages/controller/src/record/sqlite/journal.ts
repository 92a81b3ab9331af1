/**
 * Moves and their transitions. A row of `transition` is the new state of a move, written before its effects run; `move`
 * holds the request, the newest state and, at the end, the report. What is written goes into the event log with it.
 */
import { sql } from "kysely";
import type { Selectable } from "kysely";
import { isOver } from "@trunkline/migration";
import type { MoveEvent, MoveState } from "@trunkline/migration";
import { TrunklineError, assert } from "@trunkline/model";
import type { ClusterEvent, MoveId, MoveReport, MoveRequest } from "@trunkline/model";
import type { Journal, JournalMove, MovePage, Transition } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import type { Access } from "./access.ts";
import type { SqliteEventLog } from "./event-log.ts";
import { sqlOf } from "./tables.ts";
import type { Tables } from "./tables.ts";

type MoveRow = Selectable<Tables["move"]>;

export class SqliteJournal implements Journal {
  readonly readOnly: boolean;
  readonly #access: Access;
  readonly #events: SqliteEventLog;
  readonly #close: () => Promise<void>;

  constructor(access: Access, events: SqliteEventLog, close: () => Promise<void>) {
    this.readOnly = access.readOnly;
    this.#access = access;
    this.#events = events;
    this.#close = close;
  }

  async addMove(request: MoveRequest, state: MoveState): Promise<void> {
    const at = this.#access.clock.timestamp();
    this.#events.write((log) => {
      this.#access.run(
        sqlOf.insertInto("move").values({
          id: request.id,
          request: JSON.stringify(request),
          state: JSON.stringify(state),
          is_over: Number(isOver(state)),
          created_at: at,
          changed_at: at,
          report: null,
        }),
      );
      this.#addTransition(request.id, null, state, at);
      log(moveEvent(request, state), at);
    });
  }

  async amend(id: MoveId, request: MoveRequest): Promise<void> {
    assert(request.id === id, `move ${id} cannot become move ${request.id}`);
    const at = this.#access.clock.timestamp();
    this.#events.write((log) => {
      const { state } = this.#move(id);
      if (state.phase !== "queued")
        throw new TrunklineError("move.not-waiting", `move ${id} of ${request.vmName} is ${state.phase}`);
      this.#access.run(
        sqlOf
          .updateTable("move")
          .set({ request: JSON.stringify(request), changed_at: at })
          .where("id", "=", id),
      );
      log(moveEvent(request, state), at);
    });
  }

  async append(id: MoveId, event: MoveEvent, state: MoveState): Promise<void> {
    const at = this.#access.clock.timestamp();
    this.#events.write((log) => {
      const { request } = this.#move(id);
      this.#access.run(
        sqlOf
          .updateTable("move")
          .set({ state: JSON.stringify(state), is_over: Number(isOver(state)), changed_at: at })
          .where("id", "=", id),
      );
      this.#addTransition(id, event, state, at);
      log(moveEvent(request, state), at);
    });
  }

  async addReport(id: MoveId, report: MoveReport): Promise<void> {
    const at = this.#access.clock.timestamp();
    this.#events.write((log) => {
      const { request } = this.#move(id);
      this.#access.run(
        sqlOf
          .updateTable("move")
          .set({ report: JSON.stringify(report) })
          .where("id", "=", id),
      );
      log({ kind: "move-reported", move: id, vmName: request.vmName, outcome: report.outcome }, at);
    });
  }

  async listMoves(limit: number): Promise<readonly JournalMove[]> {
    return await this.pageMoves({ limit });
  }

  async pageMoves(page: MovePage): Promise<readonly JournalMove[]> {
    const { after, isOver: over } = page;
    const limit = Math.min(page.limit, limits.journalRows);
    let query = sqlOf.selectFrom("move").selectAll().orderBy("sequence", "desc").limit(limit);
    if (after !== undefined) query = query.where("sequence", "<", this.#sequence(after));
    // A literal, since the index of unfinished moves is a partial one.
    if (over !== undefined) query = query.where("is_over", "=", over ? sql.lit(1) : sql.lit(0));
    // Not one query with OR: each column's index gives its moves in order, so that none has to read more than a page.
    const rows = placesOf(page).flatMap((places) =>
      this.#access.all(places.reduce((narrowed, { column, value }) => narrowed.where(column, "=", value), query)),
    );
    return newest(rows, limit).map(toMove);
  }

  async findMove(id: MoveId): Promise<JournalMove | undefined> {
    return this.#find(id);
  }

  async transitions(id: MoveId): Promise<readonly Transition[]> {
    const rows = this.#access.all(
      sqlOf.selectFrom("transition").selectAll().where("move_id", "=", id).orderBy("sequence"),
    );
    return rows.map((row) => ({
      sequence: row.sequence,
      at: row.at,
      event: row.event === null ? null : (JSON.parse(row.event) as MoveEvent),
      state: JSON.parse(row.state) as MoveState,
    }));
  }

  /** All of them, since none may be forgotten at a start: what bounds them is the queue's length. */
  async unfinished(): Promise<readonly JournalMove[]> {
    const query = sqlOf.selectFrom("move").selectAll().where("is_over", "=", sql.lit(0)).orderBy("sequence");
    return this.#access.all(query).map(toMove);
  }

  async unreported(): Promise<readonly JournalMove[]> {
    const over = sqlOf.selectFrom("move").selectAll().where("is_over", "=", sql.lit(1));
    return this.#access.all(over.where("report", "is", null).orderBy("sequence")).map(toMove);
  }

  async close(): Promise<void> {
    await this.#close();
  }

  #find(id: MoveId): JournalMove | undefined {
    const row = this.#access.first(sqlOf.selectFrom("move").selectAll().where("id", "=", id));
    return row === undefined ? undefined : toMove(row);
  }

  #move(id: MoveId): JournalMove {
    return this.#find(id) ?? unknownMove(id);
  }

  #sequence(id: MoveId): number {
    const row = this.#access.first(sqlOf.selectFrom("move").select("sequence").where("id", "=", id));
    return row?.sequence ?? unknownMove(id);
  }

  #addTransition(id: MoveId, event: MoveEvent | null, state: MoveState, at: string): void {
    this.#access.run(
      sqlOf.insertInto("transition").values({
        move_id: id,
        at,
        event: event === null ? null : JSON.stringify(event),
        state: JSON.stringify(state),
      }),
    );
  }
}

interface Place {
  readonly column: "vm" | "vm_name" | "source" | "target";
  readonly value: string;
}

/** Where what the page asks for may stand; a move that fits one of them fits the page. */
function placesOf({ vm, host }: MovePage): readonly (readonly Place[])[] {
  const ofVm: readonly (readonly Place[])[] =
    vm === undefined ? [[]] : [[{ column: "vm", value: vm.toLowerCase() }], [{ column: "vm_name", value: vm }]];
  const ofHost: readonly (readonly Place[])[] =
    host === undefined ? [[]] : [[{ column: "source", value: host }], [{ column: "target", value: host }]];
  return ofVm.flatMap((first) => ofHost.map((second) => [...first, ...second]));
}

function newest(rows: readonly MoveRow[], limit: number): readonly MoveRow[] {
  const once = new Map(rows.map((row) => [row.sequence, row]));
  return [...once.values()].sort((a, b) => b.sequence - a.sequence).slice(0, limit);
}

function moveEvent(request: MoveRequest, state: MoveState): ClusterEvent {
  const { id, vm, vmName, source, target } = request;
  const step = "step" in state ? state.step : null;
  const why = state.phase === "reconciling" ? state.why : null;
  return { kind: "move", move: id, vm, vmName, source, target, phase: state.phase, step, why };
}

function unknownMove(id: MoveId): never {
  throw new TrunklineError("move.unknown", `the journal holds no move ${id}`);
}

function toMove(row: MoveRow): JournalMove {
  return {
    request: JSON.parse(row.request) as MoveRequest,
    state: JSON.parse(row.state) as MoveState,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    report: row.report === null ? null : (JSON.parse(row.report) as MoveReport),
  };
}
