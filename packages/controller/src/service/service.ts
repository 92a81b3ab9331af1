/**
 * The controller as one object: it observes the cluster, keeps the queue of moves, empties hosts for maintenance, and
 * offers all of it as `ControlPlane`. It is handed its world and its store and knows neither by name.
 *
 * As a `service` it goes on by itself: it settles and starts what an earlier one left. As a `command` it serves one
 * person's one wish: it settles what was left half done, and starts nothing that nobody asked it for.
 */
import { setMaxListeners } from "node:events";
import type { Fabric } from "@trunkline/fabric";
import { TrunklineError } from "@trunkline/model";
import type {
  Accuracy,
  Automation,
  BalancePlan,
  Batch,
  BatchId,
  BatchPlan,
  ClusterEvent,
  Evacuation,
  EvacuationPlan,
  HostName,
  HostObservation,
  InventoryHost,
  MoveId,
  MoveReport,
  MoveRequest,
  Snapshot,
} from "@trunkline/model";
import { accuracyOf, isCancellable, isOver } from "@trunkline/migration";
import type { Foretold } from "@trunkline/migration";
import type { JournalMove, MovePage, Store, Transition, World } from "@trunkline/ports";
import { judgeMove } from "../decide/judge-move.ts";
import { limits } from "../limits.ts";
import { Collector } from "../observe/collector.ts";
import type { CollectorLimits } from "../observe/collector.ts";
import { DirtWatch } from "../observe/dirt-watch.ts";
import { observeFabric } from "../observe/observe-fabric.ts";
import type { FabricObservations } from "../observe/observe-fabric.ts";
import { reportOf } from "../record/report.ts";
import { alreadyThere, isThere } from "./attend-move.ts";
import { BatchDesk } from "./batch-desk.ts";
import { chooseVm } from "./choose-vm.ts";
import { BalanceKeeper } from "./balance-keeper.ts";
import type { BalanceSettings } from "./balance-keeper.ts";
import type { BalanceWish, BatchWish, ControlPlane, MoveView, MoveWish } from "./control-plane.ts";
import { askFabric, changePorts } from "./fabric-desk.ts";
import type { FabricAnswer, PortChange } from "./fabric-desk.ts";
import { HostDesk } from "./host-desk.ts";
import { MaintenanceDesk } from "./maintenance-desk.ts";
import { MoveDesk } from "./move-desk.ts";
import { moveRequest } from "./move-request.ts";
import { Narrator } from "./narrator.ts";
import { RateKeeper } from "./rate-keeper.ts";
import type { ProgressListener } from "./narrator.ts";
import type { ServiceLog } from "./service-log.ts";

export interface ServiceOptions {
  readonly world: World;
  readonly store: Store;
  readonly as: "service" | "command";
  readonly observeIntervalMs: number;
  readonly observeLimits?: Partial<CollectorLimits>;
  /** In the whole cluster; each host and link has its own budget besides. */
  readonly maxMoves: number;
  /** Without it, the balance is only planned when somebody asks. */
  readonly balance?: BalanceSettings;
  readonly log: ServiceLog;
  readonly onReport?: (report: MoveReport) => void;
}

