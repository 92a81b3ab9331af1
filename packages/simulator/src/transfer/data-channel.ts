/** The way that a transfer's bytes take: what happens to its two QEMUs when a link of it goes down. */
import type { Timers } from "../clock/timers.ts";
import { pace } from "../limits.ts";
import type { Link } from "../network/layer-two.ts";

export interface ChannelEnds {
  /** Bytes are under way. */
  isOpen(): boolean;
  /** Since when the guest is stopped for the last pass. */
  suspendedMs(): number | undefined;
  timedOut(): void;
  /** The source's QEMU answers again. */
  freed(): void;
}

export class DataChannel {
  readonly wires: readonly number[];
  readonly #links: readonly Link[];
  readonly #timers: Timers;
  readonly #ends: ChannelEnds;
  /** The source's QEMU answers nothing: its main loop blocks in a send. */
  isMonitorHung = false;

  constructor(
    { wires, links }: { readonly wires: readonly number[]; readonly links: readonly Link[] },
    timers: Timers,
    ends: ChannelEnds,
  ) {
    this.wires = wires;
    this.#links = links;
    this.#timers = timers;
    this.#ends = ends;
  }

  /** A link may have been down when the transfer began. */
  begin(): void {
    for (const link of this.#links) if (!link.isUp) this.cut(link);
  }

  cut(link: Link): void {
    if (!this.#links.includes(link) || !this.#ends.isOpen()) return;
    const suspendedMs = this.#ends.suspendedMs();
    // QEMU blocks when the wire goes in the very moment of the suspension (docs/state-machine.md, row 15).
    if (suspendedMs !== undefined && this.#timers.nowMs() - suspendedMs < blockedSendMs) this.isMonitorHung = true;
    this.#timers.after(pace.channelTimeoutMs, () => {
      if (link.isUp || !this.#ends.isOpen()) return;
      this.isMonitorHung = false;
      this.#ends.timedOut();
    });
  }

  back(link: Link): void {
    if (!this.#links.includes(link) || !this.isMonitorHung) return;
    this.#timers.after(pace.monitorFreedMs, () => {
      this.isMonitorHung = false;
      this.#ends.freed();
    });
  }
}

const blockedSendMs = 5;
