/**
 * Calls and messages over one byte stream: packets out, packets in, and nothing of what they mean.
 *
 * INVARIANTS
 * - Every call ends: with its result, or with a LibvirtError of libvirt, of its deadline, of its signal, or of the end
 *   of the connection.
 * - The connection ends once, for one reason, and `closed` tells it. After that nothing is sent and nothing dispatched.
 * - Whatever the peer sends, nothing is thrown out of an event of the stream.
 * - Memory held for the peer is bounded: unfinished packet, calls in flight, answers still owed, unsent bytes (limits.ts).
 *
 * Keepalive goes both ways (src/rpc/virkeepaliveprotocol.x): pings of the peer are always answered, and once
 * `startKeepalive` was called a silent peer is asked and in the end given up.
 */
import type { Duplex } from "node:stream";
import { LibvirtError, reasonOf } from "../errors.ts";
import { CLOSE_TIMEOUT_MS, MAX_UNSENT_BYTES } from "../limits.ts";
import type { Procedure } from "../protocol/procedure.ts";
import { keepaliveProcedure, packetStatus, packetType, program } from "../protocol/programs.ts";
import type { XdrReader } from "../xdr/reader.ts";
import { XdrWriter } from "../xdr/writer.ts";
import { CallTable } from "./calls.ts";
import { SilenceCounter } from "./keepalive.ts";
import type { KeepaliveOptions } from "./keepalive.ts";
import { readPacket, writePacket } from "./packet.ts";
import type { Packet, PacketHeader } from "./packet.ts";
import { readRemoteError } from "./remote-error.ts";
import { PacketSplitter } from "./splitter.ts";

export interface ChannelOptions {
  /** How the peer is called in messages. */
  readonly peer: string;
  /** A message that answers nothing: an event. May throw a LibvirtError, which ends the connection. */
  readonly onMessage: (header: PacketHeader, payload: XdrReader) => void;
}

export interface ChannelCallOptions {
  /** null: none; the call lasts as long as it lasts. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal | undefined;
}

const NO_PAYLOAD = new Uint8Array(0);

export class RpcChannel {
  /** Fulfils, never rejects, with the reason when the connection has ended. */
  readonly closed: Promise<LibvirtError>;
  readonly #stream: Duplex;
  readonly #peer: string;
  readonly #onMessage: ChannelOptions["onMessage"];
  readonly #splitter = new PacketSplitter();
  readonly #calls = new CallTable();
  #silence: SilenceCounter | undefined;
  #keepaliveTimer: NodeJS.Timeout | undefined;
  #resolveClosed: (reason: LibvirtError) => void = () => {};
  #endReason: LibvirtError | undefined;
  #isGathering = false;

