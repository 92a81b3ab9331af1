/**
 * The balance of the cluster as it is: what the pure planner needs from the world is gathered here, and every host is asked
 * about the moves to it before one is recommended. Recommended only: whoever wants them done asks for a batch.
 */
import { balanceQuestions, planBalance } from "@trunkline/scheduler";
import type { BalanceInput } from "@trunkline/scheduler";
import type { BalancePlan, Snapshot, VmId } from "@trunkline/model";
import type { JournalMove, Store, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import type { BalanceWish } from "./control-plane.ts";
import type { MoveBook } from "./move-book.ts";
import { Verdicts, usualOptions } from "./planned-verdict.ts";
import type { RateKeeper } from "./rate-keeper.ts";

export interface BalanceOptions {
  readonly world: World;
  readonly store: Store;
  readonly snapshot: Snapshot;
  /** VMs that are left alone besides, and why. */
  readonly resting: ReadonlyMap<VmId, string>;
  readonly book: MoveBook;
  readonly dirt: DirtWatch;
  readonly rates: RateKeeper;
}

export async function balancePlan(
  options: BalanceOptions,
  { threshold, maxMoves }: BalanceWish,
  signal: AbortSignal,
): Promise<BalancePlan> {
  const { world, store, snapshot, book } = options;
  const recent = await store.journal.pageMoves({ isOver: true, limit: limits.journalRows });
  const around = { ...options, alongside: book.placed() };
  const verdicts = new Verdicts(around, usualOptions);
  const input: BalanceInput = {
    snapshot,
    threshold,
    maxMoves,
    arrivals: [...book.placed(), ...[...book.waiting.values()].map(({ request }) => request)],
    resting: new Map([...options.resting, ...restingVms(recent, world.clock.timestamp())]),
    verdictOf: verdicts.of,
  };
  await verdicts.answer(() => balanceQuestions(input), signal);
  return planBalance(input);
}

/** A VM that has just been moved is left alone: the load that it is judged by may be that of its arrival. */
export function restingVms(recent: readonly JournalMove[], now: string): ReadonlyMap<VmId, string> {
  const resting = new Map<VmId, string>();
  for (const { request, changedAt, report } of recent) {
    const restedMs = Date.parse(now) - Date.parse(changedAt);
    if (report?.outcome !== "completed" || restedMs >= limits.balanceRestMs || resting.has(request.vm)) continue;
    const minutes = Math.max(1, Math.round(restedMs / 60_000));
    const restMinutes = Math.round(limits.balanceRestMs / 60_000);
    resting.set(request.vm, `it was moved ${minutes} min ago, and is left alone for ${restMinutes}`);
  }
  return resting;
}
