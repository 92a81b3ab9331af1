/**
 * Several VMs moved as one request. Each batch is a record in the store and a pure turn that says what it is now, which
 * moves to ask for and which to take back; this desk feeds it what happened, and asks. Its moves enter the queue like any
 * other, so budgets, checks and call-offs are theirs as well.
 *
 * INVARIANTS
 * - The record names a move before the move is asked for; one that the journal does not know is asked for again.
 * - One turn of a batch at a time.
 */
import { batchQuestions, callOff, nextBatchTurn, planBatch } from "@trunkline/scheduler";
import type { BatchInput, BatchMove, BatchRequest, PlacedWish } from "@trunkline/scheduler";
import { batchImpact } from "@trunkline/migration";
import { TrunklineError, batchId, messageOf, moveId } from "@trunkline/model";
import type { Batch, BatchId, BatchPlan, MoveId, MoveOrigin, Snapshot } from "@trunkline/model";
import type { Store, World } from "@trunkline/ports";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import { batchOf, placedWishes } from "./batch-request.ts";
import type { BatchWish } from "./control-plane.ts";
import { askFabric } from "./fabric-desk.ts";
import type { MoveDesk } from "./move-desk.ts";
import { endOf } from "./move-end.ts";
import { moveRequest } from "./move-request.ts";
import type { Narrator } from "./narrator.ts";
import { Verdicts } from "./planned-verdict.ts";
import type { RateKeeper } from "./rate-keeper.ts";
import type { ServiceLog } from "./service-log.ts";

export interface BatchDeskOptions {
  readonly world: World;
  readonly store: Store;
  readonly snapshot: () => Snapshot;
  readonly moves: MoveDesk;
  readonly dirt: DirtWatch;
  readonly rates: RateKeeper;
  readonly narrator: Narrator;
  readonly log: ServiceLog;
  /** Its batches wait for the next service, or end with this command. */
  readonly outlivesProcess: boolean;
}

interface Turn {
  again: boolean;
  done: Promise<void>;
}

export class BatchDesk {
  readonly #options: BatchDeskOptions;
  readonly #running = new Map<BatchId, Batch>();
  readonly #turns = new Map<BatchId, Turn>();
  /** Who wants it called off. */
  readonly #unwanted = new Map<BatchId, string>();
  /** Moves that could not even be asked for, and why. */
  readonly #refused = new Map<MoveId, string>();
  #isOver = false;

  constructor(options: BatchDeskOptions) {
    this.#options = options;
  }

  /** Takes on what an earlier process left; what a command left is called off, since nobody waits for it any more. */
  async load(): Promise<void> {
    const { store, world, outlivesProcess } = this.#options;
    const known = new Set(world.inventory.hosts.map(({ name }) => name));
    for (const batch of await store.intents.runningBatches()) {
      const isOurs = batch.steps.every(
        ({ source, target }) => known.has(source) && (target === null || known.has(target)),
      );
      if (!isOurs || (batch.outlivesProcess && !outlivesProcess)) continue;
      this.#running.set(batch.id, batch);
      if (!batch.outlivesProcess) this.#unwanted.set(batch.id, "the end of the command that drove it");
    }
  }

  stop(): void {
    this.#isOver = true;
  }

