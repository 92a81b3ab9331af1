/**
 * The `Transfer` port of one process: the five phases over two connections of their own, as the libvirt adapter makes
 * them. What the hosts do in each phase, and when somebody dies, `transfer/migration.ts` knows.
 */
import { TrunklineError, assert } from "@trunkline/model";
import type { HostName } from "@trunkline/model";
import type { Transfer, TransferOptions } from "@trunkline/ports";
import type { Copy, Host } from "../host/host.ts";
import { pace } from "../limits.ts";
import { Migration, migrationOf } from "../transfer/migration.ts";
import { movePeerToPeer } from "../transfer/peer-to-peer.ts";
import type { Answer, Connection } from "./connection.ts";
import type { CallName } from "./faults.ts";
import type { ProcessLife } from "./process.ts";

export interface TransferEnds {
  readonly source: { readonly name: HostName; readonly host: Host | undefined };
  readonly target: { readonly name: HostName; readonly host: Host | undefined };
  /** The host behind a URI, as the source's libvirt would find it. */
  readonly hostAt: (uri: string) => Host | undefined;
}

export async function openTransfer(
  life: ProcessLife,
  ends: TransferEnds,
  options: TransferOptions,
  signal: AbortSignal,
): Promise<Transfer> {
  const doing = "open a connection for the move";
  const source = await life.dial(ends.source.host, ends.source.name, doing, signal);
  try {
    const target = await life.dial(ends.target.host, ends.target.name, doing, signal);
    return new SimulatedTransfer(life, source, target, ends, options);
  } catch (error) {
    life.close(source);
    throw error;
  }
}

class SimulatedTransfer implements Transfer {
  readonly #life: ProcessLife;
  readonly #source: Connection;
  readonly #target: Connection;
  readonly #ends: TransferEnds;
  readonly #options: TransferOptions;
  #reached: "nothing" | "begun" | "prepared" | "performed" | "finishing" | "finished" | "over" = "nothing";
  /** Known from Begin's answer on; stands for the cookies. */
  #migration: Migration | undefined;

  constructor(life: ProcessLife, source: Connection, target: Connection, ends: TransferEnds, options: TransferOptions) {
    this.#life = life;
    this.#source = source;
    this.#target = target;
    this.#ends = ends;
    this.#options = options;
  }

