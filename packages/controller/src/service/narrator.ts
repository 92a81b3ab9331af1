/** Tells what happens to moves: to the log, to the event log, to whoever follows the progress. Never ends a move for it. */
import { messageOf } from "@trunkline/model";
import type { ClusterEvent, MoveId, MoveReport, MoveRequest } from "@trunkline/model";
import type { EventLog, TransferProgress } from "@trunkline/ports";
import type { MoveObserver } from "../act/run-move.ts";
import type { ServiceLog } from "./service-log.ts";

export type ProgressListener = (move: MoveId, progress: TransferProgress) => void;

export class Narrator {
  readonly #events: EventLog;
  readonly #log: ServiceLog;
  readonly #listeners = new Set<ProgressListener>();

  constructor(events: EventLog, log: ServiceLog) {
    this.#events = events;
    this.#log = log;
  }

  onProgress(listener: ProgressListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  observerOf({ id, vmName }: MoveRequest, onProgress: (progress: TransferProgress) => void): MoveObserver {
    return {
      // The journal itself makes an event of each state.
      phase: () => undefined,
      progress: (progress) => {
        onProgress(progress);
        for (const listener of this.#listeners) listener(id, progress);
      },
      remark: (text) => {
        this.#log.info(text, { move: id });
        void this.publish({ kind: "move-remark", move: id, vmName, text });
      },
    };
  }

  report({ outcome, failure, vm, source, target }: MoveReport, request: MoveRequest): void {
    const why = failure === null ? "" : `, ${failure.message}`;
    this.#log.info(`the move of ${vm} from ${source} to ${target}: ${outcome}${why}`, { move: request.id });
  }

  warn(text: string, request: MoveRequest): void {
    this.#log.warn(text, { move: request.id });
  }

  /** Events besides the journal's own are for those who watch: a store that fails must not end a move for them. */
  async publish(event: ClusterEvent): Promise<void> {
    try {
      await this.#events.append(event);
    } catch (error) {
      this.#log.warn(`an event could not be written: ${messageOf(error)}`, { kind: event.kind });
    }
  }
}
