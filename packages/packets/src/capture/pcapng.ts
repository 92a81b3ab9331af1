/**
 * The pcapng format (draft-ietf-opsawg-pcapng): blocks in the byte order of their section, packets of several interfaces
 * with resolutions of their own. Blocks of other kinds are passed over.
 */
import { PacketError } from "../errors.ts";
import { MAX_BLOCK_BYTES, MAX_INTERFACES, MAX_PACKET_BYTES } from "../limits.ts";
import type { CapturedPacket, CaptureFormat, CaptureUnit } from "./captured-packet.ts";

/** Block types; the first reads the same in both orders. */
export const sectionBlock = 0x0a0d_0d0a;
const interfaceBlock = 1;
const obsoletePacketBlock = 2;
const simplePacketBlock = 3;
const packetBlock = 6;

const byteOrderMagic = 0x1a2b_3c4d;
/** Type, length, and in a section the magic that tells the order of the length. */
const headerBytes = 12;
const resolutionOption = 9;
const offsetOption = 14;

interface Interface {
  readonly linkType: number;
  readonly snapshotBytes: number;
  readonly unitsPerSecond: bigint;
  readonly offsetS: bigint;
}

export class PcapngFormat implements CaptureFormat {
  #isLittleEndian = false;
  #blockBytes = 0;
  #interfaces: Interface[] = [];

  /** The header is looked at, not taken: a block is taken as a whole. */
  get neededBytes(): number {
    return Math.max(headerBytes, this.#blockBytes);
  }

  read(bytes: Uint8Array): CaptureUnit | PacketError {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isSection = view.getUint32(0) === sectionBlock;
    if (isSection) {
      this.#isLittleEndian = view.getUint32(8) !== byteOrderMagic;
      if (view.getUint32(8, this.#isLittleEndian) !== byteOrderMagic)
        return wrong("byte order", 8, "the magic number is in neither order.");
    }
    const length = view.getUint32(4, this.#isLittleEndian);
    if (length < headerBytes || length % 4 !== 0) return wrong("block length", 4, `${length} is no length of a block.`);
    if (length > MAX_BLOCK_BYTES)
      return wrong("block length", 4, `${length} bytes are more than ${MAX_BLOCK_BYTES}.`, "packets.overload");
    if (bytes.length < length) {
      this.#blockBytes = length;
      return { takenBytes: 0 };
    }
    this.#blockBytes = 0;
    if (isSection) {
      this.#interfaces = [];
      return { takenBytes: length };
    }
    const type = view.getUint32(0, this.#isLittleEndian);
    // Without type and length at the front and the length again at the end.
    const packet = this.#readBlock(type, bytes.subarray(8, length - 4));
    if (packet instanceof PacketError) return packet;
    return packet === undefined ? { takenBytes: length } : { takenBytes: length, packet };
  }

  #readBlock(type: number, body: Uint8Array): CapturedPacket | PacketError | undefined {
    switch (type) {
      case interfaceBlock:
        return this.#addInterface(body);
      case packetBlock:
        return this.#packet(body, 4);
      case obsoletePacketBlock:
        return this.#packet(body, 2);
      case simplePacketBlock:
        return this.#simplePacket(body);
      default:
        return undefined;
    }
  }

  #addInterface(body: Uint8Array): PacketError | undefined {
    if (body.length < 8) return wrong("interface", 8, "the block is too short.", "packets.truncated");
    if (this.#interfaces.length === MAX_INTERFACES)
      return wrong("interface", 8, `more than ${MAX_INTERFACES} of them.`, "packets.overload");
    const view = viewOf(body);
    const linkType = view.getUint16(0, this.#isLittleEndian);
    const snapshotBytes = view.getUint32(4, this.#isLittleEndian);
    this.#interfaces.push({ linkType, snapshotBytes, ...readClock(body.subarray(8), this.#isLittleEndian) });
    return undefined;
  }

  /** The obsolete block has an interface of 16 bits and a count of drops where the present one has 32 bits. */
  #packet(body: Uint8Array, interfaceBytes: 2 | 4): CapturedPacket | PacketError {
    if (body.length < 20) return wrong("packet", 8, "the block is too short.", "packets.truncated");
    const view = viewOf(body);
    const read = (at: number): number => view.getUint32(at, this.#isLittleEndian);
    const number = interfaceBytes === 4 ? read(0) : view.getUint16(0, this.#isLittleEndian);
    const origin = this.#interfaces[number];
    if (origin === undefined) return wrong("interface", 8, `${number} was not described before.`);
    const units = BigInt(read(4)) * 0x1_0000_0000n + BigInt(read(8));
    const timestampNs = (units * 1_000_000_000n) / origin.unitsPerSecond + origin.offsetS * 1_000_000_000n;
    return this.#cut(body.subarray(20), read(12), { timestampNs, linkType: origin.linkType, originalBytes: read(16) });
  }

  /** Of the first interface, without a time. */
  #simplePacket(body: Uint8Array): CapturedPacket | PacketError {
    const origin = this.#interfaces[0];
    if (origin === undefined) return wrong("interface", 8, "none was described before.");
    if (body.length < 4) return wrong("packet", 8, "the block is too short.", "packets.truncated");
    const originalBytes = viewOf(body).getUint32(0, this.#isLittleEndian);
    const limit = origin.snapshotBytes === 0 ? originalBytes : Math.min(originalBytes, origin.snapshotBytes);
    return this.#cut(body.subarray(4), limit, { timestampNs: 0n, linkType: origin.linkType, originalBytes });
  }

  #cut(data: Uint8Array, length: number, packet: Omit<CapturedPacket, "bytes">): CapturedPacket | PacketError {
    if (length > data.length) return wrong("captured length", 20, `${length} bytes, ${data.length} are in the block.`);
    if (length > MAX_PACKET_BYTES)
      return wrong("captured length", 20, `${length} bytes are more than ${MAX_PACKET_BYTES}.`, "packets.overload");
    return { ...packet, bytes: data.slice(0, length) };
  }
}

/** Options if_tsresol and if_tsoffset; microseconds since 1970 without them. */
function readClock(options: Uint8Array, isLittleEndian: boolean): Pick<Interface, "unitsPerSecond" | "offsetS"> {
  const view = viewOf(options);
  let unitsPerSecond = 1_000_000n;
  let offsetS = 0n;
  let at = 0;
  while (at + 4 <= options.length) {
    const code = view.getUint16(at, isLittleEndian);
    const length = view.getUint16(at + 2, isLittleEndian);
    const hasValue = at + 4 + length <= options.length;
    if (code === resolutionOption && length === 1 && hasValue) unitsPerSecond = resolutionOf(view.getUint8(at + 4));
    if (code === offsetOption && length === 8 && hasValue) offsetS = view.getBigInt64(at + 4, isLittleEndian);
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { unitsPerSecond, offsetS };
}

/** The top bit says whether the rest is the exponent of two or of ten. */
function resolutionOf(value: number): bigint {
  const exponent = BigInt(value & 0x7f);
  return value >= 0x80 ? 2n ** exponent : 10n ** exponent;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function wrong(
  field: string,
  offset: number,
  what: string,
  code: PacketError["code"] = "packets.malformed",
): PacketError {
  return new PacketError(code, { protocol: "pcapng", field, offset }, what);
}
