/**
 * One connection to one host, opened when it is first needed and opened again after it broke. Callers that wait for the
 * same opening share it.
 */
import { connect } from "@trunkline/libvirt";
import type { Connection } from "@trunkline/libvirt";
import { limits } from "../../limits.ts";

export class ConnectionHolder {
  readonly #uri: string;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;

  constructor(uri: string) {
    this.#uri = uri;
  }

  async get(signal: AbortSignal): Promise<Connection> {
    if (this.#connection?.isOpen === true) return this.#connection;
    this.#opening ??= this.#open(signal);
    try {
      this.#connection = await this.#opening;
    } finally {
      this.#opening = undefined;
    }
    return this.#connection;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    this.#connection = undefined;
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    return await connect(this.#uri, {
      signal,
      connectTimeoutMs: limits.connectMs,
      callTimeoutMs: limits.questionMs,
    });
  }
}
