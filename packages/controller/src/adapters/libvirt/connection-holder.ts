/**
 * One connection to one host, opened when it is first needed and opened again after it broke. Callers that wait for the
 * same opening share it; one that gives up takes nothing from the others, and the last one ends it.
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
    const opening = (this.#opening ??= this.#startOpening());
    opening.waiting += 1;
    try {
      return await unlessAborted(opening.promise, signal);
    } finally {
      opening.waiting -= 1;
      if (opening.waiting === 0) this.#forget(opening);
    }
  }

  /** This connection is of no use any more; the next caller gets another one. */
  giveUp(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
    // A daemon that says nothing is waited for no longer than the polite close takes, and by nobody.
    void connection.close();
  }

  /** Closes what there is, an opening included: the next caller gets a new connection. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#opening !== undefined) this.#forget(this.#opening);
    await connection?.close();
  }

  #startOpening(): Opening {
    const cancel = new AbortController();
    const promise = this.#open(cancel.signal);
    // All callers may have given up by the time it fails; then nobody is left to be told.
    promise.catch(() => undefined);
    return { promise, cancel, waiting: 0 };
  }

  /** Ends it where it still goes on: nobody waits for it. */
  #forget(opening: Opening): void {
    if (this.#opening === opening) this.#opening = undefined;
    opening.cancel.abort();
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
  waiting: number;
}
