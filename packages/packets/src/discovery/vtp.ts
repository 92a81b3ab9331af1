/**
 * VTP, by which Cisco's switches pass on the list of VLANs, versions 1 and 2 (Cisco document 10558; tcpdump's print-vtp.c).
 * Version 3 shares the header; what it adds after it is not read.
 */
import type { PacketError } from "../errors.ts";
import { MAX_TLVS } from "../limits.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";

export interface VtpVlan {
  readonly vlan: number;
  readonly name: string;
  readonly isSuspended: boolean;
  /** 1 Ethernet, 2 FDDI, 3 token ring concentrator, 4 FDDI bridge, 5 token ring bridge. */
  readonly type: number;
  readonly mtu: number;
}

interface VtpHeader {
  readonly kind: "vtp";
  readonly version: number;
  readonly domain: string;
}

export type Vtp =
  | (VtpHeader & {
      readonly message: "summary";
      readonly followers: number;
      readonly revision: number;
      readonly updater: string;
      /** Twelve digits, yymmddhhmmss. */
      readonly timestamp: string;
      readonly digest: string;
    })
  | (VtpHeader & {
      readonly message: "subset";
      readonly sequence: number;
      readonly revision: number;
      readonly vlans: readonly VtpVlan[];
    })
  | (VtpHeader & { readonly message: "request"; readonly startValue: number })
  | (VtpHeader & { readonly message: "join" });

const domainBytes = 32;
const vlanFixedBytes = 12;
const suspendedBit = 1;

export function decodeVtp(bytes: Uint8Array): Vtp | PacketError {
  return decoding(bytes, "vtp", (cursor) => {
    const version = cursor.u8("version");
    if (version < 1 || version > 3) throw cursor.wrong("version", `${version} is not 1, 2 or 3.`, 1);
    const code = cursor.u8("code");
    const third = cursor.u8("followers");
    const domainLength = cursor.u8("domain length");
    if (domainLength > domainBytes)
      throw cursor.wrong("domain length", `${domainLength} is more than ${domainBytes}.`, 1);
    const domain = cursor.part(domainBytes, "domain").text(domainLength, "domain");
    const header: VtpHeader = { kind: "vtp", version, domain };
    switch (code) {
      case 1:
        return { ...header, message: "summary", followers: third, ...readSummary(cursor) };
      case 2: {
        const revision = cursor.u32("revision");
        return { ...header, message: "subset", sequence: third, revision, vlans: readVlans(cursor) };
      }
      case 3:
        return { ...header, message: "request", startValue: cursor.u32("start value") };
      case 4:
        return { ...header, message: "join" };
      default:
        throw cursor.wrong("code", `${code} is no message of VTP.`, 3 + domainBytes);
    }
  });
}

function readSummary(cursor: Cursor): {
  readonly revision: number;
  readonly updater: string;
  readonly timestamp: string;
  readonly digest: string;
} {
  return {
    revision: cursor.u32("revision"),
    updater: cursor.ipv4("updater"),
    timestamp: cursor.text(12, "timestamp"),
    digest: hexOf(cursor.bytes(16, "digest")),
  };
}

function readVlans(cursor: Cursor): readonly VtpVlan[] {
  const vlans: VtpVlan[] = [];
  while (cursor.remaining > 0) {
    if (vlans.length === MAX_TLVS) throw cursor.wrong("VLANs", `more than ${MAX_TLVS}.`, 0, "packets.overload");
    const length = cursor.u8("VLAN length");
    if (length < vlanFixedBytes) throw cursor.wrong("VLAN length", `${length} is less than ${vlanFixedBytes}.`, 1);
    const entry = cursor.part(length - 1, "VLAN entry");
    const status = entry.u8("VLAN status");
    const type = entry.u8("VLAN type");
    const nameLength = entry.u8("VLAN name length");
    const vlan = entry.u16("VLAN");
    const mtu = entry.u16("VLAN MTU");
    entry.skip(4, "VLAN index");
    vlans.push({
      vlan,
      name: entry.text(nameLength, "VLAN name"),
      isSuspended: (status & suspendedBit) !== 0,
      type,
      mtu,
    });
  }
  return vlans;
}