export class Service implements ControlPlane {
  readonly collector: Collector;
  readonly #options: ServiceOptions;
  readonly #dirt: DirtWatch;
  readonly #rates: RateKeeper;
  readonly #narrator: Narrator;
  readonly #moves: MoveDesk;
  readonly #hosts: HostDesk;
  readonly #maintenance: MaintenanceDesk;
  readonly #batches: BatchDesk;
  readonly #balance: BalanceKeeper;
  readonly #over = new AbortController();
  #automation: Automation = { paused: false };
  /** It has looked at every host once: until then neither moves nor evacuations go on. */
  #isOpen = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { world, store, log } = options;
    setMaxListeners(limits.concurrentQuestions, this.#over.signal);
    this.collector = new Collector({
      world,
      intervalMs: options.observeIntervalMs,
      limits: options.observeLimits ?? {},
      onEvents: (events) => void this.#observed(events),
      maintenanceOf: (host) => this.#maintenance.of(host),
      automation: () => this.#automation,
    });
    const snapshot = (): Snapshot => this.collector.current();
    this.#dirt = new DirtWatch(world);
    this.#rates = new RateKeeper(world);
    this.#narrator = new Narrator(store.events, log);
    this.#moves = new MoveDesk({
      world,
      store,
      snapshot,
      maxMoves: options.maxMoves,
      lookAgain: async (hosts) => {
        await this.collector.lookAt(hosts, this.#over.signal).catch(() => undefined);
      },
      dirt: this.#dirt,
      rates: this.#rates,
      narrator: this.#narrator,
      onReport: (report) => options.onReport?.(report),
      onFree: () => {
        this.#pumpPlans();
      },
    });
    const planning = {
      world,
      store,
      snapshot,
      moves: this.#moves,
      dirt: this.#dirt,
      rates: this.#rates,
      narrator: this.#narrator,
      log,
      outlivesProcess: options.as === "service",
    };
    this.#maintenance = new MaintenanceDesk(planning);
    this.#batches = new BatchDesk(planning);
    const settings = options.balance ?? asksNobody;
    this.#balance = new BalanceKeeper({ ...planning, settings, book: this.#moves.book, batches: this.#batches });
    this.#hosts = new HostDesk({ world, store, moves: this.#moves, collector: this.collector });
  }

  /** Resolves when what an earlier process left half done has been asked about, and the cluster has been looked at. */
  async start(): Promise<void> {
    const { world, store, as } = this.#options;
    for (const host of await store.intents.hosts()) await world.attach(host);
    this.#automation = await store.intents.automation();
    await this.#maintenance.load();
    if (as === "service") this.collector.start();
    if (store.journal.readOnly) return;
    await this.#moves.load((move) => this.#isMine(move));
    await Promise.all([this.#moves.settleAllLeft(), this.refresh(this.#over.signal)]);
    await this.#batches.load();
    this.#moves.open();
    this.#isOpen = true;
    if (as === "service") this.#balance.start();
    this.#pumpPlans();
  }

  /** Waits for the moves under way until the signal aborts, then calls off what can be called off. */
  async stop(patience: AbortSignal): Promise<void> {
    await this.#balance.stop();
    this.#maintenance.stop();
    this.#batches.stop();
    await this.#moves.drain(patience);
    await this.#moves.stop();
    this.#rates.close();
    this.#over.abort();
    await this.collector.stop();
  }

  /** Moves that a stop would have to wait for, or call off. */
  underWay(): readonly MoveRequest[] {
    return this.#moves.book.placed();
  }

  queueLength(): number {
    return this.#moves.book.waiting.size;
  }

  onProgress(listener: ProgressListener): () => void {
    return this.#narrator.onProgress(listener);
  }

  snapshot(): Snapshot {
    return this.collector.current();
  }

  async refresh(signal: AbortSignal): Promise<Snapshot> {
    await this.collector.refresh(signal);
    return this.collector.current();
  }

  async requestMove(wish: MoveWish, actor: string): Promise<MoveView> {
    this.#refuseEarly();
    const request = this.#requestOf(wish, actor);
    this.#maintenance.refuseArrival(request.target);
    this.#refuseUnsettled(request);
    await this.#moves.request(request);
    return await this.findMove(request.id);
  }

  async previewMove(wish: MoveWish, signal: AbortSignal): Promise<MoveReport> {
    await this.#lookOnce(signal);
    const asked = this.#requestOf(wish, "preview");
    const vm = chooseVm(this.snapshot(), asked.vm, asked.target);
    if (isThere(vm, asked.target)) return alreadyThere(asked, vm);
    const { store, world } = this.#options;
    const around = {
      snapshot: this.snapshot(),
      alongside: this.#moves.book.placed(),
      dirt: this.#dirt,
      rates: this.#rates,
    };
    const judged = await judgeMove(world, store.journal, asked, vm, around, signal);
    return reportOf({ ...judged, outcome: "refused", runsOn: vm.host });
  }

  async cancelMove(id: MoveId): Promise<MoveView> {
    const { journal } = this.#options.store;
    const move = await journal.findMove(id);
    if (move === undefined) throw unknownMove(id);
    const isTooLate = !isCancellable(move.state) || !(await this.#moves.cancel(id));
    if (isTooLate)
      throw new TrunklineError(
        "move.too-late",
        `move ${id} of ${move.request.vmName} is ${move.state.phase} and can no longer be cancelled`,
      );
    return await this.findMove(id);
  }

  async setPriority(id: MoveId, priority: number): Promise<MoveView> {
    if (!(await this.#moves.reprioritise(id, priority))) {
      const { state, request } = await this.findMove(id);
      throw new TrunklineError(
        "move.not-waiting",
        `move ${id} of ${request.vmName} is ${state.phase}, it no longer waits`,
      );
    }
    return await this.findMove(id);
  }

  async findMove(id: MoveId): Promise<MoveView> {
    const move = await this.#options.store.journal.findMove(id);
    if (move === undefined) throw unknownMove(id);
    return this.#viewOf(move);
  }

  async pageMoves(page: MovePage): Promise<readonly MoveView[]> {
    return (await this.#options.store.journal.pageMoves(page)).map((move) => this.#viewOf(move));
  }

  async accuracy(of: Pick<MovePage, "vm" | "host">): Promise<Accuracy> {
    const moves = await this.#options.store.journal.pageMoves({ ...of, isOver: true, limit: limits.journalRows });
    return accuracyOf(moves.flatMap(({ report }) => (report === null ? [] : foretold(report))));
  }

  async transitions(id: MoveId): Promise<readonly Transition[]> {
    await this.findMove(id);
    return await this.#options.store.journal.transitions(id);
  }

  async previewBatch(wish: BatchWish, signal: AbortSignal): Promise<BatchPlan> {
    await this.#lookOnce(signal);
    return await this.#batches.preview(wish, signal);
  }

  async requestBatch(wish: BatchWish, actor: string, signal: AbortSignal): Promise<Batch> {
    this.#refuseEarly();
    return await this.#batches.request(wish, { actor }, signal);
  }

  async cancelBatch(id: BatchId, actor: string): Promise<Batch> {
    return await this.#batches.cancel(id, actor);
  }

  async findBatch(id: BatchId): Promise<Batch> {
    return await this.#batches.find(id);
  }

  async listBatches(limit: number): Promise<readonly Batch[]> {
    return await this.#batches.list(limit);
  }

  async planBalance(wish: BalanceWish, signal: AbortSignal): Promise<BalancePlan> {
    await this.#lookOnce(signal);
    await this.#lookAgainAtLoads(signal);
    return await this.#balance.plan(wish, signal);
  }

  async addHost(host: Omit<InventoryHost, "name"> & { readonly name?: HostName }): Promise<HostObservation> {
    return await this.#hosts.add(host, this.#over.signal);
  }

  async removeHost(host: HostName): Promise<void> {
    await this.#hosts.remove(host);
  }

  async previewEvacuation(host: HostName, signal: AbortSignal): Promise<EvacuationPlan> {
    this.#options.world.hypervisor(host);
    await this.#lookOnce(signal);
    return await this.#maintenance.preview(host, signal);
  }

  async enterMaintenance(host: HostName, actor: string): Promise<Evacuation> {
    this.#options.world.hypervisor(host);
    return await this.#maintenance.enter(host, actor);
  }

  async exitMaintenance(host: HostName): Promise<HostObservation> {
    this.#options.world.hypervisor(host);
    await this.#maintenance.exit(host);
    return this.#hosts.observationOf(host);
  }

  async evacuation(host: HostName): Promise<Evacuation | undefined> {
    this.#options.world.hypervisor(host);
    return this.#maintenance.find(host);
  }

  async fabric(signal: AbortSignal): Promise<FabricAnswer> {
    await this.#lookOnce(signal);
    return await askFabric(this.#options.world, this.snapshot(), signal);
  }

  async observeFabric(
    listenMs: number,
    signal: AbortSignal,
  ): Promise<FabricObservations & { readonly document: Fabric | undefined }> {
    const { world } = this.#options;
    const document = await world.fabricDocument();
    return { ...(await observeFabric(world, listenMs, signal)), document };
  }

  async changePorts(changes: readonly PortChange[], signal: AbortSignal): Promise<readonly PortChange[]> {
    return await changePorts(this.#options.world, changes, signal);
  }

  automation(): Automation {
    return this.#automation;
  }

  async pauseAutomation(reason: string, actor: string): Promise<Automation> {
    const since = this.#options.world.clock.timestamp();
    return await this.#switchAutomation({ paused: true, since, by: actor, reason });
  }

  async resumeAutomation(): Promise<Automation> {
    return await this.#switchAutomation({ paused: false });
  }

  /** Until every host was asked once, "no host has this VM" would be said too soon. */
  #refuseEarly(): void {
    if (this.#isOpen) return;
    throw new TrunklineError("service.unavailable", "the controller is still looking at its hosts for the first time");
  }

  /** A command that only looks has asked no host at its start: most of them read the store alone. */
  async #lookOnce(signal: AbortSignal): Promise<void> {
    if (this.#options.store.journal.readOnly) await this.refresh(signal);
    else this.#refuseEarly();
  }

  /** A load shows between two readings, and a command has made only one. */
  async #lookAgainAtLoads(signal: AbortSignal): Promise<void> {
    const isUnseen = this.snapshot().vms.some(
      ({ power, cpuUsedRatio }) => power === "running" && cpuUsedRatio === null,
    );
    if (!isUnseen) return;
    await this.#options.world.clock.sleep(limits.secondLookMs, signal);
    await this.refresh(signal);
  }

  async #switchAutomation(automation: Automation): Promise<Automation> {
    await this.#options.store.intents.putAutomation(automation);
    this.#automation = automation;
    await this.#observed([{ kind: "automation", automation }]);
    return automation;
  }

  async #observed(events: readonly ClusterEvent[]): Promise<void> {
    const { store, log } = this.#options;
    if (!store.journal.readOnly)
      try {
        for (const event of events) await store.events.append(event);
      } catch (error) {
        log.warn(`events could not be written: ${String(error)}`);
      }
    for (const event of events)
      if (event.kind === "host-reach" && event.reach.kind === "up") this.#moves.hostCameBack(event.host);
    this.#moves.pump();
    this.#pumpPlans();
  }

  #pumpPlans(): void {
    if (!this.#isOpen) return;
    this.#maintenance.pump();
    this.#batches.pump();
  }

  #requestOf(wish: MoveWish, actor: string): MoveRequest {
    const { world, as } = this.#options;
    const asked = {
      by: actor,
      origin: "operator",
      priority: wish.priority,
      outlivesProcess: as === "service",
    } as const;
    return moveRequest(world, this.snapshot(), wish, asked);
  }

  /** A move that is still unsettled says more about its VM than any listing. */
  #refuseUnsettled({ vm }: MoveRequest): void {
    for (const { request, state } of this.#moves.book.left.values()) {
      if (request.vm !== vm || state.phase !== "reconciling") continue;
      throw new TrunklineError(
        "move.unsettled",
        `${request.vmName} is between ${request.source} and ${request.target} since move ${request.id}: ${state.why}`,
        { details: { moveId: request.id, source: request.source, target: request.target } },
      );
    }
  }

  #viewOf(move: JournalMove): MoveView {
    const { id } = move.request;
    const { waiting, running } = this.#moves.book;
    return {
      ...move,
      waitsFor: waiting.get(id)?.waitsFor ?? [],
      progress: running.get(id)?.progress ?? null,
    };
  }

  /** A journal may hold moves of other clusters; they are not ours to touch. Nor is another service's queue a command's. */
  #isMine({ request, state }: JournalMove): boolean {
    const { world, as } = this.#options;
    const uris = world.inventory.hosts.map((host) => host.uri);
    const isQueued = state.phase === "queued" && request.asked.outlivesProcess;
    return (
      uris.includes(request.sourceUri) &&
      uris.includes(request.targetUri) &&
      !isOver(state) &&
      !(isQueued && as === "command")
    );
  }
}

/** A move that was called off says nothing of whether its copy would have ended. */
function foretold({ outcome, predicted, measured }: MoveReport): readonly Foretold[] {
  if (outcome !== "completed" || predicted === null) return [];
  if (measured?.downtimeMs === undefined || measured.bytesSent === undefined) return [];
  const { moveMs: totalMs, downtimeMs, bytesSent: bytes } = measured;
  return [{ predicted, measured: { totalMs, downtimeMs, bytes } }];
}

const unknownMove = (id: MoveId): TrunklineError =>
  new TrunklineError("move.unknown", `the journal holds no move ${id}`);

/** Of a command, and of a controller that was told nothing else. */
const asksNobody: BalanceSettings = {
  automation: "manual",
  threshold: 3,
  intervalMs: limits.balanceIntervalMs,
  watchMs: limits.balanceWatchMs,
  maxMoves: limits.balanceMoves,
};
