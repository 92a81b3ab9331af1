/** One packet: its header and its payload, and how it is written (libvirt, src/rpc/virnetprotocol.x). */
import { PACKET_HEADER_BYTES } from "../limits.ts";
import { programVersion } from "../protocol/programs.ts";
import { XdrReader } from "../xdr/reader.ts";
import { LibvirtError } from "../errors.ts";

export interface PacketHeader {
  readonly program: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
}

export interface Packet {
  readonly header: PacketHeader;
  readonly payload: XdrReader;
}

const LENGTH_WORD_BYTES = 4;

/** Takes a whole packet, the length word included. */
export function readPacket(bytes: Buffer): Packet {
  const payload = new XdrReader(bytes, LENGTH_WORD_BYTES);
  const program = payload.uint();
  const version = payload.uint();
  if (version !== programVersion) {
    throw new LibvirtError(
      "libvirt.protocol",
      `The peer speaks version ${version} of program 0x${program.toString(16)}.`,
    );
  }
  return {
    header: {
      program,
      procedure: payload.int(),
      type: payload.int(),
      serial: payload.uint(),
      status: payload.int(),
    },
    payload,
  };
}

export function writePacket(header: PacketHeader, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(PACKET_HEADER_BYTES + payload.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(header.program, 4);
  bytes.writeUInt32BE(programVersion, 8);
  bytes.writeInt32BE(header.procedure, 12);
  bytes.writeInt32BE(header.type, 16);
  bytes.writeUInt32BE(header.serial, 20);
  bytes.writeInt32BE(header.status, 24);
  bytes.set(payload, PACKET_HEADER_BYTES);
  return bytes;
}
