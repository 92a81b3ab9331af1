/**
 * One connection of a controller process to a daemon, and the calls over it. What travels takes its time; answers and
 * events of one connection keep their order. A call that has reached the daemon is carried out, whatever becomes of the
 * one who asked; a call of a dead process that is still on its way is lost.
 */
import { TrunklineError } from "@trunkline/model";
import type { HostName, VmId } from "@trunkline/model";
import type { HypervisorEvent } from "@trunkline/ports";
import type { Client, Host } from "../host/host.ts";
import { pace } from "../limits.ts";
import type { CallName, FaultHooks } from "./faults.ts";

export interface Ask {
  readonly name: CallName;
  /** Completes the sentence "h1 could not be asked to …". */
  readonly doing: string;
  readonly vm: VmId | undefined;
  readonly signal: AbortSignal;
  readonly deadlineMs: number | null;
  readonly thinkMs: number;
}

export interface Answer<T> {
  done(value: T): void;
  /** @param libvirtCode libvirt's own error number. */
  refuse(message: string, libvirtCode?: number): void;
}

/** Who is on our end of it. */
export interface Caller {
  readonly name: string;
  readonly isAlive: boolean;
  readonly hooks: FaultHooks;
}

export class Connection implements Client {
  readonly host: Host;
  /** The name that the process knows the host by. */
  readonly label: HostName;
  readonly #caller: Caller;
  readonly #listeners = new Set<(event: HypervisorEvent) => void>();
  readonly #onClosed = new Set<(why: string) => void>();
  #lastDeliveryMs = 0;
  isOpen = true;

  constructor(host: Host, label: HostName, caller: Caller) {
    this.host = host;
    this.label = label;
    this.#caller = caller;
    host.clients.add(this);
  }

  async call<T>(ask: Ask, serve: (answer: Answer<T>) => void): Promise<T> {
    const { timers } = this.host.ground;
    return await new Promise<T>((resolve, reject) => {
      if (!this.#caller.isAlive) return;
      let isSettled = false;
      const settle = (act: () => void): void => {
        if (isSettled) return;
        isSettled = true;
        cancelDeadline();
        this.#onClosed.delete(onClosed);
        ask.signal.removeEventListener("abort", onAbort);
        if (this.#caller.isAlive) act();
      };
      const fail = (why: string): void => {
        settle(() => {
          reject(unreachable(this.label, ask.doing, why));
        });
      };
      const onClosed = (why: string): void => {
        fail(why);
      };
      const onAbort = (): void => {
        fail("it was given up");
      };
      const cancelDeadline =
        ask.deadlineMs === null
          ? () => undefined
          : timers.after(ask.deadlineMs, () => {
              fail(`no answer within ${ask.deadlineMs} ms`);
            });
      if (ask.signal.aborted || !this.isOpen) {
        fail(this.isOpen ? "it was given up" : "the connection is closed");
        return;
      }
      this.#onClosed.add(onClosed);
      ask.signal.addEventListener("abort", onAbort, { once: true });
      this.#send(ask, serve, (answer) => {
        settle(() => {
          answer(resolve, reject);
        });
      });
    });
  }

