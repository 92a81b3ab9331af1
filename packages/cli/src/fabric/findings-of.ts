/** Findings in the contract's shape: one fix as text, whatever it takes to type it; figures and evidence beside it. */
import { checkFabric, checkMoves, indexFabric, renderChange } from "@trunkline/fabric";
import type { ConfigChange, Fabric, Finding, PlannedMove } from "@trunkline/fabric";

export interface ShownFinding extends Omit<Finding, "fix"> {
  /** The most telling of `subjects`. */
  readonly subject: string;
  readonly fix: string | null;
  readonly changes: readonly ConfigChange[];
}

export function findingsOf(fabric: Fabric, moves: readonly PlannedMove[]): readonly ShownFinding[] {
  const index = indexFabric(fabric);
  const found = [...checkFabric(index), ...(moves.length === 0 ? [] : checkMoves(index, moves))];
  return found.map((finding) => shown(fabric, finding));
}

function shown(fabric: Fabric, { fix: changes = [], ...finding }: Finding): ShownFinding {
  const lines = changes.flatMap((change) => renderChange(fabric, change));
  const fix = lines.length > 0 ? lines.join("\n") : (finding.advice ?? null);
  return { ...finding, subject: finding.subjects[0] ?? finding.rule, fix, changes };
}
