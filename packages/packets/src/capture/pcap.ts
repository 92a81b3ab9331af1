/**
 * The pcap format (draft-ietf-opsawg-pcap), in either byte order, with micro- or nanoseconds. As libpcap does, bytes beyond
 * the snapshot length of the file are dropped, so that what is read here is what tcpdump reads.
 */
import { PacketError } from "../errors.ts";
import { MAX_PACKET_BYTES } from "../limits.ts";
import type { CaptureFormat, CaptureUnit } from "./captured-packet.ts";

const microMagic = 0xa1b2_c3d4;
const nanoMagic = 0xa1b2_3c4d;
const fileHeaderBytes = 24;
const packetHeaderBytes = 16;

/** Magic numbers as they look when read in network order, of writers of either order. */
const swapped = (magic: number): number => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, magic);
  return view.getUint32(0, true);
};

export function isPcapMagic(magic: number): boolean {
  return [microMagic, nanoMagic].some((known) => magic === known || magic === swapped(known));
}

interface Header {
  readonly isLittleEndian: boolean;
  readonly nsPerUnit: bigint;
  readonly snapshotBytes: number;
  readonly linkType: number;
}

interface Coming {
  readonly timestampNs: bigint;
  readonly capturedBytes: number;
  readonly originalBytes: number;
}

export class PcapFormat implements CaptureFormat {
  #header: Header | undefined;
  #coming: Coming | undefined;

  get neededBytes(): number {
    if (this.#header === undefined) return fileHeaderBytes;
    return this.#coming === undefined ? packetHeaderBytes : this.#coming.capturedBytes;
  }

  read(bytes: Uint8Array): CaptureUnit | PacketError {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#header === undefined) {
      this.#header = readHeader(view);
      return { takenBytes: bytes.length };
    }
    if (this.#coming === undefined) {
      const coming = readPacketHeader(view, this.#header);
      if (coming instanceof PacketError) return coming;
      this.#coming = coming;
      return { takenBytes: bytes.length };
    }
    const { timestampNs, originalBytes } = this.#coming;
    this.#coming = undefined;
    const { linkType, snapshotBytes } = this.#header;
    const packet = { timestampNs, linkType, bytes: bytes.slice(0, snapshotBytes), originalBytes };
    return { takenBytes: bytes.length, packet };
  }
}

function readHeader(view: DataView): Header {
  const magic = view.getUint32(0);
  const isLittleEndian = magic !== microMagic && magic !== nanoMagic;
  const isNano = magic === nanoMagic || magic === swapped(nanoMagic);
  const snapshotBytes = view.getUint32(16, isLittleEndian);
  return {
    isLittleEndian,
    nsPerUnit: isNano ? 1n : 1000n,
    // 0 and nonsense stand for "no limit" (libpcap, sf-pcap.c).
    snapshotBytes: snapshotBytes === 0 || snapshotBytes > MAX_PACKET_BYTES ? MAX_PACKET_BYTES : snapshotBytes,
    // The upper bits tell of a frame check sequence.
    linkType: view.getUint32(20, isLittleEndian) & 0xffff,
  };
}

function readPacketHeader(view: DataView, header: Header): Coming | PacketError {
  const { isLittleEndian, nsPerUnit } = header;
  const capturedBytes = view.getUint32(8, isLittleEndian);
  if (capturedBytes > MAX_PACKET_BYTES) {
    const place = { protocol: "pcap", field: "captured length", offset: 8 };
    const what = `${capturedBytes} bytes are more than ${MAX_PACKET_BYTES}; the capture is damaged.`;
    return new PacketError("packets.overload", place, what);
  }
  const seconds = BigInt(view.getUint32(0, isLittleEndian));
  const timestampNs = seconds * 1_000_000_000n + BigInt(view.getUint32(4, isLittleEndian)) * nsPerUnit;
  return { timestampNs, capturedBytes, originalBytes: view.getUint32(12, isLittleEndian) };
}
