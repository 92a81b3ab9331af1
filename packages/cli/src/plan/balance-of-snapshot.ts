/** The balance as a snapshot alone allows to plan it: nobody is asked, so what only hosts can say may still rule a move out. */
import { planBalance } from "@trunkline/scheduler";
import type { BalancePlan, BalanceThreshold, Snapshot } from "@trunkline/model";
import { unaskedVerdict } from "./evacuation-of-snapshot.ts";

export function balanceOfSnapshot(
  snapshot: Snapshot,
  threshold: BalanceThreshold,
  maxMoves: number | undefined,
): BalancePlan {
  return planBalance({
    snapshot,
    threshold,
    ...(maxMoves === undefined ? {} : { maxMoves }),
    arrivals: [],
    resting: new Map(),
    verdictOf: (id, target) => unaskedVerdict(snapshot, id, target),
  });
}
