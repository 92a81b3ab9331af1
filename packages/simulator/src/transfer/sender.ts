/**
 * The source's QEMU while it sends: the rounds of pre-copy, the channel that they take, and what is told of them. It stops
 * the guest for the last pass by itself; what follows from the end, good or bad, is the migration's.
 */
import type { AutoConverge, TransferFigures } from "@trunkline/model";
import type { TransferBounds, TransferProgress } from "@trunkline/ports";
import type { Copy } from "../host/host.ts";
import { pace } from "../limits.ts";
import type { Link } from "../network/layer-two.ts";
import { DataChannel } from "./data-channel.ts";
import { PreCopy, unlimitedBps } from "./pre-copy.ts";

export interface SenderOptions extends TransferBounds {
  readonly autoConverge?: AutoConverge;
}

export interface SenderEvents {
  /** Nobody has ended the transfer, and its last byte is not sent. */
  isOpen(): boolean;
  lastPass(): void;
  sent(): void;
  broke(why: string): void;
}

export class Sender {
  readonly #copy: Copy;
  readonly #stream: PreCopy;
  readonly #channel: DataChannel;
  #suspendedMs: number | undefined;
  #downtimeMs: number | undefined;

  constructor(
    copy: Copy,
    incoming: Copy,
    path: { readonly wires: readonly number[]; readonly links: readonly Link[] },
    { maxRateBps, maxDowntimeMs, autoConverge }: SenderOptions,
    events: SenderEvents,
  ) {
    const { host: source, vm } = copy;
    const { ledger, timers, wire } = source.ground;
    this.#copy = copy;
    const options = {
      path: path.wires,
      maxRateBps: Math.min(maxRateBps ?? unlimitedBps, unlimitedBps),
      maxDowntimeMs: maxDowntimeMs ?? pace.maxDowntimeMs,
      memoryInUseBytes: vm.memoryInUseBytes,
      dirtiedBytes: (ms: number) => dirtiedBytes(copy, ms),
      ...(autoConverge === undefined ? {} : { autoConverge }),
    };
    this.#stream = new PreCopy(timers, wire, options, {
      round: (round) => {
        source.emit({ kind: "round", vm: vm.id, round });
      },
      lastPass: () => {
        events.lastPass();
        this.#suspendedMs = timers.nowMs();
        if (copy.power === "running") source.pause(copy, "migration");
        else copy.reason = "migration";
      },
      sent: () => {
        ledger.copied(vm.id, copy.memory, incoming.memory);
        events.sent();
      },
    });
    this.#channel = new DataChannel(path, timers, {
      isOpen: () => events.isOpen(),
      suspendedMs: () => this.#suspendedMs,
      timedOut: () => {
        events.broke("the channel timed out");
      },
      freed: () => {
        if (events.isOpen() && !incoming.isAlive) events.broke("the target closed the channel");
      },
    });
    this.#channel.begin();
  }

  get isMonitorHung(): boolean {
    return this.#channel.isMonitorHung;
  }

  progress(): TransferProgress {
    return this.#stream.progress(this.#copy.vm.memoryMiB * 1024 * 1024);
  }

  figures(): TransferFigures {
    return {
      ...(this.#downtimeMs === undefined ? {} : { downtimeMs: this.#downtimeMs }),
      bytesSent: Math.round(this.#stream.sentBytes),
      rounds: this.#stream.round,
      totalMs: Math.round(this.#stream.elapsedMs),
    };
  }

  stop(): void {
    this.#stream.stop();
  }

  tune({ maxRateBps, maxDowntimeMs }: TransferBounds): void {
    this.#stream.tune({
      ...(maxRateBps === undefined ? {} : { maxRateBps: Math.min(maxRateBps, unlimitedBps) }),
      ...(maxDowntimeMs === undefined ? {} : { maxDowntimeMs }),
    });
  }

  /** From now on the guest runs on the target. @returns what is left to send, and the way for it. */
  leaveToPostCopy(): { readonly leftBytes: number; readonly wires: readonly number[] } {
    const leftBytes = this.#stream.remainingBytes;
    this.#stream.stop();
    this.#suspendedMs = this.#copy.host.ground.timers.nowMs();
    return { leftBytes, wires: this.#channel.wires };
  }

  /** The guest goes on, on the target: its downtime is over. */
  guestRuns(): void {
    const now = this.#copy.host.ground.timers.nowMs();
    this.#downtimeMs = Math.round(now - (this.#suspendedMs ?? now));
  }

  linkChanged(link: Link): void {
    if (link.isUp) this.#channel.back(link);
    else this.#channel.cut(link);
  }
}

/** What the guest dirties in so long: nothing while it is stopped. */
export const dirtiedBytes = ({ power, vm }: Copy, ms: number): number =>
  power === "running" ? Math.min(vm.workingSetBytes, (vm.dirtyRateBps / 8 / 1000) * ms) : 0;
