/**
 * DTP, by which two ports of Cisco's switches agree whether they are a trunk (layout of tcpdump's print-dtp.c, meaning of
 * the values by Wireshark's packet-dtp.c; the vendor published none).
 */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";
import { tlvs } from "../wire/tlv.ts";

export type DtpMode = "on" | "off" | "desirable" | "auto" | "unknown";
export type DtpEncapsulation = "negotiated" | "native" | "isl" | "dot1q" | "unknown";

export interface Dtp {
  readonly kind: "dtp";
  readonly version: number;
  /** The VTP domain: ports of different ones do not become a trunk by negotiation. */
  readonly domain?: string;
  readonly isTrunk?: boolean;
  readonly administrativeMode?: DtpMode;
  readonly encapsulation?: DtpEncapsulation;
  readonly administrativeEncapsulation?: DtpEncapsulation;
  readonly neighbor?: string;
}

const modes: Readonly<Record<number, DtpMode>> = { 1: "on", 2: "off", 3: "desirable", 4: "auto" };
const encapsulations: Readonly<Record<number, DtpEncapsulation>> = {
  0: "negotiated",
  1: "native",
  2: "isl",
  5: "dot1q",
};

export function decodeDtp(bytes: Uint8Array): Dtp | PacketError {
  return decoding(bytes, "dtp", (cursor) => {
    let dtp: Dtp = { kind: "dtp", version: cursor.u8("version") };
    for (const { type, value } of tlvs(cursor, { fieldBytes: 2, countsHeader: true, endsAtZero: true })) {
      if (type === 1) dtp = { ...dtp, domain: value.text(value.remaining, "domain") };
      if (type === 2) {
        const status = value.u8("status");
        dtp = { ...dtp, isTrunk: (status & 0x80) !== 0, administrativeMode: modes[status & 7] ?? "unknown" };
      }
      if (type === 3) {
        const bits = value.u8("type");
        const administrativeEncapsulation = encapsulations[bits & 7] ?? "unknown";
        dtp = { ...dtp, encapsulation: encapsulations[bits >> 5] ?? "unknown", administrativeEncapsulation };
      }
      if (type === 4) dtp = { ...dtp, neighbor: value.mac("neighbor") };
    }
    return dtp;
  });
}
