/** How a move ended, for whoever waits for it: an evacuation, a batch. */
import type { MoveReport, Outcome } from "@trunkline/model";
import type { JournalMove } from "@trunkline/ports";

export interface MoveEnd {
  readonly outcome: Exclude<Outcome, "unsettled">;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly why: string | null;
}

/** @returns null while it waits, is under way, or its end is not known. */
export function endOf({ report, changedAt }: JournalMove): MoveEnd | null {
  if (report === null || report.outcome === "unsettled") return null;
  return { outcome: report.outcome, at: changedAt, why: reasonOf(report) };
}

/** What stood in its way, each with what mends it: whoever reads of it has to do something. */
function reasonOf({ checks, failure }: MoveReport): string | null {
  const blocks = checks.filter((check) => check.severity === "block");
  const told = blocks.map(({ message, fix }) => (fix === undefined ? message : `${message} (fix: ${fix})`));
  return told.length === 0 ? (failure?.message ?? null) : told.join("; ");
}
