/**
 * An OpenFlow 1.3 channel on an open socket: greeting, echoes, and calls with many in flight.
 *
 * A call is one or more requests whose last one is answered: by itself (multipart) or because it is a barrier, which a
 * switch answers when it has done everything before it (section 7.3.8). Other requests are answered only when they fail,
 * by an ERROR with their transaction id; so when the last answer comes, all errors have come.
 *
 * INVARIANTS
 * - Every call ends: with its result, or with an OpenFlowError of its own deadline, its signal, the switch, or the end of
 *   the channel.
 * - The channel ends once, for one reason, and `closed` tells it. After that nothing is sent and nothing dispatched.
 * - Whatever the peer sends, nothing is thrown out of a socket event.
 * - Memory held for the peer is bounded: one unfinished message, calls in flight, unsent bytes (limits.ts).
 */
import type { Duplex } from "node:stream";
import { OpenFlowError, reasonOf } from "../errors.ts";
import {
  CALL_TIMEOUT_MS,
  CLOSE_TIMEOUT_MS,
  MAX_CALLS_IN_FLIGHT,
  MAX_TRANSACTION_ID,
  MAX_UNSENT_BYTES,
  PROBE_INTERVAL_MS,
} from "../limits.ts";
import { helloBody, incompatibleBody, speaksOpenFlow13 } from "../wire/hello.ts";
import { encodeMessage, messageType, MessageSplitter, OPENFLOW_13 } from "../wire/message.ts";
import type { Message, MessageHeader } from "../wire/message.ts";
import { readSwitchError } from "../wire/switch-error.ts";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface ChannelOptions {
  readonly callTimeoutMs?: number | undefined;
  /** Silence after which the peer is probed with an echo; 0 never probes. */
  readonly probeIntervalMs?: number | undefined;
}

export interface Request {
  readonly type: number;
  readonly body: Uint8Array;
  /** What an error message calls it. */
  readonly name: string;
}

/** What the last request of a call is answered with. `add` returns true when the answer is complete. */
export interface Answer {
  readonly type: number;
  add(body: Buffer): boolean;
}

interface PendingCall {
  readonly firstId: number;
  readonly requests: readonly Request[];
  readonly answer: Answer;
  readonly succeed: () => void;
  readonly fail: (error: OpenFlowError) => void;
  firstError: OpenFlowError | undefined;
}

/** Sent by a switch at its own will (section 6.1.2), or in a dialect that is not ours; nobody here waits for them. */
const ignoredTypes: ReadonlySet<number> = new Set([
  messageType.hello,
  messageType.echoReply,
  messageType.experimenter,
  messageType.packetIn,
  messageType.flowRemoved,
  messageType.portStatus,
]);

export class Channel {
  /** Resolves, never rejects, with the reason when the channel has ended. */
  readonly closed: Promise<OpenFlowError>;
  /** Resolves when both sides have greeted; never when the channel ends before. */
  readonly greeted: Promise<void>;
  readonly #socket: Duplex;
  readonly #address: string;
  readonly #callTimeoutMs: number;
  readonly #splitter = new MessageSplitter((header) => this.#check(header));
  readonly #pending = new Set<PendingCall>();
  readonly #probeTimer: NodeJS.Timeout | undefined;
  #resolveClosed: (reason: OpenFlowError) => void = () => {};
  #resolveGreeted: () => void = () => {};
  #endReason: OpenFlowError | undefined;
  #hasGreeted = false;
  #nextId = 1;
  #isQuiet = false;
  #isProbing = false;

