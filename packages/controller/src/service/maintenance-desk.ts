/**
 * Hosts that are emptied for maintenance. Each evacuation is a record in the store and a pure step that says what it is
 * now and which moves to ask for; this desk feeds it what happened and asks.
 *
 * INVARIANTS
 * - The record is stored before its moves are asked for; a move that a dead process asked for is found in the queue and
 *   taken on.
 * - One step of a host at a time.
 */
import { beginEvacuation, evacuationQuestions, nextEvacuationSteps, planEvacuation } from "@trunkline/scheduler";
import type { EvacuationInput, EvacuationMove } from "@trunkline/scheduler";
import { batchImpact } from "@trunkline/migration";
import { TrunklineError, messageOf } from "@trunkline/model";
import type {
  Evacuation,
  EvacuationPlan,
  HostName,
  Maintenance,
  MoveId,
  MoveRequest,
  Snapshot,
} from "@trunkline/model";
import type { Store, World } from "@trunkline/ports";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import { askFabric } from "./fabric-desk.ts";
import type { MoveDesk } from "./move-desk.ts";
import { endOf } from "./move-end.ts";
import { moveRequest } from "./move-request.ts";
import type { Narrator } from "./narrator.ts";
import { Verdicts, usualOptions } from "./planned-verdict.ts";
import type { RateKeeper } from "./rate-keeper.ts";
import type { ServiceLog } from "./service-log.ts";

export interface MaintenanceDeskOptions {
  readonly world: World;
  readonly store: Store;
  readonly snapshot: () => Snapshot;
  readonly moves: MoveDesk;
  readonly dirt: DirtWatch;
  readonly rates: RateKeeper;
  readonly narrator: Narrator;
  readonly log: ServiceLog;
  /** Its moves wait for the next service, or end with this command. */
  readonly outlivesProcess: boolean;
}

export class MaintenanceDesk {
  readonly #options: MaintenanceDeskOptions;
  readonly #evacuations = new Map<HostName, Evacuation>();
  /** Hosts whose step is being made, and whether something happened meanwhile. */
  readonly #stepping = new Map<HostName, { again: boolean }>();
  #isOver = false;

