/**
 * A session with one libvirt: calls by name, events by kind. Everything it does goes over one stream; libvirt serves at
 * most five calls of a connection at a time (`max_client_requests`) and stops reading while all five are busy, so calls
 * that last (a migration's perform) belong on a connection of their own.
 */
import type { Duplex } from "node:stream";
import { reasonOf } from "./errors.ts";
import type { LibvirtError } from "./errors.ts";
import { readEvent } from "./events/event.ts";
import type { LibvirtEvent } from "./events/event.ts";
import { CALL_TIMEOUT_MS } from "./limits.ts";
import { eventTable } from "./protocol/events.ts";
import type { EventKind } from "./protocol/events.ts";
import { procedureOf } from "./protocol/procedures.ts";
import type { ProcedureArgs, ProcedureName, ProcedureResult } from "./protocol/procedures.ts";
import { program } from "./protocol/programs.ts";
import { RpcChannel } from "./rpc/channel.ts";
import type { KeepaliveOptions } from "./rpc/keepalive.ts";

export interface CallOptions {
  /** null: no deadline, for calls that last as long as a migration. */
  readonly timeoutMs?: number | null;
  readonly signal?: AbortSignal;
}

/**
 * Duties:
 * 1. `call` ends, always: with the answer, or with a LibvirtError. Answers come in any order; many calls may be in flight.
 * 2. Events of a call reach the listeners before the call's answer reaches the caller, as libvirt sends them.
 * 3. Events are never replayed. Who connects again registers again, then reads the state.
 */
export interface Connection {
  readonly uri: string;
  call<P extends ProcedureName>(
    procedure: P,
    args: ProcedureArgs<P>,
    options?: CallOptions,
  ): Promise<ProcedureResult<P>>;
  /** @returns the function that ends it. A listener must not throw; what it throws becomes a process warning. */
  onEvent(listener: (event: LibvirtEvent) => void): () => void;
  /** For all domains of the host. Kinds that are registered already are not registered again. */
  registerEvents(kinds: readonly EventKind[], options?: CallOptions): Promise<void>;
  /** Fulfils, never rejects, with the reason when the connection has ended, however it ended. */
  readonly closed: Promise<LibvirtError>;
  readonly isOpen: boolean;
  /** Calls in flight fail with `libvirt.closed`. */
  close(): Promise<void>;
}

export class RpcConnection implements Connection {
  readonly uri: string;
  readonly #channel: RpcChannel;
  readonly #callTimeoutMs: number;
  readonly #listeners = new Set<(event: LibvirtEvent) => void>();
  readonly #registrations = new Map<EventKind, Promise<void>>();

  constructor(stream: Duplex, uri: string, callTimeoutMs = CALL_TIMEOUT_MS) {
    this.uri = uri;
    this.#callTimeoutMs = callTimeoutMs;
    this.#channel = new RpcChannel(stream, {
      peer: uri,
      onMessage: (header, payload) => {
        if (header.program !== program.remote) return;
        const event = readEvent(header.procedure, payload);
        if (event !== undefined) this.#tell(event);
      },
    });
  }

  get closed(): Promise<LibvirtError> {
    return this.#channel.closed;
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  call<P extends ProcedureName>(
    procedure: P,
    args: ProcedureArgs<P>,
    { timeoutMs = this.#callTimeoutMs, signal }: CallOptions = {},
  ): Promise<ProcedureResult<P>> {
    return this.#channel.call(procedure, procedureOf(procedure), args, { timeoutMs, signal });
  }

  onEvent(listener: (event: LibvirtEvent) => void): () => void {
    // Wrapped, so that a listener given twice is two listeners.
    const own = (event: LibvirtEvent): void => listener(event);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  async registerEvents(kinds: readonly EventKind[], options: CallOptions = {}): Promise<void> {
    await Promise.all(kinds.map((kind) => this.#register(kind, options)));
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }

  /** Ends the connection at once, for this reason. */
  abandon(reason: LibvirtError): void {
    this.#channel.abandon(reason);
  }

  startKeepalive(options: KeepaliveOptions): void {
    this.#channel.startKeepalive(options);
  }

  async #register(kind: EventKind, options: CallOptions): Promise<void> {
    const known = this.#registrations.get(kind);
    if (known !== undefined) return known;
    const registration = this.#callRegistration(kind, options);
    this.#registrations.set(kind, registration);
    try {
      await registration;
    } catch (error) {
      this.#registrations.delete(kind);
      throw error;
    }
  }

  async #callRegistration(kind: EventKind, options: CallOptions): Promise<void> {
    const { eventId } = eventTable[kind];
    if (eventId === undefined) await this.call("connectRegisterCloseCallback", {}, options);
    else await this.call("connectDomainEventCallbackRegisterAny", { eventId, dom: null }, options);
  }

  #tell(event: LibvirtEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // The fault is the listener's: the connection and the other listeners must not pay for it.
        process.emitWarning(`A listener of ${this.uri} failed on ${event.kind}: ${reasonOf(error)}`);
      }
    }
  }
}
