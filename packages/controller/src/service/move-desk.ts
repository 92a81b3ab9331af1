/**
 * Takes moves from request to proof: queued, admitted, judged again in the moment of their turn, carried out, reported.
 *
 *   request ─▶ waiting ─▶ (admit: pure) ─▶ running ─▶ over
 *                              left by a dead process ─▶ settled by asking both hosts ─▶ over
 *
 * INVARIANTS
 * - A VM has at most one move that is placed (running or left).
 * - What a move takes of hosts and links is spoken for from its admission until it is over; an unsettled one keeps it.
 * - The journal knows of a move before anybody is told about it.
 */
import { setMaxListeners } from "node:events";
import { initialState, isAtRest, isOver, step } from "@trunkline/migration";
import { admit } from "@trunkline/scheduler";
import { TrunklineError, assert, isBlocked, messageOf } from "@trunkline/model";
import type {
  ClusterEvent,
  HostName,
  MoveFailure,
  MoveId,
  MoveReport,
  MoveRequest,
  Snapshot,
  VmObservation,
} from "@trunkline/model";
import type { JournalMove, Store, TransferProgress, World } from "@trunkline/ports";
import { carryOut, settleLeft } from "../act/carry-out.ts";
import type { MoveObserver } from "../act/run-move.ts";
import { judgeMove } from "../decide/judge-move.ts";
import type { JudgedMove } from "../decide/judge-move.ts";
import { limits } from "../limits.ts";
import { reportOf } from "../record/report.ts";
import { chooseVm } from "./choose-vm.ts";
import { MoveBook, leftMove, waitingMove } from "./move-book.ts";
import type { LeftMove, WaitingMove } from "./move-book.ts";
import type { ServiceLog } from "./service-log.ts";

export interface MoveDeskOptions {
  readonly world: World;
  readonly store: Store;
  readonly snapshot: () => Snapshot;
  /** Asks these hosts again; when it resolves the snapshot shows what a move changed there. Never rejects. */
  readonly lookAgain: (hosts: readonly HostName[]) => Promise<void>;
  readonly log: ServiceLog;
  readonly onReport: (report: MoveReport, request: MoveRequest) => void;
}

export type ProgressListener = (move: MoveId, progress: TransferProgress) => void;

export class MoveDesk {
  readonly book = new MoveBook();
  readonly #options: MoveDeskOptions;
  readonly #over = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #listeners = new Set<ProgressListener>();
  #admits = true;
  #timer: AbortController | undefined;

