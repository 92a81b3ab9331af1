/**
 * Takes moves from request to proof: queued, admitted, judged again in the moment of their turn, carried out, reported.
 *
 *   request ─▶ waiting ─▶ (admit: pure) ─▶ running ─▶ over
 *                  left by a dead process ─▶ left ─▶ settled by asking both hosts ─▶ over
 *
 * INVARIANTS
 * - A VM has at most one move that is placed (running or left).
 * - What a move takes of hosts and links is spoken for from its admission until it is over; an unsettled one keeps it.
 * - The journal knows of a move before anybody is told about it.
 */
import { setMaxListeners } from "node:events";
import { initialState } from "@trunkline/migration";
import { pathFinder } from "@trunkline/fabric";
import type { PathFinder } from "@trunkline/fabric";
import { admit } from "@trunkline/scheduler";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { HostName, Inventory, MoveId, MoveReport, MoveRequest, Snapshot } from "@trunkline/model";
import type { JournalMove, Store, World } from "@trunkline/ports";
import { linkUserOf } from "../decide/judge-move.ts";
import { limits } from "../limits.ts";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import { reportOf } from "../record/report.ts";
import { attendMove, cancelledReport, endUnbegun } from "./attend-move.ts";
import { MoveBook } from "./move-book.ts";
import type { RunningMove, WaitingMove } from "./move-book.ts";
import type { Narrator } from "./narrator.ts";
import type { RateKeeper } from "./rate-keeper.ts";
import { SettleDesk } from "./settle-desk.ts";

export interface MoveDeskOptions {
  readonly world: World;
  readonly store: Store;
  readonly snapshot: () => Snapshot;
  readonly maxMoves: number;
  /** Asks these hosts again; when it resolves the snapshot shows what a move changed there. Never rejects. */
  readonly lookAgain: (hosts: readonly HostName[]) => Promise<void>;
  readonly dirt: DirtWatch;
  readonly rates: RateKeeper;
  readonly narrator: Narrator;
  readonly onReport: (report: MoveReport, request: MoveRequest) => void;
  /** A place became free, and the snapshot shows what changed. */
  readonly onFree: () => void;
}

export class MoveDesk {
  readonly book = new MoveBook();
  readonly #options: MoveDeskOptions;
  readonly #settling: SettleDesk;
  readonly #over = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #admits = false;
  #paths: { readonly inventory: Inventory; readonly find: PathFinder } | undefined;
  #timer: AbortController | undefined;

