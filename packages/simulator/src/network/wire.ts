/**
 * Streams of bytes over shared links. Between two changes (a stream begins, ends or is capped, a link goes down) every
 * stream has one rate; at a change what was sent is counted and the rates are shared out anew.
 */
import { maxMin } from "@trunkline/fabric";
import type { Timers } from "../clock/timers.ts";
import { limits } from "../limits.ts";

export class Wire {
  readonly #timers: Timers;
  readonly #capacitiesBps: number[] = [];
  readonly #carriedBytes: number[] = [];
  readonly #streams = new Set<Stream>();
  #settledMs = 0;
  #cancel: () => void = () => undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @returns the index by which paths name it. */
  addLink(rateBps: number): number {
    this.#carriedBytes.push(0);
    return this.#capacitiesBps.push(rateBps) - 1;
  }

  /** What has gone over the link since it was laid. */
  carriedBytes(link: number): number {
    this.#settle();
    return Math.round(this.#carriedBytes[link] ?? 0);
  }

  setCapacity(link: number, rateBps: number): void {
    this.#change(() => {
      this.#capacitiesBps[link] = rateBps;
    });
  }

  /** Sends so many bytes; `sent` is called when the last one has left, unless the stream was stopped before. */
  send(path: readonly number[], capBps: number, bytes: number, sent: () => void): Stream {
    const stream: Stream = { path, capBps, bytes, leftBytes: bytes, rateBps: 0, sent };
    this.#change(() => this.#streams.add(stream));
    return stream;
  }

  setCap(stream: Stream, capBps: number): void {
    this.#change(() => {
      stream.capBps = capBps;
    });
  }

  stop(stream: Stream): void {
    if (!this.#streams.has(stream)) return;
    this.#change(() => this.#streams.delete(stream));
  }

  /** Bytes that a stream still has to send, now. */
  leftOf(stream: Stream): number {
    const passedMs = this.#streams.has(stream) ? this.#timers.nowMs() - this.#settledMs : 0;
    return Math.max(0, stream.leftBytes - (stream.rateBps / bitsPerByte / 1000) * passedMs);
  }

  #change(change: () => void): void {
    this.#settle();
    change();
    this.#share();
  }

  #settle(): void {
    const now = this.#timers.nowMs();
    for (const stream of this.#streams) {
      const leftBytes = this.leftOf(stream);
      for (const link of stream.path)
        this.#carriedBytes[link] = (this.#carriedBytes[link] ?? 0) + stream.leftBytes - leftBytes;
      stream.leftBytes = leftBytes;
    }
    this.#settledMs = now;
  }

  #share(): void {
    this.#cancel();
    const streams = [...this.#streams];
    const { ratesBps } = maxMin(streams, this.#capacitiesBps);
    let firstMs = Number.POSITIVE_INFINITY;
    let first: Stream | undefined;
    streams.forEach((stream, at) => {
      stream.rateBps = ratesBps[at] ?? 0;
      if (stream.rateBps <= 0) return;
      const ms = stream.leftBytes / (stream.rateBps / bitsPerByte / 1000);
      if (ms < firstMs) [firstMs, first] = [ms, stream];
    });
    const done = first;
    if (done === undefined) return;
    const isInReach = firstMs <= limits.timerMs;
    this.#cancel = this.#timers.after(Math.min(firstMs, limits.timerMs), () => {
      this.#settle();
      if (isInReach) this.#streams.delete(done);
      this.#share();
      if (isInReach) done.sent();
    });
  }
}

export interface Stream {
  readonly path: readonly number[];
  capBps: number;
  readonly bytes: number;
  leftBytes: number;
  rateBps: number;
  readonly sent: () => void;
}

const bitsPerByte = 8;
