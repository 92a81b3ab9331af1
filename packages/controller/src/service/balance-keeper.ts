/**
 * Keeps the cluster balanced, as far as it may: it watches the loads, and where automation is full it has the moves made that
 * a plan recommends. A plan is a pure function of what was seen; this room feeds it, asks for a batch, and waits for the end of
 * that before it plans again.
 *
 * INVARIANTS
 * - Nothing is asked for while automation is paused, or while a batch of its own is under way.
 * - No VM is moved for a load that was not watched for as long as the configuration says.
 */
import { LoadHistory } from "@trunkline/scheduler";
import { messageOf } from "@trunkline/model";
import type { BalancePlan, BalanceThreshold, Recommendation, Snapshot } from "@trunkline/model";
import type { BatchDesk } from "./batch-desk.ts";
import { balancePlan } from "./balance-plan.ts";
import type { BalanceOptions } from "./balance-plan.ts";
import type { BalanceWish, BatchWish } from "./control-plane.ts";
import { usualOptions } from "./planned-verdict.ts";
import type { ServiceLog } from "./service-log.ts";

export interface BalanceSettings {
  /** `manual`: it recommends when it is asked. */
  readonly automation: "manual" | "full";
  readonly threshold: BalanceThreshold;
  readonly intervalMs: number;
  /** A load is watched for so long before it moves a VM, and is the mean over about as long. */
  readonly watchMs: number;
  readonly maxMoves: number;
}

export interface KeeperOptions extends Omit<BalanceOptions, "snapshot" | "resting"> {
  readonly settings: BalanceSettings;
  readonly snapshot: () => Snapshot;
  readonly batches: BatchDesk;
  readonly log: ServiceLog;
}

export class BalanceKeeper {
  readonly #options: KeeperOptions;
  readonly #history: LoadHistory;
  readonly #over = new AbortController();
  #watching: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#history = new LoadHistory(options.settings.watchMs);
  }

  start(): void {
    this.#watching ??= this.#watch();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#watching;
  }

  /** What it would recommend: by the loads over a while, where they were watched. */
  async plan(wish: BalanceWish, signal: AbortSignal): Promise<BalancePlan> {
    const snapshot = this.#history.smooth(this.#options.snapshot());
    return await balancePlan({ ...this.#options, snapshot, resting: new Map() }, wish, signal);
  }

  async #watch(): Promise<void> {
    const { world, settings, log } = this.#options;
    const { signal } = this.#over;
    while (!signal.aborted) {
      try {
        await world.clock.sleep(settings.intervalMs, signal);
        this.#history.add(this.#options.snapshot());
        if (settings.automation === "full") await this.#balance(signal);
      } catch (error) {
        // A host that cannot be asked, a store that cannot be written: the next round tries again.
        if (!signal.aborted) log.warn(`the cluster could not be balanced: ${messageOf(error)}`);
      }
    }
  }

  async #balance(signal: AbortSignal): Promise<void> {
    const { settings, batches, log } = this.#options;
    const current = this.#options.snapshot();
    if (current.automation.paused || batches.isUnderWay("drs")) return;
    const resting = this.#history.young(current, settings.watchMs);
    const snapshot = this.#history.smooth(current);
    const { moves, score } = await balancePlan({ ...this.#options, snapshot, resting }, settings, signal);
    if (moves.length === 0) return;
    const points = (value: number): string => value.toFixed(1);
    log.info(`balancing: ${moves.length} move(s), score ${points(score.before)} to ${points(score.after)}`);
    for (const { name, source, target, reason } of moves)
      log.info(`balancing: ${name} from ${source} to ${target}: ${reason}`);
    await batches.request(wishOf(moves), { actor: "drs", origin: "drs" }, signal);
  }
}

const wishOf = (moves: readonly Recommendation[]): BatchWish => ({
  moves: moves.map(({ vm, target }) => ({ vm, target, after: [] })),
  onFailure: "continue",
  options: usualOptions,
});
