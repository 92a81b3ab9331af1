/**
 * Post-copy: the guest runs on the target before its memory is there, and the pages that are missing follow. From that
 * moment its newest memory is spread over two hosts: whoever dies takes the guest with him (docs/state-machine.md, rows 22
 * to 29). In peer-to-peer mode the source's libvirt has the target run the guest at once, else Finish does.
 */
import type { Copy } from "../host/host.ts";
import { pace } from "../limits.ts";
import type { Stream } from "../network/wire.ts";
import { unlimitedBps } from "./pre-copy.ts";

export class PostCopy {
  readonly #source: Copy;
  readonly #target: Copy;
  readonly #path: readonly number[];
  readonly #arrived: () => void;
  #leftBytes: number;
  #stream: Stream | undefined;
  /** The guest's state is on the target. */
  #isThere = false;
  /** The target was told to run it. */
  #mayRun: boolean;

  /**
   * @param mayRun without waiting for `run`.
   * @param arrived called once the last page is there.
   */
  constructor(
    source: Copy,
    target: Copy,
    path: readonly number[],
    leftBytes: number,
    mayRun: boolean,
    arrived: () => void,
  ) {
    this.#source = source;
    this.#target = target;
    this.#path = path;
    this.#leftBytes = leftBytes;
    this.#arrived = arrived;
    this.#mayRun = mayRun;
    source.host.pause(source, "postcopy");
    source.host.ground.timers.after(pace.deviceStateMs, () => {
      if (!source.isAlive || !target.isAlive) return;
      source.host.ground.ledger.copied(source.vm.id, source.memory, target.memory);
      this.#isThere = true;
      if (this.#mayRun) this.#flow();
    });
  }

  run(): void {
    this.#mayRun = true;
    if (this.#isThere && this.#stream === undefined) this.#flow();
  }

  /** The channel breaks, or a QEMU at one of its ends is gone: what is left stands still. */
  break(): void {
    if (this.#stream !== undefined) {
      this.#leftBytes = this.#source.host.ground.wire.leftOf(this.#stream);
      this.#source.host.ground.wire.stop(this.#stream);
      this.#stream = undefined;
    }
    if (this.#source.isAlive) this.#source.reason = "postcopy-failed";
    if (!this.#target.isAlive) return;
    this.#target.reason = "postcopy-failed";
    this.#target.host.ground.ledger.pauses(this.#target.vm.id, this.#target.memory);
  }

  /** A new channel between two that are both still there. */
  recover(): void {
    if (this.#stream !== undefined || !this.#source.isAlive || !this.#target.isAlive) return;
    this.#source.reason = "postcopy";
    this.#flow();
  }

  #flow(): void {
    this.#target.host.run(this.#target, "postcopy");
    this.#stream = this.#source.host.ground.wire.send(this.#path, unlimitedBps, this.#leftBytes, () => {
      this.#stream = undefined;
      this.#arrived();
    });
  }
}
