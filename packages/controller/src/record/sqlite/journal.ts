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
    const { after, vm, host, isOver: over } = page;
    let query = sqlOf.selectFrom("move").selectAll();
    if (after !== undefined) query = query.where("sequence", "<", this.#sequence(after));
    if (vm !== undefined) query = query.where((is) => is.or([is("vm", "=", vm.toLowerCase()), is("vm_name", "=", vm)]));
    if (host !== undefined) query = query.where((is) => is.or([is("source", "=", host), is("target", "=", host)]));
    // A literal, since the index of unfinished moves is a partial one.
    if (over !== undefined) query = query.where("is_over", "=", over ? sql.lit(1) : sql.lit(0));
    const limit = Math.min(page.limit, limits.journalRows);
    return this.#access.all(query.orderBy("sequence", "desc").limit(limit)).map(toMove);
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

function moveEvent(request: MoveRequest, state: MoveState): ClusterEvent {
  const { id, vm, vmName, source, target } = request;
  const step = "step" in state ? state.step : null;
  return { kind: "move", move: id, vm, vmName, source, target, phase: state.phase, step };
}

function unknownMove(id: MoveId): never {
  throw new TrunklineError("move.unknown", `the journal holds no move ${id}`);
}

function toMove(row: Selectable<Tables["move"]>): JournalMove {
  return {
    request: JSON.parse(row.request) as MoveRequest,
    state: JSON.parse(row.state) as MoveState,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    report: row.report === null ? null : (JSON.parse(row.report) as MoveReport),
  };
}
