/**
 * Moves whose end nobody knows: left by a dead process, broken off by a store that failed, or unsettled because a host
 * is silent. Both hosts are asked, again and again and more and more rarely, until their words settle it.
 */
import { initialState, isOver } from "@trunkline/migration";
import { messageOf } from "@trunkline/model";
import type { HostName, MoveId, MoveReport, MoveRequest } from "@trunkline/model";
import type { Journal, JournalMove, World } from "@trunkline/ports";
import { settleLeft } from "../act/carry-out.ts";
import { limits } from "../limits.ts";
import { leftMove } from "./move-book.ts";
import type { LeftMove, MoveBook } from "./move-book.ts";
import type { Narrator } from "./narrator.ts";

export interface SettleDeskOptions {
  readonly world: World;
  readonly journal: Journal;
  readonly book: MoveBook;
  readonly narrator: Narrator;
  readonly lookAgain: (hosts: readonly HostName[]) => Promise<void>;
  readonly onReport: (report: MoveReport, request: MoveRequest) => void;
}

export class SettleDesk {
  readonly #options: SettleDeskOptions;

  constructor(options: SettleDeskOptions) {
    this.#options = options;
  }

  take(move: JournalMove): void {
    this.#options.book.left.set(move.request.id, leftMove(move));
  }

  /** What the journal says of it is where settling begins; one that cannot be read now is read when it is asked about. */
  async takeBroken(id: MoveId, request: MoveRequest): Promise<void> {
    const { journal, book, narrator, world } = this.#options;
    const againAtMs = world.clock.nowMs() + limits.settleAgainMs;
    const unread = { request, state: initialState(request.driver), report: null, createdAt: "", changedAt: "" };
    try {
      const move = await journal.findMove(id);
      if (move !== undefined && !isOver(move.state)) book.left.set(id, { ...leftMove(move), againAtMs });
    } catch (error) {
      narrator.warn(`the journal could not be read: ${messageOf(error)}`, request);
      book.left.set(id, { ...leftMove(unread), againAtMs });
    }
  }

  /** A host answers again: what waits for its word may be asked about now. */
  hostCameBack(host: HostName): void {
    for (const move of this.#options.book.left.values())
      if (move.request.source === host || move.request.target === host) move.againAtMs = 0;
  }

  /** Begins to ask about those whose time has come. @returns the work that was begun. */
  begin(): readonly Promise<void>[] {
    const nowMs = this.#options.world.clock.nowMs();
    const due = [...this.#options.book.left.values()].filter((move) => !move.isBeingSettled && move.againAtMs <= nowMs);
    return due.map(async (move) => {
      move.isBeingSettled = true;
      await this.#settle(move);
    });
  }

  async #settle(move: LeftMove): Promise<void> {
    const { book, narrator, lookAgain } = this.#options;
    const { request } = move;
    try {
      const isSettled = await this.#ask(move);
      await lookAgain([request.source, request.target]);
      if (isSettled) book.left.delete(request.id);
      else this.#askAgainLater(move);
    } catch (error) {
      this.#askAgainLater(move);
      narrator.warn(`the move of ${request.vmName} could not be settled: ${messageOf(error)}`, request);
    } finally {
      move.isBeingSettled = false;
    }
  }

  /** @returns whether it is over now. */
  async #ask(move: LeftMove): Promise<boolean> {
    const { world, journal, narrator, onReport } = this.#options;
    const { request, predicted } = move;
    // Asked of the journal, not remembered: the last record may be newer than what was in memory when it broke.
    const state = (await journal.findMove(request.id))?.state ?? move.state;
    if (isOver(state)) return true;
    const observer = narrator.observerOf(request, () => undefined);
    observer.remark(`move ${request.id} of ${request.vmName} was left ${state.phase}; both hosts are asked`);
    const report = await settleLeft(world, journal, { request, state, predicted }, observer, move.cancel.signal);
    move.state = (await journal.findMove(request.id))?.state ?? state;
    narrator.report(report, request);
    onReport(report, request);
    return report.outcome !== "unsettled";
  }

  #askAgainLater(move: LeftMove): void {
    const pauseMs = limits.settleAgainMs * 2 ** Math.min(move.tries, limits.settleAgainDoublings);
    move.tries += 1;
    move.againAtMs = this.#options.world.clock.nowMs() + pauseMs;
  }
}
