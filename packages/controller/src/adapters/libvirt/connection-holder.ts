/**
 * One connection to one host, opened when it is first needed and opened again after it broke. Callers that wait for the
 * same opening share it; one that gives up takes nothing from the others.
 */
import { connect } from "@trunkline/libvirt";
import type { Connection } from "@trunkline/libvirt";
import { unlessAborted } from "../../concurrency/unless-aborted.ts";
import { limits } from "../../limits.ts";

export class ConnectionHolder {
  readonly #uri: string;
  #connection: Connection | undefined;
  #opening: Opening | undefined;

  constructor(uri: string) {
    this.#uri = uri;
  }

  /** The one that is open now. */
  get standing(): Connection | undefined {
    return this.#connection?.isOpen === true ? this.#connection : undefined;
  }

  async get(signal: AbortSignal): Promise<Connection> {
    if (this.standing !== undefined) return this.standing;
    this.#opening ??= this.#startOpening();
    return await unlessAborted(this.#opening.promise, signal);
  }

  /** Closes what there is, an opening included: the next caller gets a new connection. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#opening?.cancel.abort();
    this.#opening = undefined;
    await connection?.close();
  }

  #startOpening(): Opening {
    const cancel = new AbortController();
    const opening = { promise: this.#open(cancel.signal), cancel };
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = undefined;
    };
    // All callers may have given up by the time it fails; then nobody is left to be told.
    opening.promise.then(forget, forget);
    return opening;
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    const connection = await connect(this.#uri, {
      signal,
      connectTimeoutMs: limits.connectMs,
      callTimeoutMs: limits.questionMs,
    });
    if (!signal.aborted) this.#connection = connection;
    else await connection.close();
    return connection;
  }
}

interface Opening {
  readonly promise: Promise<Connection>;
  readonly cancel: AbortController;
}
