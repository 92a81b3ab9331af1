/**
 * Writes XDR (RFC 4506) into a growing buffer. A value that does not fit its wire type is refused with a
 * `libvirt.argument` error before anything is sent; nothing is ever truncated or wrapped in silence.
 */
import { LibvirtError } from "../errors.ts";
import { INITIAL_BUFFER_BYTES, MAX_PACKET_BYTES } from "../limits.ts";
import { paddedBytes } from "./reader.ts";

const MIN_INT = -0x8000_0000;
const MAX_INT = 0x7fff_ffff;
const MAX_UINT = 0xffff_ffff;

export class XdrWriter {
  #bytes = Buffer.alloc(INITIAL_BUFFER_BYTES);
  #offset = 0;

  /** A view of what was written; it ends to be valid with the next write. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#offset);
  }

  int(value: number): void {
    checkInteger(value, MIN_INT, MAX_INT);
    const start = this.#reserve(4);
    this.#bytes.writeInt32BE(value, start);
  }

  uint(value: number): void {
    checkInteger(value, 0, MAX_UINT);
    const start = this.#reserve(4);
    this.#bytes.writeUInt32BE(value, start);
  }

  hyper(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw doesNotFit(value, "a signed 64-bit integer");
    const start = this.#reserve(8);
    this.#bytes.writeBigInt64BE(value, start);
  }

  uhyper(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw doesNotFit(value, "an unsigned 64-bit integer");
    const start = this.#reserve(8);
    this.#bytes.writeBigUInt64BE(value, start);
  }

  double(value: number): void {
    const start = this.#reserve(8);
    this.#bytes.writeDoubleBE(value, start);
  }

  boolean(value: boolean): void {
    this.uint(value ? 1 : 0);
  }

  fixedOpaque(value: Uint8Array, lengthBytes: number): void {
    if (value.length !== lengthBytes) throw doesNotFit(`${value.length} bytes`, `${lengthBytes} bytes`);
    const start = this.#reserve(paddedBytes(lengthBytes));
    this.#bytes.set(value, start);
  }

  opaque(value: Uint8Array, maxBytes: number): void {
    if (value.length > maxBytes) throw doesNotFit(`${value.length} bytes`, `at most ${maxBytes} bytes`);
    this.uint(value.length);
    this.fixedOpaque(value, value.length);
  }

  /** A zero character is refused: libvirt would read the string up to it and ignore the rest. */
  string(value: string, maxBytes: number): void {
    if (value.includes("\0")) throw doesNotFit("a text with a zero character", "a string");
    this.opaque(Buffer.from(value, "utf8"), maxBytes);
  }

  count(items: number, maxItems: number): void {
    if (items > maxItems) throw doesNotFit(`a list of ${items} items`, `at most ${maxItems} items`);
    this.uint(items);
  }

  /** Grown space is zero, so padding needs no writing. */
  #reserve(lengthBytes: number): number {
    const start = this.#offset;
    const end = start + lengthBytes;
    if (end > MAX_PACKET_BYTES) throw doesNotFit("The arguments", `one packet of ${MAX_PACKET_BYTES} bytes`);
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(MAX_PACKET_BYTES, Math.max(end, 2 * this.#bytes.length)));
      this.#bytes.copy(grown, 0, 0, start);
      this.#bytes = grown;
    }
    this.#offset = end;
    return start;
  }
}

function checkInteger(value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw doesNotFit(value, `an integer from ${min} to ${max}`);
  }
}

function doesNotFit(value: bigint | number | string, place: string): LibvirtError {
  return new LibvirtError("libvirt.argument", `${value} does not fit where ${place} must stand.`);
}
