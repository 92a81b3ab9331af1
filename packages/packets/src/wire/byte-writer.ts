/**
 * Writing fields in network byte order. Whatever does not fit its field is refused by name, because a silently cut number
 * would put a lie on the wire.
 */
import { PacketError } from "../errors.ts";
import { ipv4Bytes, ipv6Bytes } from "./ip-address.ts";
import { macBytes } from "./mac-address.ts";
import { textBytes } from "./text.ts";

export class ByteWriter {
  readonly #protocol: string;
  readonly #bytes: number[] = [];

  constructor(protocol: string) {
    this.#protocol = protocol;
  }

  get length(): number {
    return this.#bytes.length;
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
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  zeros(count: number): this {
    for (let done = 0; done < count; done++) this.#bytes.push(0);
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
    return Uint8Array.from(this.#bytes);
  }

  #number(value: number, width: number, field: string): this {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** width)
      this.#refuse(field, `${value} does not fit into ${width} bytes.`);
    for (let place = width - 1; place >= 0; place--) this.#bytes.push(Math.floor(value / 256 ** place) % 256);
    return this;
  }

  #refuse(field: string, what: string): never {
    throw new PacketError("packets.refused", { protocol: this.#protocol, field, offset: this.length }, what);
  }
}

/** Writes the checksum of `bytes` at `offset`, where zeros must be. */
export function withChecksum(bytes: Uint8Array, offset: number, checksum: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[offset] = checksum >> 8;
  copy[offset + 1] = checksum & 0xff;
  return copy;
}
