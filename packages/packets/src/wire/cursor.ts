/**
 * Reading fields in network byte order, each with its name, so that whatever is missing is reported by name and place.
 *
 * A cursor throws PacketError inside this package only: `decoding` stands at the border of every decoder and turns it into
 * a value. Anything else that is thrown is a bug of a decoder, and the hostile-input test finds it.
 */
import { PacketError } from "../errors.ts";
import type { PacketErrorCode } from "../errors.ts";
import { ipv4Text, ipv6Text } from "./ip-address.ts";
import { macText } from "./mac-address.ts";
import { textOf } from "./text.ts";

export function decoding<T>(bytes: Uint8Array, protocol: string, read: (cursor: Cursor) => T): T | PacketError {
  try {
    return read(new Cursor(bytes, protocol));
  } catch (error) {
    if (error instanceof PacketError) return error;
    throw error;
  }
}

export class Cursor {
  readonly #bytes: Uint8Array;
  readonly #protocol: string;
  readonly #base: number;
  #at = 0;

  constructor(bytes: Uint8Array, protocol: string, base = 0) {
    this.#bytes = bytes;
    this.#protocol = protocol;
    this.#base = base;
  }

  /** From the first byte of what the decoder was given, also in a cursor over a part of it. */
  get offset(): number {
    return this.#base + this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(field: string): number {
    return this.#byte(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#pair(this.#take(2, field));
  }

  u24(field: string): number {
    const at = this.#take(3, field);
    return this.#pair(at) * 256 + this.#byte(at + 2);
  }

  u32(field: string): number {
    const at = this.#take(4, field);
    return this.#pair(at) * 0x1_0000 + this.#pair(at + 2);
  }

  u64(field: string): bigint {
    return BigInt(this.u32(field)) * 0x1_0000_0000n + BigInt(this.u32(field));
  }

  /** A view, not a copy. */
  bytes(count: number, field: string): Uint8Array {
    const at = this.#take(count, field);
    return this.#bytes.subarray(at, at + count);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining, "rest");
  }

  skip(count: number, field: string): void {
    this.#take(count, field);
  }

  mac(field: string): string {
    return macText(this.bytes(6, field));
  }

  ipv4(field: string): string {
    return ipv4Text(this.bytes(4, field));
  }

  ipv6(field: string): string {
    return ipv6Text(this.bytes(16, field));
  }

  /** Text of a fixed width, without the zeros that fill it up. */
  text(count: number, field: string): string {
    return textOf(this.bytes(count, field));
  }

  /** The next bytes as a cursor of their own, which cannot read beyond them. */
  part(count: number, field: string): Cursor {
    const base = this.offset;
    return new Cursor(this.bytes(count, field), this.#protocol, base);
  }

  /** For a field that was just read: `back` is its width in bytes. */
  wrong(field: string, what: string, back = 0, code: PacketErrorCode = "packets.malformed"): PacketError {
    return new PacketError(code, { protocol: this.#protocol, field, offset: this.offset - back }, what);
  }

  #byte(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  #pair(at: number): number {
    return this.#byte(at) * 256 + this.#byte(at + 1);
  }

  #take(count: number, field: string): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) {
      const left = this.#bytes.length - at;
      throw this.wrong(field, `needs ${count} bytes, ${left} are left.`, 0, "packets.truncated");
    }
    this.#at = at + count;
    return at;
  }
}
