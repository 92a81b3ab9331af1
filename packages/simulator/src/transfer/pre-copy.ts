/**
 * QEMU's side of a transfer: rounds of memory while the guest runs, then a last one while it is stopped.
 *
 * The first round sends the memory in use; each next one what was dirtied during the one before, at most the working set
 * (Clark et al., "Live Migration of Virtual Machines", NSDI 2005, section 3). The guest is stopped as soon as what is left
 * fits into the downtime limit at the rate of the last round. A guest that dirties faster than that is never stopped: so
 * does QEMU without auto-converge, which slows the guest down until it can be.
 */
import { Brake } from "@trunkline/migration";
import type { AutoConverge } from "@trunkline/model";
import type { TransferBounds, TransferProgress } from "@trunkline/ports";
import type { Timers } from "../clock/timers.ts";
import { pace } from "../limits.ts";
import type { Stream, Wire } from "../network/wire.ts";

export interface PreCopyOptions {
  readonly path: readonly number[];
  readonly maxRateBps: number;
  readonly maxDowntimeMs: number;
  readonly autoConverge?: AutoConverge;
  readonly memoryInUseBytes: number;
  /** What the guest dirties in so long; nothing while it is stopped. */
  readonly dirtiedBytes: (ms: number) => number;
}

export interface PreCopyListener {
  round(round: number): void;
  /** The guest is to be stopped: the last pages and the device state follow. */
  lastPass(): void;
  sent(): void;
}

export class PreCopy {
  readonly #timers: Timers;
  readonly #wire: Wire;
  readonly #options: PreCopyOptions;
  readonly #brake: Brake;
  #bounds: Required<TransferBounds>;
  readonly #listener: PreCopyListener;
  readonly #startedMs: number;
  #stream: Stream | undefined;
  #cancel: () => void = () => undefined;
  #isStopped = false;
  #isLastPass = false;
  #finishedBytes = 0;
  #roundSinceMs: number;
  #lastRateBps: number | undefined;
  round = 0;

  constructor(timers: Timers, wire: Wire, options: PreCopyOptions, listener: PreCopyListener) {
    this.#timers = timers;
    this.#wire = wire;
    this.#options = options;
    this.#brake = new Brake(options.autoConverge);
    this.#bounds = { maxRateBps: options.maxRateBps, maxDowntimeMs: options.maxDowntimeMs };
    this.#listener = listener;
    this.#startedMs = timers.nowMs();
    this.#roundSinceMs = this.#startedMs;
    this.#sendRound(options.memoryInUseBytes);
  }

  get sentBytes(): number {
    const current = this.#stream;
    return this.#finishedBytes + (current === undefined ? 0 : current.bytes - this.#wire.leftOf(current));
  }

  get elapsedMs(): number {
    return this.#timers.nowMs() - this.#startedMs;
  }

  /** What is not sent yet: the rest of this round, and what was dirtied since it began. */
  get remainingBytes(): number {
    const left = this.#stream === undefined ? 0 : this.#wire.leftOf(this.#stream);
    return left + this.#dirtied(this.#timers.nowMs() - this.#roundSinceMs);
  }

  tune(bounds: TransferBounds): void {
    this.#bounds = { ...this.#bounds, ...bounds };
    if (this.#stream !== undefined && !this.#isLastPass) this.#wire.setCap(this.#stream, this.#bounds.maxRateBps);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    if (this.#stream !== undefined) this.#wire.stop(this.#stream);
    this.#stream = undefined;
  }

  progress(memoryTotalBytes: number): TransferProgress {
    const { round } = this;
    const rateBps = this.#lastRateBps ?? this.#stream?.rateBps;
    return {
      elapsedMs: Math.round(this.elapsedMs),
      memoryTotalBytes,
      memoryRemainingBytes: Math.round(this.#stream === undefined ? 0 : this.#wire.leftOf(this.#stream)),
      memorySentBytes: Math.round(this.sentBytes),
      rateBps,
      round,
      dirtyRateBps: round < 2 ? undefined : this.#dirtied(msPerS) * bitsPerByte,
    };
  }

  #sendRound(bytes: number): void {
    this.round += 1;
    this.#roundSinceMs = this.#timers.nowMs();
    this.#listener.round(this.round);
    this.#send(bytes, this.#bounds.maxRateBps, () => {
      this.#endRound(bytes);
    });
  }

  #endRound(bytes: number): void {
    const tookMs = this.#timers.nowMs() - this.#roundSinceMs;
    const dirtied = this.#dirtied(tookMs);
    this.#brake.look(tookMs, dirtied, bytes);
    const bytesPerMs = tookMs === 0 ? Number.POSITIVE_INFINITY : bytes / tookMs;
    if (tookMs > 0) this.#lastRateBps = bytesPerMs * bitsPerByte * msPerS;
    if (dirtied / bytesPerMs > this.#bounds.maxDowntimeMs) {
      this.#sendRound(dirtied);
      return;
    }
    this.round += 1;
    this.#isLastPass = true;
    this.#listener.lastPass();
    // The guest is stopped, so the cap no longer holds (QEMU, migration_completion).
    this.#send(dirtied, unlimitedBps, () => {
      this.#cancel = this.#timers.after(pace.deviceStateMs, () => {
        if (!this.#isStopped) this.#listener.sent();
      });
    });
  }

  /** A guest that is slowed down dirties in a second what it else does in a part of one. */
  #dirtied(ms: number): number {
    return this.#options.dirtiedBytes(ms * this.#brake.guestShare);
  }

  #send(bytes: number, capBps: number, sent: () => void): void {
    this.#stream = this.#wire.send(this.#options.path, capBps, bytes, () => {
      if (this.#isStopped) return;
      this.#finishedBytes += bytes;
      this.#stream = undefined;
      sent();
    });
  }
}

/** More than any link has; finite, so that a way without links still takes its time. */
export const unlimitedBps = 400e9;
const bitsPerByte = 8;
const msPerS = 1000;
