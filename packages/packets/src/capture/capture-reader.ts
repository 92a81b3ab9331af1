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
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;

  /** Bytes that wait for the rest of their unit. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Uint8Array): CaptureProgress {
    if (this.#problem !== undefined) return { packets: [], problem: this.#problem };
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    const needed = this.#format?.neededBytes ?? magicBytes;
    if (this.#heldBytes < needed) return { packets: [], problem: undefined };
    const packets: CapturedPacket[] = [];
    const rest = this.#drain(joined(this.#chunks, this.#heldBytes), packets);
    // A copy, so that a small rest does not keep a large chunk of the caller's alive or see it overwritten.
    this.#chunks = rest.length === 0 ? [] : [rest.slice()];
    this.#heldBytes = rest.length;
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

/** A whole capture at once. */
export function readCapture(bytes: Uint8Array): CaptureProgress {
  const reader = new CaptureReader();
  const { packets, problem } = reader.push(bytes);
  return { packets, problem: problem ?? reader.end() };
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function notACapture(what: string): PacketError {
  return new PacketError("packets.capture", { protocol: "capture", field: "magic", offset: 0 }, what);
}
