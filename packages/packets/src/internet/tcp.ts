/** The header of TCP (RFC 9293): who talks to whom. Streams are not put together. */
import type { PacketError } from "../errors.ts";
import type { Carried } from "../wire/carried.ts";
import { decoding } from "../wire/cursor.ts";

export interface TcpHeader {
  readonly kind: "tcp";
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly isSyn: boolean;
  readonly isAck: boolean;
  readonly isFin: boolean;
  readonly isRst: boolean;
  readonly window: number;
}

const minHeaderBytes = 20;

export function decodeTcp(bytes: Uint8Array): Carried<TcpHeader> | PacketError {
  return decoding(bytes, "tcp", (cursor) => {
    const sourcePort = cursor.u16("source port");
    const targetPort = cursor.u16("target port");
    const sequence = cursor.u32("sequence");
    const acknowledgment = cursor.u32("acknowledgment");
    const headerBytes = (cursor.u8("data offset") >> 4) * 4;
    if (headerBytes < minHeaderBytes) throw cursor.wrong("data offset", `${headerBytes} bytes are too few.`, 1);
    const flags = cursor.u8("flags");
    const window = cursor.u16("window");
    cursor.skip(4, "checksum");
    cursor.skip(headerBytes - minHeaderBytes, "options");
    const header: TcpHeader = {
      kind: "tcp",
      sourcePort,
      targetPort,
      sequence,
      acknowledgment,
      isSyn: (flags & 0x02) !== 0,
      isAck: (flags & 0x10) !== 0,
      isFin: (flags & 0x01) !== 0,
      isRst: (flags & 0x04) !== 0,
      window,
    };
    return { header, payload: cursor.rest() };
  });
}