  constructor(options: MoveDeskOptions) {
    this.#options = options;
    this.#settling = new SettleDesk({ ...options, journal: options.store.journal, book: this.book });
    setMaxListeners(limits.concurrentQuestions, this.#over.signal);
  }

  /** @param isMine which of the journal's unfinished moves are this desk's business. */
  async load(isMine: (move: JournalMove) => boolean): Promise<void> {
    const { journal } = this.#options.store;
    for (const { request, state } of await journal.unreported())
      await journal.addReport(request.id, reportOf({ request, checks: [], predicted: null, state }));
    for (const move of await journal.unfinished()) {
      if (!isMine(move)) continue;
      if (move.state.phase === "queued" && move.request.asked.outlivesProcess) this.book.enqueue(move);
      else this.#settling.take(move);
    }
  }

  async request(request: MoveRequest): Promise<void> {
    const { store, world } = this.#options;
    if (this.book.waiting.size >= limits.waitingMoves)
      throw new TrunklineError("queue.full", `${this.book.waiting.size} moves wait already; the queue holds no more`);
    await store.journal.addMove(request, initialState(request.driver));
    this.book.enqueue({ request, createdAt: world.clock.timestamp() });
    this.pump();
  }

  /** @returns false when it can no longer be cancelled. A move that is copying ends in its own time. */
  async cancel(id: MoveId): Promise<boolean> {
    const waiting = this.book.waiting.get(id);
    if (waiting === undefined) {
      const running = this.book.running.get(id);
      running?.cancel.abort();
      return running !== undefined;
    }
    this.book.waiting.delete(id);
    try {
      const source = sourceOf(this.#options.snapshot(), waiting.request);
      const isOnItsWay = this.book.placed().some((placed) => placed.vm === waiting.request.vm);
      const report = cancelledReport({ ...waiting.request, source }, isOnItsWay ? null : source);
      this.#told(await endUnbegun(this.#options.store.journal, { kind: "cancel-requested" }, report), waiting.request);
    } catch (error) {
      this.book.waiting.set(id, waiting);
      throw error;
    }
    this.pump();
    return true;
  }

  /** @returns false when it no longer waits. */
  async reprioritise(id: MoveId, priority: number): Promise<boolean> {
    const waiting = this.book.waiting.get(id);
    if (waiting === undefined) return false;
    const request = { ...waiting.request, asked: { ...waiting.request.asked, priority } };
    await this.#options.store.journal.amend(id, request);
    // Its turn may have come while the store was written.
    if (this.book.waiting.get(id) === waiting) this.book.waiting.set(id, { ...waiting, request });
    this.pump();
    return true;
  }

  hostCameBack(host: HostName): void {
    this.#settling.hostCameBack(host);
    this.pump();
  }

  /** From now on moves start. Before, the cluster has not been looked at: a VM of a host that was not asked yet is unknown. */
  open(): void {
    this.#admits = true;
    this.pump();
  }

  /** Starts whatever may start now. Called whenever something changed; doing so for nothing does no harm. */
  pump(): void {
    if (this.#over.signal.aborted) return;
    for (const work of this.#settling.begin()) this.#track(work);
    if (this.#admits) this.#admitDue();
    this.#pumpLater();
  }

  /** Resolves when every move that a dead process left has been asked about once. */
  async settleAllLeft(): Promise<void> {
    for (const work of this.#settling.begin()) this.#track(work);
    await Promise.all(this.#underWay);
  }

  /** No further move starts. Resolves when those under way are over, or the signal aborts. */
  async drain(patience: AbortSignal): Promise<void> {
    this.#admits = false;
    const isOut = new Promise<void>((resolve) => {
      if (patience.aborted) resolve();
      patience.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#underWay), isOut]);
  }

  /** Calls off what can be called off and waits for the rest: a move is never left in the middle by a stop. */
  async stop(): Promise<void> {
    this.#admits = false;
    for (const move of [...this.book.running.values(), ...this.book.left.values()]) move.cancel.abort();
    await Promise.all(this.#underWay);
    this.#over.abort();
  }

  #admitDue(): void {
    const { world, snapshot, maxMoves } = this.#options;
    const nowMs = world.clock.nowMs();
    const due = [...this.book.waiting.values()].filter((move) => move.notBeforeMs <= nowMs);
    if (due.length === 0) return;
    const seen = snapshot();
    const verdict = admit({
      waiting: due.map((move) => ({ ...move, request: { ...move.request, source: sourceOf(seen, move.request) } })),
      inFlight: this.book.inFlight(),
      inventory: world.inventory,
      automation: seen.automation,
      pathOf: this.#pathFinder(world.inventory),
    });
    for (const { id, waitsFor } of verdict.waiting) this.#say(id, waitsFor);
    for (const { id, rateBps, remark } of verdict.start) {
      const move = this.book.waiting.get(id);
      if (move === undefined) continue;
      if (this.book.placed().length >= maxMoves) {
        const message = `${maxMoves} of ${maxMoves} moves are under way in the cluster`;
        this.#say(id, [{ kind: "turn", subject: "cluster", message }]);
        continue;
      }
      this.#start(move, rateBps, sourceOf(seen, move.request), remark);
    }
  }

  /** It remembers what it found, for as long as the inventory is the same. */
  #pathFinder(inventory: Inventory): PathFinder {
    if (this.#paths?.inventory !== inventory) this.#paths = { inventory, find: pathFinder(inventory) };
    return this.#paths.find;
  }

  #say(id: MoveId, waitsFor: WaitingMove["waitsFor"]): void {
    const move = this.book.waiting.get(id);
    if (move !== undefined) move.waitsFor = waitsFor;
  }

  #start(waiting: WaitingMove, rateBps: number | undefined, source: HostName, remark: string | undefined): void {
    const request = { ...waiting.request, source };
    const share = rateBps === undefined ? {} : { shareBps: rateBps };
    const running: RunningMove = { request, ...share, cancel: new AbortController(), progress: null, hasBegun: false };
    this.book.waiting.delete(request.id);
    this.book.running.set(request.id, running);
    this.#track(this.#attend(waiting, running, remark));
  }

  async #attend(waiting: WaitingMove, running: RunningMove, remark: string | undefined): Promise<void> {
    const { dirt, narrator, lookAgain, rates, store } = this.#options;
    const { request, cancel } = running;
    const observer = narrator.observerOf(request, (progress) => {
      running.progress = progress;
    });
    if (remark !== undefined) observer.remark(remark);
    try {
      const report = await attendMove({
        ...this.#options,
        journal: store.journal,
        request,
        ...(running.shareBps === undefined ? {} : { shareBps: running.shareBps }),
        alongside: () => this.book.placedBefore(request.id),
        observer,
        cancel: cancel.signal,
        onBegin: (judged) => {
          running.request = judged.request;
          running.hasBegun = true;
          dirt.forget(request.vm);
          rates.begin(linkUserOf(judged.request, judged.network.links), judged.request.plan?.rateBps);
        },
        signal: this.#over.signal,
      });
      this.#told(report, running.request);
      if (report.outcome === "unsettled") await this.#settling.takeBroken(request.id, running.request);
    } catch (error) {
      // The store failed, or we are wrong. Nothing is forgotten: both hosts are asked, or it waits again.
      narrator.warn(`the move of ${request.vmName} to ${request.target} broke off: ${messageOf(error)}`, request);
      if (running.hasBegun) await this.#settling.takeBroken(request.id, running.request);
      else this.#waitAgain(waiting, messageOf(error));
    } finally {
      // Its place is free when the snapshot shows what it changed: the next move of this VM begins where it is now.
      if (running.hasBegun) await lookAgain([running.request.source, running.request.target]);
      rates.end(request.id);
      this.book.running.delete(request.id);
    }
  }

  #waitAgain(waiting: WaitingMove, message: string): void {
    const waitsFor = [{ kind: "turn", subject: "store", message }] as const;
    const notBeforeMs = this.#options.world.clock.nowMs() + limits.storeRetryMs;
    this.book.waiting.set(waiting.request.id, { ...waiting, waitsFor, notBeforeMs });
  }

  #told(report: MoveReport, request: MoveRequest): void {
    this.#options.narrator.report(report, request);
    this.#options.onReport(report, request);
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => {
      this.#underWay.delete(work);
      this.pump();
      this.#options.onFree();
    });
  }

  /** Wakes up for the first of those that wait for a time, not for an event. */
  #pumpLater(): void {
    this.#timer?.abort();
    const { clock } = this.#options.world;
    const times = [
      ...[...this.book.waiting.values()].map((move) => move.notBeforeMs),
      ...[...this.book.left.values()].filter((move) => !move.isBeingSettled).map((move) => move.againAtMs),
    ].filter((time) => time > clock.nowMs());
    if (times.length === 0) return;
    const timer = new AbortController();
    this.#timer = timer;
    const signal = AbortSignal.any([timer.signal, this.#over.signal]);
    clock.sleep(Math.min(...times) - clock.nowMs(), signal).then(
      () => this.pump(),
      () => undefined,
    );
  }
}

/** Where the VM is now; where it was when the move was asked for, if nobody has seen it since. */
function sourceOf(snapshot: Snapshot, request: MoveRequest): HostName {
  const holding = snapshot.vms.filter((vm) => vm.id === request.vm && vm.power !== "shutoff");
  // What a silent host last said counts for less than what another one says now.
  const seen = holding.filter((vm) => !vm.isLastSeen);
  const known = seen.length === 0 ? holding : seen;
  return (known.find((vm) => vm.host === request.source) ?? known[0])?.host ?? request.source;
}
