/**
 * Cuts the byte stream into packets. The length word is judged as soon as its four bytes are there, and memory grows
 * with what arrived, not with what was announced: a peer that announces 32 MiB and sends one byte costs one kibibyte.
 */
import { LibvirtError } from "../errors.ts";
import { INITIAL_BUFFER_BYTES, MAX_PACKET_BYTES, PACKET_HEADER_BYTES } from "../limits.ts";

const LENGTH_WORD_BYTES = 4;

export class PacketSplitter {
  /** The begin of an unfinished packet. */
  #held = Buffer.alloc(0);
  #heldBytes = 0;

  /** Bytes reserved for an unfinished packet. */
  get reservedBytes(): number {
    return this.#held.length;
  }

  /** Whole packets, length word included. Each is valid until the next one is asked for. */
  *push(chunk: Buffer): Generator<Buffer, void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#heldBytes === 0 && rest.length >= LENGTH_WORD_BYTES) {
        const length = checkedLength(rest);
        if (rest.length >= length) {
          yield rest.subarray(0, length);
          rest = rest.subarray(length);
          continue;
        }
      }
      rest = this.#hold(rest);
      if (this.#isWhole()) {
        const packet = this.#held.subarray(0, this.#heldBytes);
        this.#held = Buffer.alloc(0);
        this.#heldBytes = 0;
        yield packet;
      }
    }
  }

  /** Takes what belongs to the unfinished packet, and returns the rest. */
  #hold(bytes: Buffer): Buffer {
    const isLengthKnown = this.#heldBytes >= LENGTH_WORD_BYTES;
    const wanted = isLengthKnown ? checkedLength(this.#held) : LENGTH_WORD_BYTES;
    const taken = bytes.subarray(0, wanted - this.#heldBytes);
    const end = this.#heldBytes + taken.length;
    if (end > this.#held.length) {
      const grown = Buffer.alloc(
        Math.min(MAX_PACKET_BYTES, Math.max(end, 2 * this.#held.length, INITIAL_BUFFER_BYTES)),
      );
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    taken.copy(this.#held, this.#heldBytes);
    this.#heldBytes = end;
    if (end >= LENGTH_WORD_BYTES) checkedLength(this.#held);
    return bytes.subarray(taken.length);
  }

  #isWhole(): boolean {
    return this.#heldBytes >= LENGTH_WORD_BYTES && this.#heldBytes === checkedLength(this.#held);
  }
}

function checkedLength(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0);
  if (length < PACKET_HEADER_BYTES || length > MAX_PACKET_BYTES) {
    throw new LibvirtError(
      "libvirt.protocol",
      `The peer announced a packet of ${length} bytes; ${PACKET_HEADER_BYTES} to ${MAX_PACKET_BYTES} are allowed.`,
    );
  }
  return length;
}
