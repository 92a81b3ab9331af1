/**
 * A connection to an OVSDB server: the methods of RFC 7047 section 4.1, typed.
 *
 * Monitors and locks live as long as the connection; when it ends, their readers and waiters get the same OvsdbError as
 * the calls in flight. There is no silent reconnect: what was read before may be stale, so the caller decides.
 */
import { OvsdbError } from "../errors.ts";
import { isJsonArray, isJsonObject, memberOf } from "../json/value.ts";
import type { JsonValue } from "../json/value.ts";
import { MAX_LOCKS, MAX_MONITORS, PROBE_INTERVAL_MS } from "../limits.ts";
import { dial } from "../rpc/dial.ts";
import type { DialOptions } from "../rpc/dial.ts";
import { RpcConnection } from "../rpc/connection.ts";
import type { CallOptions } from "../rpc/connection.ts";
import { LockState } from "./lock.ts";
import type { OvsdbLock } from "./lock.ts";
import { readUpdates, UpdateQueue } from "./monitor.ts";
import type { Monitor, MonitorRequest, TableUpdates } from "./monitor.ts";
import type { Operation } from "./operations.ts";
import { readResults } from "./results.ts";
import type { OperationResult } from "./results.ts";
import { readSchema } from "./schema.ts";
import type { DatabaseSchema } from "./schema.ts";

export interface OvsdbOptions extends DialOptions {
  /** Deadline of a call that brings none of its own. */
  readonly callTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  /** Silence after which the server is probed with an echo; 0 never probes. */
  readonly probeIntervalMs?: number;
}

/**
 * Connects to `unix:/path`, `tcp:host:port` or `ssl:host:port`. `signal` covers the opening only; every call takes its own.
 * Throws `ovsdb.address`, `ovsdb.transport`, `ovsdb.timeout` or `ovsdb.aborted`.
 */
export async function connectOvsdb(address: string, options: OvsdbOptions = {}): Promise<OvsdbConnection> {
  const socket = await dial(address, options);
  return new OvsdbConnection((onNotification) => {
    return new RpcConnection(socket, address, {
      onNotification,
      probeIntervalMs: options.probeIntervalMs ?? PROBE_INTERVAL_MS,
      ...(options.callTimeoutMs === undefined ? {} : { callTimeoutMs: options.callTimeoutMs }),
      ...(options.maxMessageBytes === undefined ? {} : { maxMessageBytes: options.maxMessageBytes }),
    });
  });
}

type OpenRpc = (onNotification: (method: string, params: readonly JsonValue[]) => void) => RpcConnection;

export class OvsdbConnection {
  readonly #rpc: RpcConnection;
  readonly #monitors = new Map<string, UpdateQueue>();
  readonly #locks = new Map<string, LockState>();
  #nextMonitor = 1;

  constructor(openRpc: OpenRpc) {
    this.#rpc = openRpc((method, params) => this.#notice(method, params));
    void this.#endWithConnection();
  }

  /** Resolves, never rejects, with the reason when the connection has ended. */
  get closed(): Promise<OvsdbError> {
    return this.#rpc.closed;
  }

  get address(): string {
    return this.#rpc.address;
  }

  async listDatabases(options: CallOptions = {}): Promise<readonly string[]> {
    const reply = await this.#rpc.call("list_dbs", [], options);
    if (!isJsonArray(reply) || !reply.every((name) => typeof name === "string")) {
      throw new OvsdbError("ovsdb.protocol", "The list of databases is not a list of names.");
    }
    return reply;
  }