  constructor(options: MoveDeskOptions) {
    this.#options = options;
    setMaxListeners(limits.concurrentQuestions, this.#over.signal);
  }

  /** @param isMine which of the journal's unfinished moves are this desk's business. */
  async load(isMine: (move: JournalMove) => boolean): Promise<void> {
    for (const move of await this.#options.store.journal.unfinished()) {
      if (!isMine(move)) continue;
      const { request, state } = move;
      if (state.phase === "queued" && request.asked.outlivesProcess)
        this.book.waiting.set(request.id, waitingMove(move));
      else this.book.left.set(request.id, leftMove(move));
    }
  }

  async request(request: MoveRequest): Promise<void> {
    if (this.book.waiting.size >= limits.waitingMoves)
      throw new TrunklineError(
        "queue.full",
        `${this.book.waiting.size} moves wait already, and the queue holds no more`,
      );
    await this.#options.store.journal.addMove(request, initialState(request.driver));
    this.book.waiting.set(request.id, waitingMove({ request, createdAt: this.#options.world.clock.timestamp() }));
    this.pump();
  }

  /** @returns false when it can no longer be cancelled. A move that is copying ends in its own time. */
  async cancel(id: MoveId): Promise<boolean> {
    const waiting = this.book.waiting.get(id);
    if (waiting !== undefined) {
      this.book.waiting.delete(id);
      try {
        await this.#end(waiting, { kind: "cancel-requested" }, () =>
          reportOf({
            ...bare(waiting.request),
            outcome: "cancelled",
            runsOn: waiting.request.source,
            failure: cancelled,
          }),
        );
      } catch (error) {
        this.book.waiting.set(id, waiting);
        throw error;
      }
      this.pump();
      return true;
    }
    const running = this.book.running.get(id);
    running?.cancel.abort();
    return running !== undefined;
  }

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

  onProgress(listener: ProgressListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Starts whatever may start now. Called whenever something changed; doing so for nothing does no harm. */
  pump(): void {
    if (this.#over.signal.aborted) return;
    this.#settleDue();
    if (this.#admits) this.#admitDue();
    this.#pumpLater();
  }

  /** Resolves when every move that a dead process left has been asked about once. */
  async settleAllLeft(): Promise<void> {
    this.#settleDue();
    await Promise.all(this.#underWay);
  }

  /** No further move starts. @returns when those under way are over, or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#admits = false;
    const patience = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#underWay), patience]);
  }

  /** Calls off what can be called off and waits for the rest: a move is never left in the middle by a stop. */
  async stop(): Promise<void> {
    this.#admits = false;
    for (const move of [...this.book.running.values(), ...this.book.left.values()]) move.cancel.abort();
    await Promise.all(this.#underWay);
    this.#over.abort();
  }

  #admitDue(): void {
    const { world, snapshot } = this.#options;
    const nowMs = world.clock.nowMs();
    const due = [...this.book.waiting.values()].filter((move) => move.notBeforeMs <= nowMs);
    if (due.length === 0) return;
    const seen = snapshot();
    const verdict = admit({
      waiting: due.map(({ request, askedAt }) => ({
        request: { ...request, source: sourceOf(seen, request) },
        askedAt,
      })),
      inFlight: this.book.placed(),
      inventory: world.inventory,
      automation: seen.automation,
    });
    for (const { id, waitsFor } of verdict.waiting) {
      const move = this.book.waiting.get(id);
      if (move !== undefined) move.waitsFor = waitsFor;
    }
    for (const { id, rateBps } of verdict.start) {
      const move = this.book.waiting.get(id);
      if (move !== undefined) this.#start(move, rateBps, sourceOf(seen, move.request));
    }
  }

  #start(waiting: WaitingMove, rateBps: number | undefined, source: MoveRequest["source"]): void {
    const maxRateBps = rateBps ?? waiting.request.maxRateBps;
    const request = { ...waiting.request, source, ...(maxRateBps === undefined ? {} : { maxRateBps }) };
    const cancel = new AbortController();
    this.book.waiting.delete(request.id);
    this.book.running.set(request.id, { request, cancel, progress: null, predicted: null });
    this.#track(this.#run({ ...waiting, request }, cancel.signal));
  }

  /** One admitted move. What goes wrong before its first call is a refusal; afterwards the state machine has the word. */
  async #run(waiting: WaitingMove, cancel: AbortSignal): Promise<void> {
    const { world, store } = this.#options;
    const { id } = waiting.request;
    let hasBegun = false;
    try {
      const judged = await this.#judge(waiting);
      if (judged === undefined) return;
      await store.journal.amend(id, judged.request);
      const running = this.book.running.get(id);
      assert(running !== undefined, "an admitted move is on the desk");
      this.book.running.set(id, { ...running, request: judged.request, predicted: judged.predicted });
      hasBegun = true;
      const report = await carryOut(world, store.journal, judged, this.#observer(judged.request), cancel);
      this.#tell(report, judged.request);
      if (report.outcome === "unsettled") await this.#leave(id);
    } catch (error) {
      await this.#afterBreak(waiting, hasBegun, error);
    } finally {
      // Its place is free when the snapshot shows what it changed: the next move of this VM begins where it is now.
      if (hasBegun) await this.#options.lookAgain([waiting.request.source, waiting.request.target]);
      this.book.running.delete(id);
    }
  }

  /** @returns undefined when it ended here: refused, or there already. */
  async #judge(waiting: WaitingMove): Promise<JudgedMove | undefined> {
    const { world, store, snapshot } = this.#options;
    const { request } = waiting;
    let vm: VmObservation;
    let judged: JudgedMove;
    try {
      refuseMaintenance(snapshot(), request);
      await this.#findIfLost(request);
      vm = chooseVm(snapshot(), request.vm, request.target);
      if (vm.host === request.target && vm.power !== "shutoff" && !vm.isLastSeen) {
        await this.#end(waiting, { kind: "already-there" }, () => alreadyThere(request, vm));
        return undefined;
      }
      const alongside = this.book.placedBefore(request.id);
      judged = await judgeMove(world, store.journal, request, vm, alongside, this.#over.signal);
    } catch (error) {
      if (!(error instanceof TrunklineError) || error.code === "store.failed") throw error;
      const failure: MoveFailure = { code: error.code, message: error.message, details: error.details };
      await this.#end(waiting, { kind: "refused", failure }, () =>
        reportOf({ ...bare(request), outcome: "refused", runsOn: null, failure }),
      );
      return undefined;
    }
    const { checks, predicted } = judged;
    await this.#publish({
      kind: "move-checked",
      move: request.id,
      vmName: request.vmName,
      source: vm.host,
      target: request.target,
      memoryMiB: vm.memoryMiB,
      checks,
      predicted,
    });
    if (!isBlocked(checks)) return judged;
    const report = reportOf({ request: judged.request, checks, predicted, outcome: "refused", runsOn: vm.host });
    assert(report.failure !== null, "a refusal says why");
    await this.#end(
      { ...waiting, request: judged.request },
      { kind: "refused", failure: report.failure },
      () => report,
    );
    return undefined;
  }

  /** It may have been moved by hand since the last look: its host is asked, and all the others if it left. */
  async #findIfLost({ vm, target }: MoveRequest): Promise<void> {
    const { world, snapshot, lookAgain } = this.#options;
    const { host } = chooseVm(snapshot(), vm, target);
    const sighting = await world.hypervisor(host).sight(vm, this.#over.signal);
    if (sighting.kind === "absent") await lookAgain(world.inventory.hosts.map((known) => known.name));
  }

  /** The store failed, or we are wrong. Nothing is forgotten: it waits again, or both hosts are asked. */
  async #afterBreak(waiting: WaitingMove, hasBegun: boolean, error: unknown): Promise<void> {
    const { world, log } = this.#options;
    const { request } = waiting;
    log.warn(`the move of ${request.vmName} to ${request.target} broke off: ${messageOf(error)}`, { move: request.id });
    if (hasBegun) {
      await this.#leave(request.id);
      return;
    }
    const waitsFor = [{ kind: "turn", subject: "store", message: messageOf(error) }] as const;
    const notBeforeMs = world.clock.nowMs() + limits.storeRetryMs;
    this.book.waiting.set(request.id, { ...waiting, waitsFor, notBeforeMs });
  }

  /** What the journal says of it is where settling begins; a journal that cannot be read is asked again later. */
  async #leave(id: MoveId): Promise<void> {
    const { store, world, log } = this.#options;
    const againAtMs = world.clock.nowMs() + limits.settleAgainMs;
    try {
      const move = await store.journal.findMove(id);
      if (move !== undefined && !isOver(move.state)) this.book.left.set(id, { ...leftMove(move), againAtMs });
    } catch (error) {
      log.warn(`the journal could not be read: ${messageOf(error)}`, { move: id });
      const running = this.book.running.get(id);
      if (running !== undefined)
        this.book.left.set(id, {
          request: running.request,
          state: initialState(running.request.driver),
          cancel: new AbortController(),
          predicted: running.predicted,
          isBeingSettled: false,
          againAtMs,
        });
    }
  }