  #send<T>(
    ask: Ask,
    serve: (answer: Answer<T>) => void,
    deliver: (answer: (resolve: (value: T) => void, reject: (error: Error) => void) => void) => void,
  ): void {
    const { timers } = this.host.ground;
    const call = { process: this.#caller.name, name: ask.name, host: this.host.name, vm: ask.vm };
    const { hooks } = this.#caller;
    const answered = (answer: (resolve: (value: T) => void, reject: (error: Error) => void) => void): void => {
      const fault = hooks.onCall?.({ ...call, when: "after" });
      if (fault === "lose") {
        this.#lose(ask);
        return;
      }
      const extraMs = fault !== undefined && "delayMs" in fault ? fault.delayMs : 0;
      this.deliver(() => {
        deliver(answer);
      }, extraMs);
    };
    const refuse = (message: string, libvirtCode = internalError): void => {
      answered((_resolve, reject) => {
        reject(refused(this.label, ask.doing, message, libvirtCode));
      });
    };
    const arrive = (): void => {
      this.host.whenServing(() => {
        const { daemonLife } = this.host;
        timers.after(ask.thinkMs, () => {
          if (this.host.daemonLife !== daemonLife) return;
          this.host.whenServing(() => {
            serve({
              done: (value) => {
                answered((resolve) => {
                  resolve(value);
                });
              },
              refuse,
            });
          });
        });
      });
    };
    timers.after(this.#latencyMs(), () => {
      if (!this.#caller.isAlive || !this.isOpen) return;
      const fault = hooks.onCall?.({ ...call, when: "before" });
      if (fault === "lose") this.#lose(ask);
      if (fault === "lose" || !this.#caller.isAlive || !this.isOpen) return;
      if (fault !== undefined && "refuse" in fault) refuse(fault.refuse);
      else if (fault !== undefined) timers.after(fault.delayMs, arrive);
      else arrive();
    });
  }

  /** Whoever waits without a deadline learns of it by the keepalive: TCP loses no single word, but a connection may die. */
  #lose({ deadlineMs }: Ask): void {
    if (deadlineMs !== null) return;
    this.host.ground.timers.after(pace.keepaliveMs, () => {
      this.closeByHost("connection closed due to keepalive timeout");
      this.host.lose(this);
    });
  }

  /** To the process, in order, as long as both ends live. */
  deliver(act: () => void, extraMs = 0): void {
    const { timers } = this.host.ground;
    const now = timers.nowMs();
    this.#lastDeliveryMs = Math.max(now + this.#latencyMs() + extraMs, this.#lastDeliveryMs);
    timers.after(this.#lastDeliveryMs - now, () => {
      if (this.isOpen && this.#caller.isAlive) act();
    });
  }

  listen(listener: (event: HypervisorEvent) => void): () => void {
    this.#listeners.add(listener);
    const onClosed = (why: string): void => {
      if (this.#listeners.delete(listener)) listener({ kind: "connection-lost", why });
    };
    this.#onClosed.add(onClosed);
    return () => {
      this.#listeners.delete(listener);
      this.#onClosed.delete(onClosed);
    };
  }

  onClosed(listener: (why: string) => void): void {
    this.#onClosed.add(listener);
  }

  report(event: HypervisorEvent): void {
    if (this.#listeners.size === 0) return;
    const fault = this.#caller.hooks.onEvent?.({ process: this.#caller.name, host: this.host.name, event });
    if (fault === "lose") return;
    this.deliver(() => {
      for (const listener of this.#listeners) listener(event);
    }, fault?.delayMs);
  }

  closeByHost(why: string): void {
    if (!this.#close()) return;
    this.host.ground.timers.after(this.#latencyMs(), () => {
      if (this.#caller.isAlive) for (const listener of this.#onClosed) listener(why);
    });
  }

  /** The client closes it or dies. */
  closeByClient(): void {
    if (!this.#close()) return;
    this.#listeners.clear();
    for (const listener of this.#onClosed) listener("it was closed");
    this.host.ground.timers.after(this.#latencyMs(), () => {
      this.host.lose(this);
    });
  }

  #close(): boolean {
    if (!this.isOpen) return false;
    this.isOpen = false;
    this.host.clients.delete(this);
    return true;
  }

  #latencyMs(): number {
    return this.host.latencyMs * (0.5 + this.host.ground.random.next());
  }
}

export const unreachable = (host: HostName, doing: string, why: string): TrunklineError =>
  new TrunklineError("host.unreachable", `${host} could not be asked to ${doing}: ${why}`, { details: { host } });

const refused = (host: HostName, doing: string, message: string, libvirtCode: number): TrunklineError =>
  new TrunklineError("host.failed", `${host} refused to ${doing}: ${message}`, { details: { host, libvirtCode } });

/** VIR_ERR_INTERNAL_ERROR. */
const internalError = 1;
