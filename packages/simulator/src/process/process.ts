/**
 * One controller process as the cluster sees it. `kill` is SIGKILL: from that instant none of its calls reaches anybody,
 * none of its promises settles, its timers never fire, and its connections close.
 */
import type { HostName } from "@trunkline/model";
import type { Clock } from "@trunkline/ports";
import type { Host } from "../host/host.ts";
import { pace } from "../limits.ts";
import { Connection, unreachable } from "./connection.ts";
import type { Answer, Ask, Caller } from "./connection.ts";
import type { FaultHooks } from "./faults.ts";

export class ProcessLife implements Caller {
  readonly name: string;
  readonly hooks: FaultHooks;
  readonly clock: Clock;
  readonly #connections = new Set<Connection>();
  readonly #onDeath: (() => void)[] = [];
  isAlive = true;

  constructor(name: string, hooks: FaultHooks, clock: Clock) {
    this.name = name;
    this.hooks = hooks;
    this.clock = {
      nowMs: () => clock.nowMs(),
      timestamp: () => clock.timestamp(),
      sleep: async (ms, signal) => {
        await this.whileAlive(clock.sleep(ms, signal));
      },
      deadline: (ms) => {
        const controller = new AbortController();
        const deadline = clock.deadline(ms);
        deadline.addEventListener(
          "abort",
          () => {
            if (this.isAlive) controller.abort(deadline.reason);
          },
          { once: true },
        );
        return controller.signal;
      },
    };
  }

  /** The same promise, but it never settles once the process is dead. */
  async whileAlive<T>(work: Promise<T>): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      work.then(
        (value) => {
          if (this.isAlive) resolve(value);
        },
        (error: unknown) => {
          if (this.isAlive) reject(error);
        },
      );
    });
  }

  onDeath(listener: () => void): void {
    this.#onDeath.push(listener);
  }

  die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    for (const connection of this.#connections) connection.closeByClient();
    for (const listener of this.#onDeath) listener();
  }

  /** @throws host.unreachable when nobody answers there. */
  async dial(host: Host | undefined, label: HostName, doing: string, signal: AbortSignal): Promise<Connection> {
    const isThere = host !== undefined && host.power === "on";
    const waitMs = isThere ? host.latencyMs * 2 : pace.connectMs;
    try {
      await this.clock.sleep(waitMs, signal);
    } catch {
      throw unreachable(label, doing, "it was given up");
    }
    if (host === undefined || host.power !== "on") throw unreachable(label, doing, "no route to host");
    if (host.daemon === "down") throw unreachable(label, doing, "connection refused");
    const connection = new Connection(host, label, this);
    this.#connections.add(connection);
    return connection;
  }

  close(connection: Connection): void {
    this.#connections.delete(connection);
    connection.closeByClient();
  }
}

/** The connection that answers questions: opened when it is needed, again after it broke. */
export class ControlLine {
  readonly #life: ProcessLife;
  readonly #host: Host | undefined;
  readonly #label: HostName;
  #connection: Connection | undefined;
  #dialling: Promise<Connection> | undefined;

  constructor(life: ProcessLife, host: Host | undefined, label: HostName) {
    this.#life = life;
    this.#host = host;
    this.#label = label;
  }

  async get(doing: string, signal: AbortSignal): Promise<Connection> {
    if (this.#connection?.isOpen === true) return this.#connection;
    // One dial for all who wait; its own bound, so that nobody's signal breaks another's question.
    this.#dialling ??= this.#life.dial(this.#host, this.#label, doing, new AbortController().signal).finally(() => {
      this.#dialling = undefined;
    });
    const connection = await orGivenUp(this.#dialling, signal, this.#label, doing);
    this.#connection = connection;
    return connection;
  }

  async call<T>(ask: Ask, serve: (host: Host, answer: Answer<T>, connection: Connection) => void): Promise<T> {
    const connection = await this.get(ask.doing, ask.signal);
    return await connection.call<T>(ask, (answer) => {
      serve(connection.host, answer, connection);
    });
  }

  close(): void {
    if (this.#connection !== undefined) this.#life.close(this.#connection);
    this.#connection = undefined;
  }
}

async function orGivenUp<T>(work: Promise<T>, signal: AbortSignal, host: HostName, doing: string): Promise<T> {
  if (signal.aborted) throw unreachable(host, doing, "it was given up");
  return await new Promise<T>((resolve, reject) => {
    const onAbort = (): void => {
      reject(unreachable(host, doing, "it was given up"));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener("abort", onAbort);
    });
  });
}
