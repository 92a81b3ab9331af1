/**
 * A JSON-RPC 1.0 connection with many calls in flight.
 *
 * INVARIANTS
 * - Every call ends: with its result, or with an OvsdbError of its own deadline, its signal, or the end of the connection.
 * - The connection ends once, for one reason, and `closed` tells it. After that nothing is sent and nothing dispatched.
 * - Whatever the peer sends, nothing is thrown out of a socket event.
 * - Memory held for the peer is bounded: unfinished message, calls in flight, unsent bytes (limits.ts).
 *
 * Echo goes both ways (RFC 7047 section 4.1.11): requests of the peer are answered, and a silent peer is probed.
 */
import type { Socket } from "node:net";
import { OvsdbError, reasonOf } from "../errors.ts";
import { JsonSplitter } from "../json/splitter.ts";
import { isJsonObject, memberOf } from "../json/value.ts";
import type { JsonValue } from "../json/value.ts";
import {
  CALL_TIMEOUT_MS,
  CLOSE_TIMEOUT_MS,
  MAX_CALLS_IN_FLIGHT,
  MAX_MESSAGE_BYTES,
  MAX_UNSENT_BYTES,
} from "../limits.ts";
import { parseMessage } from "./message.ts";
import type { RpcMessage } from "./message.ts";

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export interface RpcOptions {
  readonly callTimeoutMs?: number;
  readonly maxMessageBytes?: number;
  /** Silence after which the peer is probed with an echo; 0 never probes. */
  readonly probeIntervalMs?: number;
  readonly onNotification?: (method: string, params: readonly JsonValue[]) => void;
}

/** What a caller inside the package may add to a call. */
export interface RpcCallOptions extends CallOptions {
  /** Runs while the reply is dispatched, so before any later message of the peer is looked at. */
  readonly onReply?: (result: JsonValue) => void;
  /** Runs when the caller gave up while the peer still works on the call. */
  readonly onAbandoned?: (id: number) => void;
}

interface PendingCall {
  readonly succeed: (result: JsonValue) => void;
  readonly fail: (error: OvsdbError) => void;
}

export class RpcConnection {
  /** Resolves, never rejects, with the reason when the connection has ended. */
  readonly closed: Promise<OvsdbError>;
  readonly #socket: Socket;
  readonly #address: string;
  readonly #callTimeoutMs: number;
  readonly #onNotification: (method: string, params: readonly JsonValue[]) => void;
  readonly #splitter: JsonSplitter;
  readonly #pending = new Map<number, PendingCall>();
  readonly #probeTimer: NodeJS.Timeout | undefined;
  #resolveClosed: (reason: OvsdbError) => void = () => {};
  #endReason: OvsdbError | undefined;
  #nextId = 1;
  #hasHeardSinceProbe = true;