  constructor(stream: Duplex, options: ChannelOptions) {
    this.#stream = stream;
    this.#peer = options.peer;
    this.#onMessage = options.onMessage;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    stream.on("error", (error: Error) => this.#end(this.#broken(error)));
    stream.on("end", () => this.#end(this.#failure("libvirt.closed", "was closed by the peer")));
    stream.on("close", () => this.#end(this.#failure("libvirt.closed", "was closed")));
    stream.on("data", (chunk: Buffer) => this.#receive(chunk));
    // The stream may have ended before this constructor could listen.
    if (stream.errored) this.#end(this.#broken(stream.errored));
    else if (stream.destroyed) this.#end(this.#failure("libvirt.closed", "was closed by the peer"));
  }

  get isOpen(): boolean {
    return this.#endReason === undefined;
  }

  /** `name` stands for the procedure in messages. */
  async call<A, R>(name: string, procedure: Procedure<A, R>, args: A, options: ChannelCallOptions): Promise<R> {
    const { signal, timeoutMs } = options;
    if (this.#endReason !== undefined) throw this.#endReason;
    if (signal?.aborted === true)
      throw this.#failure("libvirt.aborted", `was not used for ${name}: the caller had given up`);
    if (this.#calls.isFull)
      throw this.#failure("libvirt.overload", `has too many calls in flight; ${name} was not sent`);
    const writer = new XdrWriter();
    procedure.args.encode(writer, args);
    return new Promise((resolve, reject) => {
      const stopWaiting = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
      };
      const fail = (error: LibvirtError): void => {
        stopWaiting();
        reject(error);
      };
      const abandon = (error: LibvirtError): void => {
        this.#calls.abandon(serial);
        fail(error);
        if (this.#calls.hasTooManyAbandoned) this.#end(this.#failure("libvirt.timeout", "owes too many answers"));
      };
      const onAbort = (): void =>
        abandon(this.#failure("libvirt.aborted", `waited for ${name} when the caller gave up`));
      const timer =
        timeoutMs === null
          ? undefined
          : setTimeout(() => {
              abandon(this.#failure("libvirt.timeout", `brought no answer to ${name} within ${timeoutMs} ms`));
            }, timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      const serial = this.#calls.add({
        program: procedure.program,
        procedure: procedure.number,
        fail,
        settle: (header, payload) => {
          const outcome = readReply(header, payload, procedure, `${this.#peer} refused ${name}`);
          if (outcome instanceof LibvirtError) return fail(outcome);
          stopWaiting();
          resolve(outcome.value);
        },
      });
      const header = {
        program: procedure.program,
        procedure: procedure.number,
        type: packetType.call,
        serial,
        status: 0,
      };
      this.#send(header, writer.finish());
    });
  }

  startKeepalive({ intervalMs, count }: KeepaliveOptions): void {
    if (this.#endReason !== undefined) return;
    const silence = new SilenceCounter(count);
    this.#silence = silence;
    clearInterval(this.#keepaliveTimer);
    this.#keepaliveTimer = setInterval(() => {
      const step = silence.tick();
      if (step === "ping") this.#sendKeepalive(keepaliveProcedure.ping);
      if (step === "dead") {
        this.#end(
          this.#failure("libvirt.timeout", `was closed: the peer left ${count} pings of ${intervalMs} ms unanswered`),
        );
      }
    }, intervalMs);
    this.#keepaliveTimer.unref();
  }

  /** Ends the connection for this reason. */
  abandon(reason: LibvirtError): void {
    this.#end(reason);
  }

  /** Ends the connection; calls in flight fail with `libvirt.closed`. Fulfils when the stream is gone. */
  async close(): Promise<void> {
    const stream = this.#stream;
    const gone = new Promise<void>((resolve) => {
      if (stream.destroyed) resolve();
      else stream.once("close", () => resolve());
    });
    if (this.#endReason === undefined) {
      this.#finish(this.#failure("libvirt.closed", "was closed by this side"));
      stream.end();
      // Nobody reads what the peer still sends, but it must be drained for its end to be seen.
      stream.resume();
      const timer = setTimeout(() => stream.destroy(), CLOSE_TIMEOUT_MS);
      void gone.then(() => clearTimeout(timer));
    }
    await gone;
  }

  #receive(chunk: Buffer): void {
    if (this.#endReason !== undefined) return;
    this.#silence?.heard();
    try {
      for (const bytes of this.#splitter.push(chunk)) {
        this.#dispatch(readPacket(bytes));
        if (!this.isOpen) return;
      }
    } catch (error) {
      this.#end(
        error instanceof LibvirtError
          ? new LibvirtError(error.code, `The connection to ${this.#peer} was closed. ${error.message}`, {
              hint: error.hint,
              cause: error,
            })
          : this.#failure("libvirt.protocol", `was closed: a packet could not be handled: ${reasonOf(error)}`, error),
      );
    }
  }

  #dispatch({ header, payload }: Packet): void {
    if (header.program === program.keepalive) {
      if (header.type !== packetType.message) throw unexpected(header);
      payload.end();
      if (header.procedure === keepaliveProcedure.ping) this.#sendKeepalive(keepaliveProcedure.pong);
      return;
    }
    if (header.program !== program.remote && header.program !== program.qemu) throw unexpected(header);
    if (header.type === packetType.message) return this.#onMessage(header, payload);
    if (header.type !== packetType.reply) throw unexpected(header);
    const answered = this.#calls.answer(header.serial);
    if (answered.kind === "unknown") {
      throw new LibvirtError("libvirt.protocol", `The peer answered call ${header.serial}, which was never made.`);
    }
    // An answer to a call that was given up is late, not wrong.
    if (answered.kind === "late") return;
    try {
      if (header.program !== answered.call.program || header.procedure !== answered.call.procedure)
        throw unexpected(header);
      answered.call.settle(header, payload);
    } catch (error) {
      // The call has left the table, so the end of the connection would not reach it.
      answered.call.fail(this.#failure("libvirt.protocol", `brought an unreadable answer: ${reasonOf(error)}`, error));
      throw error;
    }
  }

  #sendKeepalive(procedure: number): void {
    this.#send({ program: program.keepalive, procedure, type: packetType.message, serial: 0, status: 0 }, NO_PAYLOAD);
  }

  #send(header: PacketHeader, payload: Uint8Array): void {
    if (this.#endReason !== undefined) return;
    this.#gather();
    this.#stream.write(writePacket(header, payload));
    if (this.#stream.writableLength > MAX_UNSENT_BYTES) {
      this.#end(
        this.#failure("libvirt.transport", `was closed: the peer left more than ${MAX_UNSENT_BYTES} bytes unread`),
      );
    }
  }

  /** Calls that are made together go out together: each write by itself is a system call. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      this.#stream.uncork();
    });
  }

  #end(reason: LibvirtError): void {
    if (this.#endReason !== undefined) return;
    this.#finish(reason);
    this.#stream.destroy();
  }

  #finish(reason: LibvirtError): void {
    this.#endReason = reason;
    clearInterval(this.#keepaliveTimer);
    this.#calls.failAll(reason);
    this.#resolveClosed(reason);
  }

  #broken(error: Error): LibvirtError {
    // A transport that knows better what went wrong (ssh, TLS) says so itself.
    return error instanceof LibvirtError
      ? error
      : this.#failure("libvirt.transport", `broke: ${reasonOf(error)}`, error);
  }

  #failure(code: LibvirtError["code"], what: string, cause?: unknown): LibvirtError {
    return new LibvirtError(code, `The connection to ${this.#peer} ${what}.`, cause === undefined ? {} : { cause });
  }
}

function readReply<A, R>(
  header: PacketHeader,
  payload: XdrReader,
  procedure: Procedure<A, R>,
  refusal: string,
): LibvirtError | { readonly value: R } {
  if (header.status === packetStatus.error) return readRemoteError(payload, refusal);
  if (header.status !== packetStatus.ok) throw unexpected(header);
  const value = procedure.result.decode(payload);
  payload.end();
  return { value };
}

function unexpected({ program: number, procedure, type, status }: PacketHeader): LibvirtError {
  return new LibvirtError(
    "libvirt.protocol",
    `The peer sent a packet that has no place here: program 0x${number.toString(16)}, procedure ${procedure}, type ${type}, status ${status}.`,
  );
}
