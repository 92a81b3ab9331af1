/** Tells the phases of many moves, a line each. */
import type { ClusterEvent } from "@trunkline/model";
import { note } from "../output/print.ts";

export class PhaseTeller {
  readonly #phases = new Map<string, string>();

  /** A phase has several records; one line is enough. */
  tell(event: ClusterEvent): void {
    if (event.kind !== "move" || this.#phases.get(event.move) === event.phase) return;
    this.#phases.set(event.move, event.phase);
    if (event.phase !== "queued") note(`  ${event.vmName}: ${event.phase}`);
  }
}
