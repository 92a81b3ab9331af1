/**
 * One transfer as libvirt and QEMU see it on both hosts, and what they do by themselves when somebody dies. The rows of
 * docs/state-machine.md are what this file must do.
 *
 * Stages: `begun` (a job on the source), `prepared` (an empty copy waits on the target), `sending` (the guest runs),
 * `last-pass` (it is stopped), `sent` (the target's copy is complete; the source stays stopped until it is told), `over`. Instead of
 * the last pass there may be `post-copy`: the guest runs on the target and its pages follow.
 */
import type { TransferBounds, TransferProgress } from "@trunkline/ports";
import type { Client, Copy, Host, HostedTransfer } from "../host/host.ts";
import { pace } from "../limits.ts";
import type { Link } from "../network/layer-two.ts";
import { PostCopy } from "./post-copy.ts";
import { Sender } from "./sender.ts";
import type { SenderOptions } from "./sender.ts";
import { WaitingCopy } from "./waiting-copy.ts";

export interface MigrationOptions extends SenderOptions {
  readonly isPersistent: boolean;
}

type Stage = "begun" | "prepared" | "sending" | "last-pass" | "post-copy" | "sent" | "over";

export class Migration implements HostedTransfer {
  readonly source: Host;
  readonly copy: Copy;
  readonly options: MigrationOptions;
  /** Whose connection began it; with it gone, libvirt calls the migration off. In peer-to-peer mode nobody's. */
  readonly owner: Client | undefined;
  targetOwner: Client | undefined;
  #waiting: WaitingCopy | undefined;
  stage: Stage = "begun";
  /** The guest was stopped by an operator before: it is carried over stopped. */
  readonly #wasPaused: boolean;
  #sender: Sender | undefined;
  #done: ((problem?: string) => void) | undefined;
  #postCopy: PostCopy | undefined;
  /** Finish of a post-copy, which waits for the last page. */
  #finishing: ((problem?: string) => void) | undefined;

  constructor(copy: Copy, owner: Client | undefined, options: MigrationOptions) {
    this.copy = copy;
    this.source = copy.host;
    this.owner = owner;
    this.options = options;
    this.#wasPaused = copy.power === "paused";
    copy.job = "migration-out";
    copy.transfer = this;
    this.source.countMoves();
  }

  /** Starts the target's QEMU. */
  prepare(target: Host, owner: Client | undefined): void {
    this.targetOwner = owner;
    this.#waiting = new WaitingCopy(target.receive(this.copy.vm, this), this);
    if (this.stage === "begun") this.stage = "prepared";
  }

