/** The target's copy of a transfer, as long as nobody told it to run: everything that may end it meanwhile. */
import type { Copy, HostedTransfer } from "../host/host.ts";
import { pace } from "../limits.ts";

export class WaitingCopy {
  readonly copy: Copy;
  readonly #transfer: HostedTransfer;

  constructor(copy: Copy, transfer: HostedTransfer) {
    this.copy = copy;
    this.#transfer = transfer;
  }

  get isWaiting(): boolean {
    return this.copy.isAlive && this.copy.transfer === this.#transfer && this.copy.power === "paused";
  }

  /** @param how for the ledger's history. */
  end(how: string): void {
    if (this.isWaiting) this.copy.host.end(this.copy, how);
  }

  /** libvirt removes a waiting copy whose client is lost. */
  clear(): void {
    const { host } = this.copy;
    host.ground.timers.after(pace.clearIncomingMs, () => {
      host.whenServing(() => {
        this.end("the incoming copy of a lost client was removed");
      });
    });
  }

  /** An incoming QEMU whose channel closes before it is complete exits; in the switch-over only a daemon ends it. */
  closeChannel(isSwitchingOver: boolean): void {
    const { host } = this.copy;
    host.ground.timers.after(pace.channelClosedMs, () => {
      if (isSwitchingOver && host.daemon === "down") return;
      this.end("the data channel closed before the copy was complete");
    });
  }
}
