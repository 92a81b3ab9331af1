/**
 * One client of the event stream: first what it missed, from the store and as fast as it reads; then what happens, as it
 * happens. Between the two nothing is lost and nothing comes twice, because the change is made in one turn of the event
 * loop: the store has nothing beyond the last event that was sent, and nothing newer was heard of.
 *
 * A live client that does not read has a bounded backlog; beyond it the connection ends, and the client resumes from the
 * last event that it saw.
 */
import { Readable } from "node:stream";
import type { LoggedEvent } from "@trunkline/model";
import type { EventLog } from "@trunkline/ports";
import type { Caller } from "../auth/caller.ts";
import { httpLimits } from "../limits.ts";
import { eventFrame, readyFrame, resetFrame } from "./frames.ts";

export class EventClient {
  readonly stream: Readable;
  readonly caller: Caller;
  readonly #log: EventLog;
  /** Number of the newest event that anybody was told of. */
  readonly #newestHeard: () => number;
  #cursor: number;
  #isLive = false;
  #isOver = false;
  #onRoom: (() => void) | undefined;

  constructor(log: EventLog, caller: Caller, newestHeard: () => number, onGone: () => void) {
    this.#log = log;
    this.caller = caller;
    this.#newestHeard = newestHeard;
    this.#cursor = 0;
    this.stream = new Readable({
      read: () => this.#onRoom?.(),
      destroy: (error, done) => {
        this.#isOver = true;
        onGone();
        this.#onRoom?.();
        done(error);
      },
    });
  }

  /** @param after the last event that the client saw; undefined: it wants what happens from now on. */
  async begin(after: number | undefined): Promise<void> {
    const { oldest, newest } = await this.#log.range();
    if (this.#isOver) return;
    const isKept = after === undefined || (after >= oldest - 1 && after <= newest);
    this.#cursor = isKept && after !== undefined ? after : newest;
    this.stream.push(isKept ? readyFrame(this.#cursor) : resetFrame(this.#cursor));
    while (!this.#isOver && !this.#isLive) await this.#replay();
  }

  /** An event that was just written. */
  offer(event: LoggedEvent, frame: Buffer): void {
    if (!this.#isLive || event.sequence <= this.#cursor || !this.#hasRoom()) return;
    this.#cursor = event.sequence;
    this.stream.push(frame);
  }

  /** What may be left out for a client that lags. */
  offerTransient(frame: Buffer): void {
    if (this.#isLive && !this.#isOver && this.stream.readableLength < this.stream.readableHighWaterMark)
      this.stream.push(frame);
  }

  heartbeat(frame: Buffer): void {
    if (this.#hasRoom()) this.stream.push(frame);
  }

  /** Ends the stream after what waits in it. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stream.push(null);
    this.#onRoom?.();
  }

  async #replay(): Promise<void> {
    const batch = await this.#log.since(this.#cursor, httpLimits.eventBatch);
    if (this.#isOver) return;
    const first = batch[0];
    if (first === undefined) {
      this.#isLive = this.#newestHeard() <= this.#cursor;
      return;
    }
    // Old events may have been removed while a slow client was catching up.
    if (first.sequence > this.#cursor + 1) {
      const { oldest, newest } = await this.#log.range();
      if (this.#isOver) return;
      if (oldest > this.#cursor + 1) {
        this.#cursor = newest;
        this.stream.push(resetFrame(newest));
        return;
      }
    }
    for (const event of batch) {
      if (this.#isOver) return;
      this.#cursor = event.sequence;
      this.stream.push(eventFrame(event));
    }
    await this.#room();
  }

  #hasRoom(): boolean {
    if (this.#isOver) return false;
    if (this.stream.readableLength <= httpLimits.eventClientBytes) return true;
    this.stream.destroy();
    return false;
  }

  /** Waits until the client has taken most of what was sent. */
  async #room(): Promise<void> {
    if (this.#isOver || this.stream.readableLength < this.stream.readableHighWaterMark) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = () => {
        this.#onRoom = undefined;
        resolve();
      };
    });
  }
}