  constructor(socket: Socket, address: string, options: RpcOptions = {}) {
    this.#socket = socket;
    this.#address = address;
    this.#callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
    this.#onNotification = options.onNotification ?? (() => {});
    this.#splitter = new JsonSplitter({ maxBytes: options.maxMessageBytes ?? MAX_MESSAGE_BYTES });
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#end(this.#failure("ovsdb.transport", `broke: ${reasonOf(error)}`, error)));
    socket.on("end", () => this.#end(this.#failure("ovsdb.closed", "was closed by the peer")));
    socket.on("close", () => this.#end(this.#failure("ovsdb.closed", "was closed")));
    const probeIntervalMs = options.probeIntervalMs ?? 0;
    if (probeIntervalMs > 0) {
      this.#probeTimer = setInterval(() => this.#probe(probeIntervalMs), probeIntervalMs);
      this.#probeTimer.unref();
    }
    // The peer may have gone between the connect event and this constructor.
    if (socket.destroyed) this.#end(this.#failure("ovsdb.closed", "was closed by the peer"));
  }

  get address(): string {
    return this.#address;
  }

  async call(method: string, params: readonly JsonValue[], options: RpcCallOptions = {}): Promise<JsonValue> {
    const { signal } = options;
    const timeoutMs = options.timeoutMs ?? this.#callTimeoutMs;
    if (this.#endReason !== undefined) throw this.#endReason;
    if (signal?.aborted === true)
      throw this.#failure("ovsdb.aborted", `was not used for ${method}: the caller had given up`);
    if (this.#pending.size >= MAX_CALLS_IN_FLIGHT) {
      throw this.#failure("ovsdb.overload", `has ${MAX_CALLS_IN_FLIGHT} calls in flight; ${method} was not sent`);
    }
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(id);
      };
      const fail = (error: OvsdbError): void => {
        settle();
        reject(error);
      };
      const abandon = (error: OvsdbError): void => {
        fail(error);
        options.onAbandoned?.(id);
      };
      const onAbort = (): void =>
        abandon(this.#failure("ovsdb.aborted", `waited for ${method} when the caller gave up`));
      const timer = setTimeout(() => {
        abandon(this.#failure("ovsdb.timeout", `brought no answer to ${method} within ${timeoutMs} ms`));
      }, timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pending.set(id, {
        fail,
        succeed: (result) => {
          settle();
          options.onReply?.(result);
          resolve(result);
        },
      });
      this.#send({ id, method, params });
    });
  }

  notify(method: string, params: readonly JsonValue[]): void {
    this.#send({ id: null, method, params });
  }

  /** Ends the connection with `reason`: for the layers above, when what they read makes no sense. */
  abandon(reason: OvsdbError): void {
    this.#end(reason);
  }

  /** Ends the connection; calls in flight fail with `ovsdb.closed`. Resolves when the socket is gone. */
  async close(): Promise<void> {
    const socket = this.#socket;
    const gone = new Promise<void>((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once("close", () => resolve());
    });
    if (this.#endReason === undefined) {
      socket.end();
      const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
      void gone.then(() => clearTimeout(timer));
      this.#finish(this.#failure("ovsdb.closed", "was closed by this side"));
      // Nobody reads what the peer still sends, but it must be drained for the end to be seen.
      socket.resume();
    }
    await gone;
  }

  #receive(chunk: Buffer): void {
    if (this.#endReason !== undefined) return;
    this.#hasHeardSinceProbe = true;
    try {
      for (const text of this.#splitter.push(chunk)) {
        this.#dispatch(parseMessage(text));
        if (this.#isEnded()) return;
      }
    } catch (error) {
      this.#end(
        error instanceof OvsdbError
          ? new OvsdbError(error.code, `The connection to ${this.#address} was closed. ${error.message}`, {
              hint: error.hint,
              details: { ...error.details, address: this.#address },
              cause: error,
            })
          : this.#failure(
              "ovsdb.protocol",
              `was closed, because a message could not be handled: ${reasonOf(error)}`,
              error,
            ),
      );
    }
  }

  #dispatch(message: RpcMessage): void {
    switch (message.kind) {
      case "reply":
        this.#settle(message.id, message.result, message.error);
        return;
      case "notification":
        this.#onNotification(message.method, message.params);
        return;
      case "request":
        if (message.method === "echo") this.#send({ id: message.id, result: message.params, error: null });
        else this.#send({ id: message.id, result: null, error: { error: "unknown method" } });
        return;
      default:
        message satisfies never;
    }
  }

  #settle(id: JsonValue, result: JsonValue, error: JsonValue): void {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 1 || id >= this.#nextId) {
      throw new OvsdbError("ovsdb.protocol", "The peer answered a call that was never made.");
    }
    // An answer to a call that was given up is late, not wrong.
    const call = this.#pending.get(id);
    if (call === undefined) return;
    if (error === null) call.succeed(result);
    else call.fail(this.#remoteFailure(error));
  }

  #probe(probeIntervalMs: number): void {
    if (this.#hasHeardSinceProbe) {
      this.#hasHeardSinceProbe = false;
      return;
    }
    this.call("echo", [], { timeoutMs: probeIntervalMs }).catch((error: unknown) => {
      if (!(error instanceof OvsdbError) || error.code !== "ovsdb.timeout") return;
      // After a long pause of this process timers run before sockets are read: the answer may be waiting there.
      setImmediate(() => {
        if (this.#hasHeardSinceProbe) return;
        this.#end(
          this.#failure(
            "ovsdb.timeout",
            `was closed, because the peer did not answer an echo within ${probeIntervalMs} ms`,
          ),
        );
      });
    });
  }

  #send(message: { readonly [key: string]: JsonValue }): void {
    if (this.#endReason !== undefined) return;
    this.#socket.write(JSON.stringify(message));
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.#end(
        this.#failure(
          "ovsdb.transport",
          `was closed, because the peer left more than ${MAX_UNSENT_BYTES} bytes unread`,
        ),
      );
    }
  }

  #end(reason: OvsdbError): void {
    if (this.#endReason !== undefined) return;
    this.#socket.destroy();
    this.#finish(reason);
  }

  #finish(reason: OvsdbError): void {
    this.#endReason = reason;
    clearInterval(this.#probeTimer);
    for (const call of this.#pending.values()) call.fail(reason);
    this.#resolveClosed(reason);
  }

  #isEnded(): boolean {
    return this.#endReason !== undefined;
  }

  #remoteFailure(error: JsonValue): OvsdbError {
    const word = isJsonObject(error) ? memberOf(error, "error") : error;
    const more = isJsonObject(error) ? memberOf(error, "details") : undefined;
    const text = typeof word === "string" ? word.trim() : JSON.stringify(error);
    return new OvsdbError(
      "ovsdb.remote",
      `${this.#address} answered with an error: ${text}${typeof more === "string" ? `: ${more}` : ""}.`,
      { details: { address: this.#address, error: text } },
    );
  }

  #failure(code: OvsdbError["code"], what: string, cause?: unknown): OvsdbError {
    return new OvsdbError(code, `The connection to ${this.#address} ${what}.`, {
      details: { address: this.#address },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