  async getSchema(database: string, options: CallOptions = {}): Promise<DatabaseSchema> {
    return readSchema(await this.#rpc.call("get_schema", [database], options));
  }

  /**
   * Runs the operations as one transaction: all or nothing. A refused transaction is `ovsdb.remote`. After
   * `ovsdb.timeout`, `ovsdb.aborted`, `ovsdb.closed` or `ovsdb.transport` its outcome is unknown: read before trying again.
   */
  async transact(
    database: string,
    operations: readonly Operation[],
    options: CallOptions = {},
  ): Promise<readonly OperationResult[]> {
    const reply = await this.#rpc.call("transact", [database, ...operations], {
      ...options,
      // RFC 7047 section 4.1.4: a transaction that still waits is dropped by the server.
      onAbandoned: (id) => this.#rpc.notify("cancel", [id]),
    });
    return readResults(reply, database, operations);
  }

  /** Starts a monitor of the given tables. Iterate over it to get the updates; `cancel` ends it. */
  async monitor(
    database: string,
    tables: Readonly<Record<string, MonitorRequest>>,
    options: CallOptions = {},
  ): Promise<Monitor> {
    if (this.#monitors.size >= MAX_MONITORS) {
      throw new OvsdbError("ovsdb.overload", `The connection to ${this.address} has ${MAX_MONITORS} monitors already.`);
    }
    const id = `monitor-${this.#nextMonitor++}`;
    const queue = new UpdateQueue();
    // Registered before the call: the first update may arrive in the same packet as the reply.
    this.#monitors.set(id, queue);
    const cancel = async (): Promise<void> => {
      if (!this.#monitors.delete(id)) return;
      queue.end();
      await this.#rpc.call("monitor_cancel", [id]);
    };
    let initial: TableUpdates;
    try {
      initial = readUpdates(
        await this.#rpc.call("monitor", [database, id, tables], {
          ...options,
          // The server does not know that nobody wants the answer and would send updates for ever.
          onAbandoned: () => this.#dismiss("monitor_cancel", [id]),
        }),
      );
    } catch (error) {
      this.#monitors.delete(id);
      throw error;
    }
    return { initial, cancel, [Symbol.asyncIterator]: () => queue };
  }

  /**
   * Asks for a lock; with `steal` takes it from whoever holds it. Returns at once: ask `isHeld` or `waitUntilHeld`.
   * A connection may ask for a name once until it unlocks it.
   */
  async lock(name: string, options: CallOptions & { readonly steal?: boolean } = {}): Promise<OvsdbLock> {
    if (this.#locks.has(name)) {
      throw new OvsdbError("ovsdb.refused", `The connection to ${this.address} has asked for lock ${name} before.`, {
        hint: "Use the lock that was returned then, or unlock it first.",
      });
    }
    if (this.#locks.size >= MAX_LOCKS) {
      throw new OvsdbError("ovsdb.overload", `The connection to ${this.address} has ${MAX_LOCKS} locks already.`);
    }
    const state = new LockState();
    this.#locks.set(name, state);
    try {
      await this.#rpc.call(options.steal === true ? "steal" : "lock", [name], {
        ...options,
        // Set here and not after the await: a "stolen" may be the next message of the same packet.
        onReply: (reply) => {
          if (isJsonObject(reply) && memberOf(reply, "locked") === true) state.change(true);
        },
        onAbandoned: () => this.#dismiss("unlock", [name]),
      });
    } catch (error) {
      this.#locks.delete(name);
      throw error;
    }
    return this.#lockOf(name, state);
  }

  /** Asks the server for an echo; resolves when it came. */
  async echo(options: CallOptions = {}): Promise<void> {
    await this.#rpc.call("echo", [], options);
  }

  /** Ends the connection; calls, monitors and locks end with `ovsdb.closed`. */
  async close(): Promise<void> {
    await this.#rpc.close();
  }

  #lockOf(name: string, state: LockState): OvsdbLock {
    const aborted = (): OvsdbError => new OvsdbError("ovsdb.aborted", `The caller gave up waiting for lock ${name}.`);
    return {
      name,
      isHeld: () => state.isHeld(),
      waitUntilHeld: async (signal) => state.wait(true, signal, aborted),
      waitUntilLost: async (signal) => state.wait(false, signal, aborted),
      unlock: async () => {
        if (this.#locks.get(name) !== state) return;
        this.#locks.delete(name);
        state.end(new OvsdbError("ovsdb.closed", `Lock ${name} was given back by this side.`));
        await this.#rpc.call("unlock", [name]);
      },
    };
  }

  /** Takes back what nobody waits for any more. A request, because ovsdb-server ignores notifications other than cancel. */
  #dismiss(method: string, params: readonly JsonValue[]): void {
    this.#rpc.call(method, params).catch(() => {});
  }

  async #endWithConnection(): Promise<void> {
    const reason = await this.#rpc.closed;
    for (const queue of this.#monitors.values()) queue.end(reason);
    for (const lock of this.#locks.values()) lock.end(reason);
  }

  #notice(method: string, params: readonly JsonValue[]): void {
    const [id, body] = params;
    if (typeof id !== "string") return;
    switch (method) {
      case "update":
        this.#monitors.get(id)?.push(readUpdates(body ?? null));
        return;
      case "locked":
        this.#locks.get(id)?.change(true);
        return;
      case "stolen":
        this.#locks.get(id)?.change(false);
        return;
      default:
        // Notifications of later protocol versions concern nothing this client asked for.
        return;
    }
  }
}