  async preview(wish: BatchWish, signal: AbortSignal): Promise<BatchPlan> {
    const placed = placedWishes(this.#options.world, this.#options.snapshot(), wish);
    return await this.#plan(placed, wish, signal);
  }

  /** Plans it, asks every host that it depends on, and begins. */
  async request(
    wish: BatchWish,
    { actor, origin }: { readonly actor: string; readonly origin?: MoveOrigin },
    signal: AbortSignal,
  ): Promise<Batch> {
    const { world, snapshot, outlivesProcess } = this.#options;
    const placed = placedWishes(world, snapshot(), wish);
    const plan = await this.#plan(placed, wish, signal);
    const id = batchId(world.random.uuid());
    const from = { requestedBy: actor, ...(origin === undefined ? {} : { origin }) };
    const request = { id, ...from, requestedAt: world.clock.timestamp(), outlivesProcess };
    const batch = batchOf(wish, plan, placed, request);
    await this.#put(batch);
    this.pump();
    return batch;
  }

  /** What has not begun does not begin; what is under way is called off where that is still possible. */
  async cancel(id: BatchId, actor: string): Promise<Batch> {
    const batch = await this.find(id);
    if (batch.state !== "running" || !this.#running.has(id))
      throw new TrunklineError("batch.over", `batch ${id} is ${batch.state}; nothing of it can be called off`);
    this.#unwanted.set(id, actor);
    await this.#take(id);
    const after = await this.find(id);
    if (after.calledOff !== null || after.state !== "running") return after;
    throw new TrunklineError("store.failed", `that batch ${id} is called off could not be written down`);
  }

  /** @throws batch.unknown. */
  async find(id: BatchId): Promise<Batch> {
    const batch = this.#running.get(id) ?? (await this.#options.store.intents.findBatch(id));
    if (batch !== undefined) return batch;
    throw new TrunklineError("batch.unknown", `the store holds no batch ${id}`);
  }

  isUnderWay(origin: MoveOrigin): boolean {
    return [...this.#running.values()].some((batch) => batch.origin === origin);
  }

  async list(limit: number): Promise<readonly Batch[]> {
    return await this.#options.store.intents.listBatches(limit);
  }

  /** Takes the next turn of every batch that runs. Called whenever something changed. */
  pump(): void {
    if (this.#isOver) return;
    for (const id of this.#running.keys()) void this.#take(id);
  }

  /** Resolves when no turn of it is due any more; what went wrong is logged, and the next event tries again. */
  async #take(id: BatchId): Promise<void> {
    const under = this.#turns.get(id);
    if (under !== undefined) {
      under.again = true;
      await under.done;
      return;
    }
    const turn: Turn = { again: true, done: Promise.resolve() };
    turn.done = this.#takeAll(id, turn);
    this.#turns.set(id, turn);
    await turn.done;
  }

  async #takeAll(id: BatchId, turn: Turn): Promise<void> {
    // The first turn comes when the caller has taken note of it.
    await Promise.resolve();
    try {
      while (turn.again && !this.#isOver) {
        turn.again = false;
        turn.again = (await this.#takeOne(id)) || turn.again;
      }
    } catch (error) {
      // The store could not be written, or we are wrong: what is recorded stands, and the next event tries again.
      this.#options.log.warn(`the batch ${id} could not go on: ${messageOf(error)}`, { batch: id });
    } finally {
      this.#turns.delete(id);
    }
  }

  /** @returns whether something changed that the next turn has to know. */
  async #takeOne(id: BatchId): Promise<boolean> {
    const { moves, world } = this.#options;
    const known = this.#running.get(id);
    if (known === undefined) return false;
    const actor = this.#unwanted.get(id);
    const before = actor === undefined ? known : callOff(known, actor);
    const newId = (): MoveId => moveId(world.random.uuid());
    const { batch, request, takeBack } = nextBatchTurn(before, await this.#movesOf(before), newId);
    if (JSON.stringify(batch) !== JSON.stringify(known)) await this.#put(batch);
    if (actor !== undefined) this.#unwanted.delete(id);
    for (const one of request) await this.#ask(batch, one);
    const unwanted =
      actor === undefined
        ? takeBack
        : batch.steps.flatMap(({ state, move }) => (state === "moving" ? (move ?? []) : []));
    let isChanged = request.some(({ move }) => this.#refused.has(move));
    for (const move of unwanted) {
      // Its turn may have come since: then it ends by itself, unless somebody called the batch off.
      const mayEnd = actor !== undefined || moves.book.waiting.has(move);
      if (mayEnd && (await moves.cancel(move))) isChanged = true;
    }
    return isChanged;
  }

  async #ask(batch: Batch, { step, move, target }: BatchRequest): Promise<void> {
    const { world, moves, snapshot } = this.#options;
    const { requestedBy: by, origin = "operator", outlivesProcess, options } = batch;
    const asked = { by, origin, priority: options.priority, outlivesProcess } as const;
    try {
      const request = moveRequest(world, snapshot(), { ...options, vm: step.vm, target }, asked);
      await moves.request({ ...request, id: move });
    } catch (error) {
      if (!(error instanceof TrunklineError) || error.code === "store.failed") throw error;
      this.#refused.set(move, error.message);
    }
  }

  async #put(batch: Batch): Promise<void> {
    const { store, narrator } = this.#options;
    await store.intents.putBatch(batch);
    if (batch.state === "running") this.#running.set(batch.id, batch);
    else this.#forget(batch);
    await narrator.publish({ kind: "batch", batch });
  }

  #forget({ id, steps }: Batch): void {
    this.#running.delete(id);
    for (const { move } of steps) if (move !== null) this.#refused.delete(move);
  }

  async #movesOf({ steps }: Batch): Promise<readonly BatchMove[]> {
    const open = steps.flatMap(({ state, move }) => (state === "moving" ? (move ?? []) : []));
    const found = await Promise.all(open.map(async (id) => await this.#moveOf(id)));
    return found.flatMap((move) => move ?? []);
  }

  async #moveOf(id: MoveId): Promise<BatchMove | undefined> {
    const { store, moves } = this.#options;
    const why = this.#refused.get(id);
    if (why !== undefined) return { id, isWaiting: false, end: { outcome: "refused", why } };
    const move = await store.journal.findMove(id);
    return move === undefined ? undefined : { id, isWaiting: moves.book.waiting.has(id), end: endOf(move) };
  }

  /** Asks about one host after the other until the plan depends on nothing unknown. */
  async #plan(placed: readonly PlacedWish[], { options }: BatchWish, signal: AbortSignal): Promise<BatchPlan> {
    const { world, moves } = this.#options;
    const snapshot = this.#options.snapshot();
    const { book } = moves;
    const around = { ...this.#options, snapshot, alongside: book.placed() };
    const verdicts = new Verdicts(around, options);
    const input: BatchInput = {
      wishes: placed,
      snapshot,
      arrivals: [...book.placed(), ...[...book.waiting.values()].map(({ request }) => request)],
      verdictOf: verdicts.of,
    };
    await verdicts.answer(() => batchQuestions(input), signal);
    const plan = planBatch(input);
    const { fabric } = await askFabric(world, snapshot, signal);
    return { ...plan, network: batchImpact(fabric, plan.steps) };
  }
}