  async begin(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "nothing", "begin comes first and once");
    const question = { name: "begin", doing: "begin the move", thinkMs: pace.beginMs } as const;
    this.#migration = await this.#call<Migration>(this.#source, question, signal, (answer, host) => {
      if (this.#options.recoversPostCopy === true) {
        const broken = migrationOf(host.copies.get(this.#options.vm));
        if (broken?.stage === "post-copy" && broken.copy.reason === "postcopy-failed") answer.done(broken);
        else
          answer.refuse("Requested operation is not valid: QEMU reports migration is still running", operationInvalid);
        return;
      }
      const copy = this.#idleCopy(host, answer);
      if (copy === undefined) return;
      const migration = new Migration(copy, this.#source, this.#options);
      if (!this.#source.isOpen) migration.clientLost(this.#source);
      answer.done(migration);
    });
    this.#reached = "begun";
  }

  encryption(): { readonly isEncrypted: boolean } {
    return { isEncrypted: this.#options.tls !== undefined };
  }

  async prepare(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "begun", "prepare follows begin");
    const migration = this.#begun;
    const question = { name: "prepare", doing: "prepare for the VM", thinkMs: pace.prepareMs } as const;
    await this.#call<undefined>(this.#target, question, signal, (answer, host) => {
      if (this.#options.recoversPostCopy === true) {
        answer.done(undefined);
        return;
      }
      const problem = host.refusal(migration.copy.vm);
      if (problem !== undefined) {
        answer.refuse(problem);
        return;
      }
      migration.prepare(host, this.#target);
      if (!this.#target.isOpen) migration.clearIncoming();
      answer.done(undefined);
    });
    this.#reached = "prepared";
  }

  /** As the libvirt adapter: with the target's daemon lost, the copy is called off. */
  async perform(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "prepared", "perform follows prepare");
    const migration = this.#begun;
    const copying: { isOver: boolean; lost?: string } = { isOver: false };
    this.#target.onClosed((why) => {
      if (copying.isOver) return;
      copying.lost = why;
      const question = { name: "abort", doing: "abort the move", thinkMs: pace.questionMs } as const;
      void this.#call<undefined>(this.#source, question, signal, (answer) => {
        migration.abort();
        answer.done(undefined);
      }).catch(() => undefined);
    });
    const question = { name: "perform", doing: "send the VM", thinkMs: pace.questionMs, deadlineMs: null } as const;
    try {
      await this.#call<undefined>(this.#source, question, signal, (answer) => {
        if (this.#options.recoversPostCopy === true) {
          migration.recoverPostCopy();
          answer.done(undefined);
          return;
        }
        migration.perform((problem) => {
          if (problem === undefined) answer.done(undefined);
          else answer.refuse(problem);
        });
      });
      this.#reached = "performed";
    } catch (error) {
      if (copying.lost === undefined) throw error;
      const { name } = this.#ends.target;
      const message = `${name} could not be asked to take the VM: ${copying.lost}`;
      throw new TrunklineError("host.unreachable", message, { cause: error, details: { host: name } });
    } finally {
      copying.isOver = true;
    }
  }

  async startPostCopy(signal: AbortSignal): Promise<void> {
    assert(this.#options.mayPostCopy === true, "post-copy is started where both QEMUs were made ready for it");
    const migration = this.#begun;
    const question = {
      name: "start-post-copy",
      doing: "let the rest follow the VM",
      thinkMs: pace.questionMs,
    } as const;
    await this.#call<undefined>(this.#source, question, signal, (answer) => {
      if (migration.stage === "sending") {
        migration.startPostCopy(true);
        answer.done(undefined);
      } else
        answer.refuse(
          "Requested operation is not valid: post-copy can only be started while outgoing migration is in progress",
          operationInvalid,
        );
    });
  }

  async finish(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "performed", "finish follows perform");
    this.#reached = "finishing";
    const migration = this.#begun;
    if (migration.stage === "post-copy") {
      await this.#finishPostCopy(migration, signal);
      return;
    }
    const question = { name: "finish", doing: "run the VM", thinkMs: pace.finishMs } as const;
    await this.#call<undefined>(this.#target, question, signal, (answer, host) => {
      if (!migration.finish()) {
        answer.refuse("operation failed: migration to this host was not complete");
        return;
      }
      const { daemonLife } = host;
      host.ground.timers.after(pace.finishAnswerMs, () => {
        if (host.daemonLife === daemonLife)
          host.whenServing(() => {
            answer.done(undefined);
          });
      });
    });
    this.#reached = "finished";
  }

  async #finishPostCopy(migration: Migration, signal: AbortSignal): Promise<void> {
    const question = { name: "finish", doing: "run the VM", thinkMs: pace.finishMs, deadlineMs: null } as const;
    await this.#call<undefined>(this.#target, question, signal, (answer) => {
      migration.finishPostCopy((problem) => {
        if (problem === undefined) answer.done(undefined);
        else answer.refuse(problem);
      });
    });
    this.#reached = "finished";
  }

  async confirm(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "finished", "confirm follows a finish that succeeded");
    await this.#confirmed("confirm", "let its copy go", signal);
  }

  async performPeerToPeer(signal: AbortSignal): Promise<void> {
    assert(this.#reached === "nothing", "a peer-to-peer move is one call");
    const { targetPeerUri } = this.#options;
    assert(targetPeerUri !== undefined, "a peer-to-peer move needs the target's URI as the source sees it");
    const question = { name: "perform-peer-to-peer", doing: "move the VM", thinkMs: pace.questionMs } as const;
    await this.#call<undefined>(this.#source, { ...question, deadlineMs: null }, signal, (answer, host) => {
      const copy = this.#idleCopy(host, answer);
      if (copy === undefined) return;
      const target = this.#ends.hostAt(targetPeerUri);
      if (target === undefined) {
        answer.refuse(`unable to connect to server at '${targetPeerUri}'`);
        return;
      }
      movePeerToPeer(copy, target, this.#options, (problem) => {
        if (problem === undefined) answer.done(undefined);
        else answer.refuse(problem);
      });
    });
    this.#reached = "over";
  }

  async unwind(signal: AbortSignal): Promise<void> {
    const reached = this.#reached;
    if (reached !== "begun" && reached !== "prepared" && reached !== "performed") return;
    const migration = this.#begun;
    if (reached !== "begun") {
      const question = { name: "finish-cancelled", doing: "drop the VM", thinkMs: pace.questionMs } as const;
      const dropped = this.#call<undefined>(this.#target, question, signal, (answer) => {
        migration.discardIncoming();
        answer.done(undefined);
      });
      await dropped.catch(() => undefined);
    }
    await this.#confirmed("confirm-cancelled", "let the VM go on", signal).catch(() => undefined);
    this.#reached = "over";
  }

  async resumeSource(signal: AbortSignal): Promise<void> {
    if (this.#holdsJob) {
      await this.#confirmed("confirm-cancelled", "let the VM go on", signal);
      return;
    }
    const question = { name: "resume", doing: "let the VM go on", thinkMs: pace.questionMs } as const;
    await this.#call<undefined>(this.#source, question, signal, (answer, host) => {
      const copy = host.copies.get(this.#options.vm);
      if (copy === undefined || copy.job !== "none") answer.refuse("Requested operation is not valid");
      else {
        if (copy.power === "paused") host.run(copy, "unpaused");
        answer.done(undefined);
      }
    });
  }

  async releaseSource(signal: AbortSignal): Promise<void> {
    if (this.#holdsJob) {
      await this.#confirmed("confirm", "let its copy go", signal);
      return;
    }
    const question = { name: "destroy", doing: "let its copy go", thinkMs: pace.destroyMs } as const;
    await this.#call<undefined>(this.#source, question, signal, (answer, host) => {
      const copy = host.copies.get(this.#options.vm);
      if (copy !== undefined) host.end(copy, "released by the controller");
      answer.done(undefined);
    });
  }

  async close(): Promise<void> {
    this.#life.close(this.#source);
    this.#life.close(this.#target);
  }

  get #holdsJob(): boolean {
    return this.#reached !== "nothing" && this.#reached !== "over" && this.#source.isOpen;
  }

  get #begun(): Migration {
    assert(this.#migration !== undefined, "every phase after begin has the cookie of begin");
    return this.#migration;
  }

  async #confirmed(name: "confirm" | "confirm-cancelled", doing: string, signal: AbortSignal): Promise<void> {
    const migration = this.#begun;
    const thinkMs = name === "confirm" ? pace.confirmMs : pace.questionMs;
    await this.#call<undefined>(this.#source, { name, doing, thinkMs }, signal, (answer) => {
      const isDone = name === "confirm" ? migration.confirm() : migration.giveUp();
      if (isDone) answer.done(undefined);
      else
        answer.refuse("Requested operation is not valid: domain is not in the middle of a migration", operationInvalid);
    });
    this.#reached = "over";
  }

  /** The copy that a move can begin with; refuses in libvirt's words. */
  #idleCopy(host: Host, answer: Answer<never>): Copy | undefined {
    const { vm, vmName } = this.#options;
    const copy = host.copies.get(vm);
    if (copy === undefined)
      answer.refuse(
        host.definitions.has(vm)
          ? "Requested operation is not valid: domain is not running"
          : `Domain not found: no domain with matching uuid '${vm}' (${vmName})`,
        host.definitions.has(vm) ? operationInvalid : noDomain,
      );
    else if (copy.job !== "none")
      answer.refuse("Requested operation is not valid: another migration job is already running", operationInvalid);
    else return copy;
    return undefined;
  }

  async #call<T>(
    connection: Connection,
    question: { readonly name: CallName; readonly doing: string; readonly thinkMs: number; readonly deadlineMs?: null },
    signal: AbortSignal,
    serve: (answer: Answer<T>, host: Host) => void,
  ): Promise<T> {
    const ask = { deadlineMs: pace.phaseDeadlineMs, ...question, vm: this.#options.vm, signal };
    return await connection.call<T>(ask, (answer) => {
      serve(answer, connection.host);
    });
  }
}

/** VIR_ERR_NO_DOMAIN, VIR_ERR_OPERATION_INVALID. */
const noDomain = 42;
const operationInvalid = 55;