  #settleDue(): void {
    const nowMs = this.#options.world.clock.nowMs();
    for (const move of this.book.left.values())
      if (!move.isBeingSettled && move.againAtMs <= nowMs) {
        move.isBeingSettled = true;
        this.#track(this.#settle(move));
      }
  }

  async #settle(move: LeftMove): Promise<void> {
    const { world, store } = this.#options;
    const { request } = move;
    try {
      // Asked of the journal, not remembered: the last record may be newer than what was in memory when it broke.
      const recorded = await store.journal.findMove(request.id);
      const state = recorded?.state ?? move.state;
      const observer = this.#observer(request);
      observer.remark(`move ${request.id} of ${request.vmName} was left ${state.phase}; both hosts are asked`);
      if (!isOver(state)) {
        const left = { request, state, predicted: move.predicted };
        const report = await settleLeft(world, store.journal, left, observer, move.cancel.signal);
        this.#tell(report, request);
        if (report.outcome === "unsettled") {
          move.againAtMs = world.clock.nowMs() + limits.settleAgainMs;
          return;
        }
      }
      this.book.left.delete(request.id);
    } catch (error) {
      move.againAtMs = world.clock.nowMs() + limits.settleAgainMs;
      this.#options.log.warn(`the move of ${request.vmName} could not be settled: ${messageOf(error)}`, {
        move: request.id,
      });
    } finally {
      await this.#options.lookAgain([request.source, request.target]);
      move.isBeingSettled = false;
    }
  }

  /** The end of a move that never began. */
  async #end({ request }: WaitingMove, event: Parameters<typeof step>[1], report: () => MoveReport): Promise<void> {
    const { journal } = this.#options.store;
    const { state } = step(initialState(request.driver), event);
    assert(isAtRest(state), "a move that never began ends in one step");
    await journal.append(request.id, event, state);
    const told = report();
    await journal.addReport(request.id, told);
    this.#tell(told, request);
  }

  #observer(request: MoveRequest): MoveObserver {
    const { id, vmName } = request;
    return {
      // The journal itself makes an event of each state.
      phase: () => undefined,
      progress: (progress) => {
        const running = this.book.running.get(id);
        if (running !== undefined) running.progress = progress;
        for (const listener of this.#listeners) listener(id, progress);
      },
      remark: (text) => {
        this.#options.log.info(text, { move: id });
        void this.#publish({ kind: "move-remark", move: id, vmName, text });
      },
    };
  }

  #tell(report: MoveReport, request: MoveRequest): void {
    const { outcome, failure } = report;
    this.#options.log.info(
      `the move of ${report.vm} from ${report.source} to ${report.target}: ${outcome}` +
        (failure === null ? "" : `, ${failure.message}`),
      { move: request.id },
    );
    this.#options.onReport(report, request);
  }

  /** Events besides the journal's own are for those who watch: a store that fails must not end a move for them. */
  async #publish(event: ClusterEvent): Promise<void> {
    try {
      await this.#options.store.events.append(event);
    } catch (error) {
      this.#options.log.warn(`an event could not be written: ${messageOf(error)}`, { kind: event.kind });
    }
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => {
      this.#underWay.delete(work);
      this.pump();
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

const cancelled: MoveFailure = { code: "move.cancelled", message: "it was cancelled while it waited" };

const bare = (request: MoveRequest): { request: MoveRequest; checks: readonly []; predicted: null } => ({
  request,
  checks: [],
  predicted: null,
});

function alreadyThere(request: MoveRequest, vm: VmObservation): MoveReport {
  const message = `${vm.name} already runs on ${vm.host}; there is nothing to move`;
  const checks = [{ rule: "vm-location", severity: "pass", subject: vm.name, message }] as const;
  return reportOf({
    request: { ...request, source: vm.host },
    checks,
    predicted: null,
    outcome: "completed",
    runsOn: vm.host,
  });
}

function refuseMaintenance(snapshot: Snapshot, { target }: MoveRequest): void {
  const host = snapshot.hosts.find((candidate) => candidate.name === target);
  if (host === undefined || host.maintenance === "no") return;
  throw new TrunklineError(
    "host.in-maintenance",
    `${target} takes no VM: it is ${host.maintenance === "in" ? "in maintenance" : "being emptied for maintenance"}`,
  );
}

/** Where the VM is now; where it was when the move was asked for, if nobody has seen it since. */
function sourceOf(snapshot: Snapshot, request: MoveRequest): MoveRequest["source"] {
  const holding = snapshot.vms.filter((vm) => vm.id === request.vm && vm.power !== "shutoff");
  const ours = holding.find((vm) => vm.host === request.source) ?? holding[0];
  return ours?.host ?? request.source;
}
