/**
 * Reads XDR (RFC 4506) from one packet. Every read checks its bounds first, and before an item is allocated its size is
 * held against what is left of the packet: a peer cannot make this side reserve more than it sent.
 */
import { LibvirtError } from "../errors.ts";

const WORD_BYTES = 4;
const MAX_ASCII = 0x7f;

export class XdrReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = offset;
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#offset;
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#advance(WORD_BYTES));
  }

  uint(): number {
    return this.#bytes.readUInt32BE(this.#advance(WORD_BYTES));
  }

  hyper(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(2 * WORD_BYTES));
  }

  uhyper(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(2 * WORD_BYTES));
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#advance(2 * WORD_BYTES));
  }

  /** RFC 4506 section 4.4: only 0 and 1 are defined. */
  boolean(): boolean {
    const word = this.uint();
    if (word > 1) throw new LibvirtError("libvirt.protocol", `The peer sent ${word} where 0 or 1 must stand.`);
    return word === 1;
  }

  /** A copy, so that a value does not keep the whole packet alive. */
  fixedOpaque(lengthBytes: number): Uint8Array {
    return Uint8Array.from(this.#slice(lengthBytes));
  }

  /** The same as hexadecimal digits. */
  fixedHex(lengthBytes: number): string {
    const start = this.#advance(paddedBytes(lengthBytes));
    return this.#bytes.toString("hex", start, start + lengthBytes);
  }

  opaque(maxBytes: number): Uint8Array {
    return this.fixedOpaque(this.#length("an opaque value", maxBytes));
  }

  /** Bytes that are not UTF-8 (libvirt passes file names through) become replacement characters. */
  string(maxBytes: number): string {
    const length = this.#length("a string", maxBytes);
    const start = this.#advance(paddedBytes(length));
    // Without a view in between: the figures of a large host are thousands of short names.
    return this.#bytes.toString("utf8", start, start + length);
  }

  /**
   * As `string`; a text that is the expected one is that very string. Lists repeat their names, and thousands of equal
   * strings are work for nobody but the garbage collector.
   */
  stringLike(expected: string | undefined, maxBytes: number): string {
    if (expected === undefined || !this.#isNext(expected)) return this.string(maxBytes);
    this.#advance(WORD_BYTES + paddedBytes(expected.length));
    return expected;
  }

  /** The length word of a list, whose items have a word each at least. */
  count(maxItems: number): number {
    const count = this.uint();
    if (count > maxItems || count * WORD_BYTES > this.remainingBytes) {
      throw new LibvirtError(
        "libvirt.protocol",
        `The peer announced a list of ${count} items; at most ${maxItems} are allowed, and ${this.remainingBytes} bytes follow.`,
      );
    }
    return count;
  }

  /** Call after the last item: bytes that are left over mean that the two sides do not speak of the same layout. */
  end(): void {
    if (this.remainingBytes === 0) return;
    throw new LibvirtError("libvirt.protocol", `The peer sent ${this.remainingBytes} bytes more than the layout has.`);
  }

  /** Characters beyond ASCII never match: their bytes are others. */
  #isNext(expected: string): boolean {
    const start = this.#offset + WORD_BYTES;
    if (paddedBytes(expected.length) + WORD_BYTES > this.remainingBytes) return false;
    if (this.#bytes.readUInt32BE(this.#offset) !== expected.length) return false;
    for (let index = 0; index < expected.length; index += 1) {
      const code = expected.charCodeAt(index);
      if (code > MAX_ASCII || this.#bytes[start + index] !== code) return false;
    }
    return true;
  }

  #length(what: string, maxBytes: number): number {
    const length = this.uint();
    if (length > maxBytes) {
      throw new LibvirtError(
        "libvirt.protocol",
        `The peer announced ${what} of ${length} bytes; at most ${maxBytes} are allowed.`,
      );
    }
    return length;
  }

  #slice(lengthBytes: number): Buffer {
    const start = this.#advance(paddedBytes(lengthBytes));
    return this.#bytes.subarray(start, start + lengthBytes);
  }

  #advance(lengthBytes: number): number {
    const start = this.#offset;
    if (lengthBytes > this.remainingBytes) {
      throw new LibvirtError(
        "libvirt.protocol",
        `The peer's packet ends too early: ${lengthBytes} bytes are wanted at ${start}, ${this.remainingBytes} are left.`,
      );
    }
    this.#offset = start + lengthBytes;
    return start;
  }
}

/** RFC 4506 section 3: every item takes a multiple of four bytes. */
export function paddedBytes(lengthBytes: number): number {
  return Math.ceil(lengthBytes / WORD_BYTES) * WORD_BYTES;
}
