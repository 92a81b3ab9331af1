/** UDLD, by which Cisco's switches find links that carry frames one way only (RFC 5171, section 5). */
import type { PacketError } from "../errors.ts";
import { onesSum } from "../wire/checksum.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { tlvs } from "../wire/tlv.ts";

export interface UdldNeighbor {
  readonly deviceId: string;
  readonly portId: string;
}

export interface Udld {
  readonly kind: "udld";
  readonly version: number;
  readonly message: "probe" | "echo" | "flush" | "other";
  readonly isChecksumValid: boolean;
  readonly isRecommendedTimeout: boolean;
  readonly isResynchronizing: boolean;
  readonly deviceId?: string;
  readonly portId?: string;
  readonly deviceName?: string;
  /** Whom the sender hears. A receiver that is not among them is not heard. */
  readonly heard?: readonly UdldNeighbor[];
  readonly messageIntervalS?: number;
  readonly timeoutIntervalS?: number;
  readonly sequence?: number;
}

const messages: Readonly<Record<number, Udld["message"]>> = { 1: "probe", 2: "echo", 3: "flush" };

export function decodeUdld(bytes: Uint8Array): Udld | PacketError {
  return decoding(bytes, "udld", (cursor) => {
    const first = cursor.u8("version");
    const flags = cursor.u8("flags");
    cursor.skip(2, "checksum");
    let udld: Udld = {
      kind: "udld",
      version: first >> 5,
      message: messages[first & 31] ?? "other",
      isChecksumValid: onesSum(bytes) === 0xffff,
      isRecommendedTimeout: (flags & 1) !== 0,
      isResynchronizing: (flags & 2) !== 0,
    };
    for (const { type, value } of tlvs(cursor, { fieldBytes: 2, countsHeader: true }))
      udld = { ...udld, ...readTlv(type, value) };
    return udld;
  });
}

function readTlv(type: number, value: Cursor): Partial<Udld> {
  switch (type) {
    case 1:
      return { deviceId: value.text(value.remaining, "device") };
    case 2:
      return { portId: value.text(value.remaining, "port") };
    case 3:
      return { heard: readHeard(value) };
    case 4:
      return { messageIntervalS: value.u8("message interval") };
    case 5:
      return { timeoutIntervalS: value.u8("timeout interval") };
    case 6:
      return { deviceName: value.text(value.remaining, "device name") };
    case 7:
      return { sequence: value.u32("sequence") };
    default:
      return {};
  }
}

function readHeard(value: Cursor): readonly UdldNeighbor[] {
  const count = value.u32("echo count");
  const heard: UdldNeighbor[] = [];
  // Each takes four bytes at least, so a lying count ends in an error after the last of them.
  for (let index = 0; index < count; index++) {
    const deviceId = value.text(value.u16("echo device length"), "echo device");
    heard.push({ deviceId, portId: value.text(value.u16("echo port length"), "echo port") });
  }
  return heard;
}
