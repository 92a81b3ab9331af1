/**
 * The calls in flight on one connection, by serial.
 *
 * INVARIANTS
 * - A serial is open (somebody waits), abandoned (nobody waits, the answer may still come) or unused; never two of them.
 * - A call that its caller gave up frees its place at once. Its serial stays known until the answer came, so that a late
 *   answer is told from one that nobody asked for.
 */
import type { LibvirtError } from "../errors.ts";
import { MAX_ABANDONED_CALLS, MAX_CALLS_IN_FLIGHT, MAX_SERIAL } from "../limits.ts";
import type { PacketHeader } from "./packet.ts";
import type { XdrReader } from "../xdr/reader.ts";

export interface OpenCall {
  readonly program: number;
  readonly procedure: number;
  /** Takes the reply. Throws when it cannot be read. */
  readonly settle: (header: PacketHeader, payload: XdrReader) => void;
  readonly fail: (error: LibvirtError) => void;
}

export type Answered =
  | { readonly kind: "open"; readonly call: OpenCall }
  | { readonly kind: "late" }
  | { readonly kind: "unknown" };

export class CallTable {
  readonly #open = new Map<number, OpenCall>();
  readonly #abandoned = new Set<number>();
  #lastSerial = 0;

  get isFull(): boolean {
    return this.#open.size >= MAX_CALLS_IN_FLIGHT;
  }

  get hasTooManyAbandoned(): boolean {
    return this.#abandoned.size > MAX_ABANDONED_CALLS;
  }

  /** @returns the serial, which is not in use for anything else. */
  add(call: OpenCall): number {
    do {
      this.#lastSerial = this.#lastSerial === MAX_SERIAL ? 1 : this.#lastSerial + 1;
    } while (this.#open.has(this.#lastSerial) || this.#abandoned.has(this.#lastSerial));
    this.#open.set(this.#lastSerial, call);
    return this.#lastSerial;
  }

  abandon(serial: number): void {
    if (this.#open.delete(serial)) this.#abandoned.add(serial);
  }

  /** The call that this serial answers; from now on the serial is unused. */
  answer(serial: number): Answered {
    const call = this.#open.get(serial);
    if (call !== undefined) {
      this.#open.delete(serial);
      return { kind: "open", call };
    }
    return { kind: this.#abandoned.delete(serial) ? "late" : "unknown" };
  }

  /** Ends all of them. */
  failAll(error: LibvirtError): void {
    const calls = [...this.#open.values()];
    this.#open.clear();
    this.#abandoned.clear();
    for (const call of calls) call.fail(error);
  }
}