  constructor(socket: Duplex, address: string, options: ChannelOptions = {}) {
    this.#socket = socket;
    this.#address = address;
    this.#callTimeoutMs = options.callTimeoutMs ?? CALL_TIMEOUT_MS;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.greeted = new Promise((resolve) => {
      this.#resolveGreeted = resolve;
    });
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#end(this.#failure("openflow.transport", `broke: ${reasonOf(error)}`, error)));
    socket.on("end", () => this.#end(this.#failure("openflow.closed", "was closed by the switch")));
    socket.on("close", () => this.#end(this.#failure("openflow.closed", "was closed")));
    const probeIntervalMs = options.probeIntervalMs ?? PROBE_INTERVAL_MS;
    if (probeIntervalMs > 0) {
      this.#probeTimer = setInterval(() => this.#probe(probeIntervalMs), probeIntervalMs);
      this.#probeTimer.unref();
    }
    // The peer may have gone between the connect event and this constructor.
    if (socket.destroyed) this.#end(this.#failure("openflow.closed", "was closed by the switch"));
    this.#send(messageType.hello, this.#takeIds(1), helloBody);
  }

  get isOpen(): boolean {
    return this.#endReason === undefined;
  }

  /** Sends the requests one after the other and resolves when the last one is answered and none of them was refused. */
  async call(requests: readonly Request[], answer: Answer, options: CallOptions = {}): Promise<void> {
    const { signal } = options;
    const timeoutMs = options.timeoutMs ?? this.#callTimeoutMs;
    if (this.#endReason !== undefined) throw this.#endReason;
    const what = requests.at(-1)?.name ?? "nothing";
    if (signal?.aborted === true)
      throw this.#failure("openflow.aborted", `was not used for ${what}: the caller had given up`);
    if (this.#pending.size >= MAX_CALLS_IN_FLIGHT)
      throw this.#failure("openflow.refused", `has ${MAX_CALLS_IN_FLIGHT} calls in flight; ${what} was not sent`);
    const firstId = this.#takeIds(requests.length);
    const messages = requests.map(({ type, body }, index) => encodeMessage(type, firstId + index, body));
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#pending.delete(call);
      };
      const call: PendingCall = {
        firstId,
        requests,
        answer,
        firstError: undefined,
        succeed: () => {
          settle();
          resolve();
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      const onAbort = (): void =>
        call.fail(this.#failure("openflow.aborted", `waited for the answer to ${what} when the caller gave up`));
      const timer = setTimeout(() => {
        call.fail(this.#failure("openflow.timeout", `brought no answer to ${what} within ${timeoutMs} ms`));
      }, timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#pending.add(call);
      this.#write(Buffer.concat(messages));
    });
  }

  /** Ends the channel with `reason`. */
  abandon(reason: OpenFlowError): void {
    this.#end(reason);
  }

  /** Ends the channel; calls in flight fail with `openflow.closed`. Resolves when the socket is gone. */
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
      this.#finish(this.#failure("openflow.closed", "was closed by this side"));
      // Nobody reads what the peer still sends, but it must be drained for the end to be seen.
      socket.resume();
    }
    await gone;
  }

  #receive(chunk: Buffer): void {
    if (this.#endReason !== undefined) return;
    this.#isQuiet = false;
    this.#isProbing = false;
    try {
      for (const message of this.#splitter.push(chunk)) {
        if (this.#hasGreeted) this.#dispatch(message);
        else this.#greet(message);
        if (!this.isOpen) return;
      }
    } catch (error) {
      const { code, hint } = error instanceof OpenFlowError ? error : { code: "openflow.protocol" as const, hint: "" };
      this.#end(
        new OpenFlowError(code, `The connection to ${this.#address} was closed. ${reasonOf(error)}`, {
          ...(hint === "" ? {} : { hint }),
          details: { address: this.#address },
          cause: error,
        }),
      );
    }
  }

  /** Before the greeting only HELLO is in order, or the ERROR of a switch that does not want us (section 6.3.1). */
  #check({ version, type }: MessageHeader): void {
    if (!this.#hasGreeted) {
      if (type === messageType.hello && version > 0) return;
      if (type === messageType.error && version > 0) return;
      throw new OpenFlowError("openflow.protocol", `The peer did not begin with HELLO but with message type ${type}.`);
    }
    if (version !== OPENFLOW_13)
      throw new OpenFlowError(
        "openflow.protocol",
        `The peer sent a message of version ${version} after agreeing on 4.`,
      );
  }

  #greet(message: Message): void {
    if (message.type === messageType.error) {
      const { text, type, code, hint } = readSwitchError(message);
      this.#end(
        new OpenFlowError("openflow.remote", `${this.#address} refused the connection: ${text}.`, {
          ...(hint === undefined ? {} : { hint }),
          details: { address: this.#address, type, code },
        }),
      );
      return;
    }
    if (speaksOpenFlow13(message)) {
      this.#hasGreeted = true;
      this.#resolveGreeted();
      return;
    }
    this.#send(messageType.error, message.transactionId, incompatibleBody);
    this.#socket.end(() => this.#socket.destroy());
    this.#finish(
      new OpenFlowError(
        "openflow.protocol",
        `${this.#address} does not speak OpenFlow 1.3; its HELLO has version ${message.version}.`,
        {
          hint: "Let the bridge speak OpenFlow 1.3: ovs-vsctl add bridge BRIDGE protocols OpenFlow13",
          details: { address: this.#address, version: message.version },
        },
      ),
    );
  }

  #dispatch(message: Message): void {
    const { type, transactionId, body } = message;
    switch (type) {
      case messageType.echoRequest:
        this.#send(messageType.echoReply, transactionId, body);
        return;
      case messageType.error:
        this.#takeError(message);
        return;
      case messageType.barrierReply:
      case messageType.multipartReply:
        this.#takeAnswer(message);
        return;
      default:
        if (!ignoredTypes.has(type))
          throw new OpenFlowError(
            "openflow.protocol",
            `The peer sent a message of type ${type}, which nobody asked for.`,
          );
    }
  }

  #takeAnswer({ type, transactionId, body }: Message): void {
    const call = this.#callOf(transactionId);
    // An answer to a call that was given up is late, not wrong.
    if (call === undefined && transactionId > 0 && transactionId < this.#nextId) return;
    if (call === undefined || transactionId !== lastIdOf(call) || type !== call.answer.type)
      throw new OpenFlowError("openflow.protocol", "The peer answered a request that was never made.");
    if (!call.answer.add(body)) return;
    if (call.firstError === undefined) call.succeed();
    else call.fail(call.firstError);
  }

  #takeError(message: Message): void {
    const { text, type, code, hint } = readSwitchError(message);
    const call = this.#callOf(message.transactionId);
    if (call === undefined) return;
    const index = message.transactionId - call.firstId;
    const name = call.requests[index]?.name ?? "a request";
    call.firstError ??= new OpenFlowError("openflow.remote", `${this.#address} refused ${name}: ${text}.`, {
      ...(hint === undefined ? {} : { hint }),
      details: { address: this.#address, type, code, request: index },
    });
    if (message.transactionId === lastIdOf(call)) call.fail(call.firstError);
  }

  #callOf(transactionId: number): PendingCall | undefined {
    for (const call of this.#pending) {
      if (transactionId >= call.firstId && transactionId <= lastIdOf(call)) return call;
    }
    return undefined;
  }

  #probe(probeIntervalMs: number): void {
    if (!this.#isQuiet) {
      this.#isQuiet = true;
      return;
    }
    if (!this.#isProbing) {
      this.#isProbing = true;
      this.#send(messageType.echoRequest, this.#takeIds(1), new Uint8Array());
      return;
    }
    // After a long pause of this process timers run before sockets are read: the answer may be waiting there.
    setImmediate(() => {
      if (this.#isProbing)
        this.#end(
          this.#failure(
            "openflow.timeout",
            `was closed, because the switch did not answer an echo within ${probeIntervalMs} ms`,
          ),
        );
    });
  }

  #takeIds(count: number): number {
    const first = this.#nextId;
    if (first + count > MAX_TRANSACTION_ID) {
      const reason = this.#failure("openflow.closed", "was closed, because it has used up its transaction ids");
      this.#end(reason);
      throw reason;
    }
    this.#nextId += count;
    return first;
  }

  #send(type: number, transactionId: number, body: Uint8Array): void {
    this.#write(encodeMessage(type, transactionId, body));
  }

  #write(bytes: Buffer): void {
    if (this.#endReason !== undefined) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.#end(
        this.#failure(
          "openflow.transport",
          `was closed, because the switch left more than ${MAX_UNSENT_BYTES} bytes unread`,
        ),
      );
    }
  }

  #end(reason: OpenFlowError): void {
    if (this.#endReason !== undefined) return;
    this.#socket.destroy();
    this.#finish(reason);
  }

  #finish(reason: OpenFlowError): void {
    this.#endReason = reason;
    clearInterval(this.#probeTimer);
    for (const call of this.#pending) call.fail(reason);
    this.#resolveClosed(reason);
  }

  #failure(code: OpenFlowError["code"], what: string, cause?: unknown): OpenFlowError {
    return new OpenFlowError(code, `The connection to ${this.#address} ${what}.`, {
      details: { address: this.#address },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

function lastIdOf(call: PendingCall): number {
  return call.firstId + call.requests.length - 1;
}