  /** @param done called once: without a word when all memory has arrived. */
  perform(done: (problem?: string) => void): void {
    const { incoming } = this;
    const { name, spec, ground } = this.source;
    const path = incoming && ground.network.path(name, incoming.host.name, spec.migration?.vlan);
    if (this.stage !== "prepared" || incoming === undefined || !incoming.isAlive || path === undefined) {
      this.#release();
      done("unable to connect to the target's QEMU: No route to host");
      return;
    }
    this.#done = done;
    this.stage = "sending";
    this.#sender = new Sender(this.copy, incoming, path, this.options, {
      isOpen: () => this.#isSending,
      lastPass: () => {
        this.stage = "last-pass";
      },
      sent: () => {
        this.stage = "sent";
        this.#answer();
      },
      broke: (why) => {
        this.#callOff(why, "unpaused");
      },
    });
  }

  /** The target runs the guest. @returns false when there is nothing complete to run. */
  finish(): boolean {
    const { incoming } = this;
    const sender = this.#sender;
    if (incoming === undefined || !incoming.isAlive) return false;
    if (this.stage !== "sent" || sender === undefined) {
      incoming.host.end(incoming, "an incomplete copy was ended by Finish");
      return false;
    }
    const target = incoming.host;
    const { vm } = incoming;
    incoming.job = "none";
    incoming.transfer = undefined;
    if (this.options.isPersistent) {
      target.definitions.set(vm.id, vm);
      target.emit({ kind: "changed", vm: vm.id });
    }
    if (this.#wasPaused) incoming.reason = "user";
    else if (this.#postCopy !== undefined) target.becomes(incoming, "migrated");
    else target.run(incoming, "migrated");
    sender.guestRuns();
    target.lastTransfers.set(vm.id, sender.figures());
    return true;
  }

  /** The source lets its copy go. @returns false when it has none of this transfer any more. */
  confirm(): boolean {
    const sender = this.#sender;
    if (this.copy.transfer !== this || this.stage !== "sent" || sender === undefined) return false;
    const { vm } = this.copy;
    this.stage = "over";
    this.copy.transfer = undefined;
    this.source.emit({ kind: "transfer-completed", vm: vm.id, figures: sender.figures() });
    this.source.end(this.copy, "moved away", { byMigration: true });
    if (this.options.isPersistent && this.source.definitions.delete(vm.id))
      this.source.emit({ kind: "changed", vm: vm.id });
    return true;
  }

  /** Finish, called as cancelled: the copy that nobody told to run is ended. */
  discardIncoming(): void {
    this.#waiting?.end("the move was called off");
  }

  /** The target runs the guest, its pages follow. @param done called once: without a word when the last one is there. */
  finishPostCopy(done: (problem?: string) => void): void {
    this.#finishing = done;
    this.#postCopy?.run();
  }

  /**
   * The guest stops on the source, and runs on the target from now on.
   *
   * @param awaitsFinish only once Finish was called; Perform ends now.
   */
  startPostCopy(awaitsFinish = false): void {
    const { incoming } = this;
    const sender = this.#sender;
    if (this.stage !== "sending" || incoming === undefined || sender === undefined || this.#wasPaused) return;
    const { timers } = this.source.ground;
    const { wires, leftBytes } = sender.leaveToPostCopy();
    this.stage = "post-copy";
    this.#postCopy = new PostCopy(this.copy, incoming, wires, leftBytes, !awaitsFinish, () => {
      this.stage = "sent";
      if (this.#finishing !== undefined) {
        this.finish();
        this.#endFinish();
        return;
      }
      if (this.#done !== undefined) {
        this.#answer();
        return;
      }
      // With its driver dead libvirt still ends it, on each side as soon as there is a daemon.
      this.finish();
      timers.after(pace.confirmMs, () => {
        this.source.whenServing(() => {
          this.confirm();
        });
      });
    });
    if (awaitsFinish) this.#answer();
  }

  /** Both ends lose the channel; `recoverPostCopy` opens another. */
  breakPostCopy(): void {
    if (this.stage !== "post-copy") return;
    this.#postCopy?.break();
    this.#endFinish("post-copy migration failed: the channel is broken");
  }

  recoverPostCopy(): void {
    if (this.stage === "post-copy") this.#postCopy?.recover();
  }

  /** Confirm, called as cancelled. @returns false when the source no longer has the job. */
  giveUp(): boolean {
    if (this.copy.transfer !== this) return false;
    this.#callOff("the move was called off", "migration-canceled");
    return true;
  }

  abort(): void {
    if (this.#isSending)
      this.#callOff("operation aborted: migration out job: canceled by client", "unpaused", pace.abortMs);
  }

  /** For peer-to-peer: the source's libvirt gives up, whatever the target does. */
  failOnSource(): void {
    const runsThere = this.incoming?.power === "running";
    this.#callOff("the target was lost", runsThere ? "migration-canceled" : "unpaused");
  }

  tune(bounds: TransferBounds): void {
    this.#sender?.tune(bounds);
  }

  progress(): TransferProgress | undefined {
    return this.isMonitorHung ? undefined : this.#sender?.progress();
  }

  get isMonitorHung(): boolean {
    return this.#sender?.isMonitorHung === true;
  }

  get incoming(): Copy | undefined {
    return this.#waiting?.copy;
  }

  // What the world does to it.

  /** A QEMU of it is gone. Its end of the data channel closes, which the other QEMU sees. */
  copyEnded(copy: Copy): void {
    if (this.stage === "post-copy") {
      this.#postCopy?.break();
      this.#answer("the other QEMU is gone in post-copy");
      this.#endFinish("the other QEMU is gone in post-copy");
      return;
    }
    if (copy === this.copy) {
      this.#sender?.stop();
      if (this.stage !== "sent" && this.stage !== "over") this.#waiting?.closeChannel(false);
      this.stage = "over";
      this.#answer("the domain is not running");
      return;
    }
    if (this.#isSending) {
      this.#sender?.stop();
      this.source.ground.timers.after(pace.channelClosedMs, () => {
        if (this.#isSending) this.#callOff("the target's QEMU closed the channel", "unpaused");
      });
    }
  }

  daemonDied(host: Host): void {
    // The answer of Perform dies with the daemon; the QEMUs go on.
    if (host === this.source) this.#done = undefined;
  }

  /** A daemon that comes back calls off what was not complete, and forgets the job. */
  daemonBack(host: Host): void {
    if (host === this.incoming?.host) this.#waiting?.end("a left copy was ended by the restarted daemon");
    if (host !== this.source) return;
    if (this.stage === "sent" && this.#postCopy !== undefined) this.confirm();
    else if (this.stage === "sent") this.#forget();
    else this.#callOff("the daemon was restarted", "unpaused");
  }

  /** It may hang on that connection. */
  clientLost(client: Client): void {
    if (client === this.owner && client.host === this.source && this.copy.transfer === this) {
      if (this.stage === "sent") this.#forget();
      else this.#callOff("the client is gone", "unpaused");
    }
    if (client === this.targetOwner) {
      this.#finishing = undefined;
      this.clearIncoming();
    }
  }

  /** libvirt removes a waiting copy whose client is lost. */
  clearIncoming(): void {
    this.#waiting?.clear();
  }

  linkChanged(link: Link): void {
    this.#sender?.linkChanged(link);
  }

  /** The source's job ends, its guest goes on if it was stopped for the transfer, and the channel closes. */
  #callOff(why: string, reason: "unpaused" | "migration-canceled", answerAfterMs = 0): void {
    if (this.stage === "over" || this.stage === "post-copy" || this.isMonitorHung) return;
    this.#sender?.stop();
    const { stage } = this;
    this.#release();
    if (this.copy.isAlive && this.copy.power === "paused" && this.copy.reason === "migration") {
      if (this.#wasPaused) this.copy.reason = "user";
      else this.source.run(this.copy, reason);
    }
    if (stage !== "sent") this.#waiting?.closeChannel(stage === "last-pass");
    if (answerAfterMs === 0) this.#answer(why);
    else
      this.source.ground.timers.after(answerAfterMs, () => {
        this.#answer(why);
      });
  }

  #release(): void {
    this.stage = "over";
    if (this.copy.transfer === this) {
      this.copy.transfer = undefined;
      this.copy.job = "none";
    }
  }

  /** The copy stays as it is, stopped for the migration, and nobody remembers why. */
  #forget(): void {
    this.copy.job = "none";
    this.copy.transfer = undefined;
  }

  #answer(problem?: string): void {
    const done = this.#done;
    this.#done = undefined;
    if (done !== undefined)
      this.source.whenServing(() => {
        done(problem);
      });
  }

  #endFinish(problem?: string): void {
    const done = this.#finishing;
    this.#finishing = undefined;
    done?.(problem);
  }

  get #isSending(): boolean {
    return this.stage === "sending" || this.stage === "last-pass";
  }
}

/** The transfer that leaves from this copy or arrives at it. */
export const migrationOf = (copy: Copy | undefined): Migration | undefined =>
  copy?.transfer instanceof Migration ? copy.transfer : undefined;