  constructor(options: MaintenanceDeskOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    for (const evacuation of await this.#options.store.intents.evacuations())
      this.#evacuations.set(evacuation.host, evacuation);
  }

  stop(): void {
    this.#isOver = true;
  }

  of(host: HostName): Maintenance {
    const evacuation = this.#evacuations.get(host);
    if (evacuation === undefined) return "no";
    return evacuation.state === "done" ? "in" : "entering";
  }

  find(host: HostName): Evacuation | undefined {
    return this.#evacuations.get(host);
  }

  refuseArrival(host: HostName): void {
    const maintenance = this.of(host);
    if (maintenance === "no") return;
    const how = maintenance === "in" ? "is in maintenance" : "is being emptied for maintenance";
    throw new TrunklineError("host.in-maintenance", `${host} ${how} and takes no VM`, { details: { host } });
  }

  /** Asks about one candidate after the other until every VM has a host that passes, or none is left. */
  async preview(host: HostName, signal: AbortSignal): Promise<EvacuationPlan> {
    const snapshot = this.#options.snapshot();
    const around = { ...this.#options, snapshot, alongside: this.#options.moves.book.placed() };
    const verdicts = new Verdicts(around, usualOptions);
    const input: EvacuationInput = {
      host,
      snapshot,
      arrivals: this.#arrivals(),
      verdictOf: verdicts.of,
    };
    await verdicts.answer(() => evacuationQuestions(input), signal);
    const plan = planEvacuation(input);
    const { fabric } = await askFabric(this.#options.world, input.snapshot, signal);
    return { ...plan, network: batchImpact(fabric, plan.waves.flat()) };
  }

  async enter(host: HostName, actor: string): Promise<Evacuation> {
    const known = this.#evacuations.get(host);
    if (known !== undefined && known.state !== "stuck") return known;
    const begun = beginEvacuation(host, actor, this.#options.world.clock.timestamp());
    await this.#put(begun);
    this.pump();
    return begun;
  }

  async exit(host: HostName): Promise<void> {
    if (!this.#evacuations.has(host)) return;
    const { store, moves, narrator } = this.#options;
    await store.intents.removeEvacuation(host);
    this.#evacuations.delete(host);
    for (const { request } of moves.book.waiting.values())
      if (request.asked.origin === "evacuation" && request.source === host) await moves.cancel(request.id);
    await narrator.publish({ kind: "maintenance", host, maintenance: "no" });
  }

  /** Makes the next step of every evacuation that runs. Called whenever something changed. */
  pump(): void {
    if (this.#isOver) return;
    for (const [host, { state }] of this.#evacuations) if (state === "running") void this.#step(host);
  }

  async #step(host: HostName): Promise<void> {
    const under = this.#stepping.get(host);
    if (under !== undefined) {
      under.again = true;
      return;
    }
    const turn = { again: true };
    this.#stepping.set(host, turn);
    try {
      while (turn.again && !this.#isOver) {
        turn.again = false;
        await this.#stepOnce(host);
      }
    } catch (error) {
      // The store could not be written, or we are wrong: what is recorded stands, and the next event tries again.
      this.#options.log.warn(`the evacuation of ${host} could not go on: ${messageOf(error)}`, { host });
    } finally {
      this.#stepping.delete(host);
    }
  }

  async #stepOnce(host: HostName): Promise<void> {
    const { snapshot, moves, world, outlivesProcess } = this.#options;
    const before = this.#evacuations.get(host);
    if (before?.state !== "running") return;
    const seen = snapshot();
    const { evacuation, request } = nextEvacuationSteps(before, seen, await this.#movesOf(before));
    // Called off while the journal was read.
    if (this.#evacuations.get(host) !== before) return;
    if (JSON.stringify(evacuation) !== JSON.stringify(before)) await this.#put(evacuation);
    for (const { vm, target } of request) {
      const wish = { ...usualOptions, vm, target };
      const by = evacuation.requestedBy;
      const asked = { by, origin: "evacuation", priority: 0, outlivesProcess } as const;
      await moves.request(moveRequest(world, seen, wish, asked));
    }
  }

  async #put(evacuation: Evacuation): Promise<void> {
    const { store, narrator } = this.#options;
    const before = this.of(evacuation.host);
    await store.intents.putEvacuation(evacuation);
    this.#evacuations.set(evacuation.host, evacuation);
    await narrator.publish({ kind: "evacuation", evacuation });
    const maintenance = this.of(evacuation.host);
    if (maintenance !== before) await narrator.publish({ kind: "maintenance", host: evacuation.host, maintenance });
  }

  /** Every move that is not over, and the ends of those that the evacuation waits for. */
  async #movesOf({ vms }: Evacuation): Promise<readonly EvacuationMove[]> {
    const current = this.#arrivals().map((request): EvacuationMove => ({ ...request, end: null }));
    const open = new Set(current.map((move) => move.id));
    const named = vms.flatMap(({ move }) => (move === null || open.has(move) ? [] : [move]));
    const ended = await Promise.all(named.map(async (id) => await this.#ended(id)));
    return [...current, ...ended.flatMap((move) => move ?? [])];
  }

  async #ended(id: MoveId): Promise<EvacuationMove | undefined> {
    const move = await this.#options.store.journal.findMove(id);
    if (move === undefined) return undefined;
    const { vm, target, memoryMiB } = move.request;
    return { id, vm, target, memoryMiB, end: endOf(move) };
  }

  #arrivals(): readonly MoveRequest[] {
    const { book } = this.#options.moves;
    return [...book.placed(), ...[...book.waiting.values()].map((move) => move.request)];
  }
}
