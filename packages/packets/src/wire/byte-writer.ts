/**
 * Writing fields in network byte order. Whatever does not fit its field is refused by name, because a silently cut number
 * would put a lie on the wire.
 */
import { PacketError } from "../errors.ts";
import { ipv4Bytes, ipv6Bytes } from "./ip-address.ts";
import { macBytes } from "./mac-address.ts";
import { textBytes } from "./text.ts";

/** Most messages fit, and up to here an array costs V8 no allocation of its own (typed_array_max_size_in_heap). */
const firstRoomBytes = 64;

export class ByteWriter {
  readonly #protocol: string;
  #bytes = new Uint8Array(firstRoomBytes);
  #length = 0;

  constructor(protocol: string) {
    this.#protocol = protocol;
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number, field: string): this {
    return this.#number(value, 1, field);
  }

  u16(value: number, field: string): this {
    return this.#number(value, 2, field);
  }

  u24(value: number, field: string): this {
    return this.#number(value, 3, field);
  }

  u32(value: number, field: string): this {
    return this.#number(value, 4, field);
  }

  raw(bytes: Uint8Array): this {
    const at = this.#take(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  zeros(count: number): this {
    this.#take(count);
    return this;
  }

  mac(text: string, field: string): this {
    return this.raw(macBytes(text) ?? this.#refuse(field, `${text} is no Ethernet address.`));
  }

  ipv4(text: string, field: string): this {
    return this.raw(ipv4Bytes(text) ?? this.#refuse(field, `${text} is no IPv4 address.`));
  }

  ipv6(text: string, field: string): this {
    return this.raw(ipv6Bytes(text) ?? this.#refuse(field, `${text} is no IPv6 address.`));
  }

  /** Text in a field of a fixed width, filled up with zeros. */
  text(text: string, width: number, field: string): this {
    const bytes = textBytes(text);
    if (bytes.length > width) this.#refuse(field, `${bytes.length} bytes do not fit into ${width}.`);
    return this.raw(bytes).zeros(width - bytes.length);
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #number(value: number, width: number, field: string): this {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** width)
      this.#refuse(field, `${value} does not fit into ${width} bytes.`);
    const at = this.#take(width);
    for (let place = 0; place < width; place++) this.#bytes[at + place] = value >>> (8 * (width - 1 - place));
    return this;
  }

  /** Room doubles, so that it is copied a few times and not once for each field. @returns where the next bytes go. */
  #take(count: number): number {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
    }
    return at;
  }

  #refuse(field: string, what: string): never {
    throw new PacketError("packets.refused", { protocol: this.#protocol, field, offset: this.length }, what);
  }
}

/** Writes the checksum of `bytes` at `offset`, where zeros must be. */
export function withChecksum(bytes: Uint8Array, offset: number, checksum: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = checksum >> 8;
  copy[offset + 1] = checksum & 0xff;
  return copy;
}
