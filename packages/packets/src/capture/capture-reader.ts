/**
 * A capture of either format as it arrives, in chunks of any size, so that the output of `tcpdump -U -w -` can be followed.
 * At most one unfinished unit is held: a packet of pcap or a block of pcapng.
 */
import { PacketError } from "../errors.ts";
import type { CapturedPacket, CaptureFormat, CaptureProgress } from "./captured-packet.ts";
import { PcapFormat, isPcapMagic } from "./pcap.ts";
import { PcapngFormat, sectionBlock } from "./pcapng.ts";

const magicBytes = 4;

export class CaptureReader {
  #format: CaptureFormat | undefined;
  #problem: PacketError | undefined;
  #buffer = new Uint8Array(0);
  #heldBytes = 0;

  /** Bytes that wait for the rest of their unit. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Uint8Array): CaptureProgress {
    if (this.#problem !== undefined) return { packets: [], problem: this.#problem };
    const bytes = this.#heldBytes === 0 ? plain(chunk) : this.#appended(chunk);
    const needed = this.#format?.neededBytes ?? magicBytes;
    const packets: CapturedPacket[] = [];
    const rest = bytes.length < needed ? bytes : this.#drain(bytes, packets);
    this.#hold(rest);
    return { packets, problem: this.#problem };
  }

  /** To be called when nothing more comes. @returns what is wrong with the end: a packet cut in two, or no capture at all. */
  end(): PacketError | undefined {
    if (this.#problem !== undefined) return this.#problem;
    if (this.#format === undefined) return notACapture("the input ended before its first four bytes.");
    if (this.#heldBytes === 0) return undefined;
    const place = { protocol: "capture", field: "end", offset: 0 };
    return new PacketError("packets.truncated", place, `${this.#heldBytes} bytes of an unfinished packet are left.`);
  }

  /** Room doubles, so that a large unit in small chunks is copied a few times and not once for each of them. */
  #appended(chunk: Uint8Array): Uint8Array {
    const held = this.#heldBytes;
    const wanted = held + chunk.length;
    if (wanted > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(wanted, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, held));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, held);
    return this.#buffer.subarray(0, wanted);
  }

  /** In the reader's own memory: a rest keeps no chunk of the caller's alive, nor sees it overwritten. */
  #hold(rest: Uint8Array): void {
    this.#heldBytes = rest.length;
    const isHeld = rest.buffer === this.#buffer.buffer && rest.byteOffset === 0;
    if (!isHeld) this.#buffer = rest.slice();
  }

  /** @returns what was not taken. */
  #drain(bytes: Uint8Array, packets: CapturedPacket[]): Uint8Array {
    const format = this.#format ?? this.#choose(bytes);
    if (format === undefined) return new Uint8Array(0);
    let rest = bytes;
    while (rest.length >= format.neededBytes) {
      const unit = format.read(rest.subarray(0, format.neededBytes));
      if (unit instanceof PacketError) {
        this.#problem = unit;
        return new Uint8Array(0);
      }
      if (unit.packet !== undefined) packets.push(unit.packet);
      rest = rest.subarray(unit.takenBytes);
    }
    return rest;
  }

  #choose(bytes: Uint8Array): CaptureFormat | undefined {
    const magic = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    if (isPcapMagic(magic)) this.#format = new PcapFormat();
    else if (magic === sectionBlock) this.#format = new PcapngFormat();
    else this.#problem = notACapture(`0x${magic.toString(16).padStart(8, "0")} begins neither pcap nor pcapng.`);
    return this.#format;
  }
}

/** The same memory. Slices of Node's buffers, which is what streams and files give, are no copies as those of others are. */
function plain(chunk: Uint8Array): Uint8Array {
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** A whole capture at once. */
export function readCapture(bytes: Uint8Array): CaptureProgress {
  const reader = new CaptureReader();
  const { packets, problem } = reader.push(bytes);
  return { packets, problem: problem ?? reader.end() };
}

function notACapture(what: string): PacketError {
  return new PacketError("packets.capture", { protocol: "capture", field: "magic", offset: 0 }, what);
}
