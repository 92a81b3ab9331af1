/**
 * HSRP version 2: more groups, milliseconds, IPv6 (layout of Wireshark's packet-hsrp.c, seen in captures; Cisco published
 * none). The length of a TLV does not count its header.
 */
import type { PacketError } from "../errors.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { ipv4Text, ipv6Text } from "../wire/ip-address.ts";
import { hexOf } from "../wire/text.ts";
import { tlvs } from "../wire/tlv.ts";

export type HsrpMessage = "hello" | "coup" | "resign";
export type HsrpState = "initial" | "learn" | "listen" | "speak" | "standby" | "active";

export type HsrpAuthentication =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  /** Not verified: that takes the key. */
  | { readonly kind: "md5"; readonly keyId: number; readonly address: string; readonly digest: string };

export interface HsrpV2Group {
  readonly message: HsrpMessage;
  readonly state: HsrpState;
  readonly family: 4 | 6;
  readonly group: number;
  readonly identifier: string;
  readonly priority: number;
  readonly helloTimeMs: number;
  readonly holdTimeMs: number;
  readonly virtualAddress: string;
}

export interface HsrpV2 {
  readonly kind: "hsrp";
  readonly version: 2;
  readonly group: HsrpV2Group | undefined;
  readonly interfaceState: { readonly activeGroups: number; readonly passiveGroups: number } | undefined;
  readonly authentication: HsrpAuthentication;
  readonly notes: readonly string[];
}

const groupTlv = 1;
const interfaceTlv = 2;
const textTlv = 3;
const md5Tlv = 4;
const groupBytes = 40;
const textBytes = 8;
const messages: readonly HsrpMessage[] = ["hello", "coup", "resign"];
/** From 1. */
const states: readonly HsrpState[] = ["initial", "learn", "listen", "speak", "standby", "active"];

export function decodeHsrpV2(bytes: Uint8Array): HsrpV2 | PacketError {
  return decoding(bytes, "hsrp", (cursor) => {
    let group: HsrpV2Group | undefined;
    let interfaceState: HsrpV2["interfaceState"];
    let authentication: HsrpAuthentication = { kind: "none" };
    const notes: string[] = [];
    for (const { type, value } of tlvs(cursor, { fieldBytes: 1, countsHeader: false, endsAtZero: true })) {
      if (type === groupTlv) group = readGroup(value);
      else if (type === interfaceTlv)
        interfaceState = { activeGroups: value.u16("active groups"), passiveGroups: value.u16("passive groups") };
      else if (type === textTlv) authentication = { kind: "text", text: value.text(textBytes, "authentication") };
      else if (type === md5Tlv) authentication = readMd5(value, notes);
      else notes.push(`TLV ${type} was passed over.`);
    }
    if (group === undefined && interfaceState === undefined)
      throw cursor.wrong("TLVs", "neither a group nor an interface is spoken of.");
    return { kind: "hsrp", version: 2, group, interfaceState, authentication, notes };
  });
}

export function readMd5(value: Cursor, notes: string[]): HsrpAuthentication {
  value.skip(4, "MD5 algorithm and flags");
  const address = value.ipv4("MD5 address");
  const keyId = value.u32("MD5 key");
  const digest = hexOf(value.bytes(16, "MD5 digest"));
  notes.push("The MD5 digest was not verified: that takes the key.");
  return { kind: "md5", keyId, address, digest };
}

export interface HsrpV2Settings {
  readonly group: HsrpV2Group;
  /** At most eight bytes. */
  readonly authentication?: string;
}

/** The body of a datagram from and to port 1985 (2029 for IPv6), to 224.0.0.102 (ff02::66). */
export function encodeHsrpV2(settings: HsrpV2Settings): Uint8Array {
  const { group } = settings;
  const writer = new ByteWriter("hsrp")
    .u8(groupTlv, "TLV type")
    .u8(groupBytes, "TLV length")
    .u8(2, "version")
    .u8(messages.indexOf(group.message), "operation")
    .u8(states.indexOf(group.state) + 1, "state")
    .u8(group.family, "IP version")
    .u16(group.group, "group")
    .mac(group.identifier, "identifier")
    .u32(group.priority, "priority")
    .u32(group.helloTimeMs, "hello time")
    .u32(group.holdTimeMs, "hold time");
  if (group.family === 4) writer.ipv4(group.virtualAddress, "virtual address").zeros(12);
  else writer.ipv6(group.virtualAddress, "virtual address");
  if (settings.authentication !== undefined)
    writer
      .u8(textTlv, "TLV type")
      .u8(textBytes, "TLV length")
      .text(settings.authentication, textBytes, "authentication");
  return writer.finish();
}

function readGroup(value: Cursor): HsrpV2Group {
  const version = value.u8("version");
  if (version !== 2) throw value.wrong("version", `${version} is not 2.`, 1);
  const operation = value.u8("operation");
  const message = messages[operation];
  if (message === undefined) throw value.wrong("operation", `${operation} is none of HSRP.`, 1);
  const stateNumber = value.u8("state");
  const state = states[stateNumber - 1];
  if (state === undefined) throw value.wrong("state", `${stateNumber} is no state of HSRP.`, 1);
  const family = value.u8("IP version");
  if (family !== 4 && family !== 6) throw value.wrong("IP version", `${family} is neither 4 nor 6.`, 1);
  const group = value.u16("group");
  const identifier = value.mac("identifier");
  const priority = value.u32("priority");
  const helloTimeMs = value.u32("hello time");
  const holdTimeMs = value.u32("hold time");
  const address = value.bytes(16, "virtual address");
  const virtualAddress = family === 4 ? ipv4Text(address.subarray(0, 4)) : ipv6Text(address);
  return { message, state, family, group, identifier, priority, helloTimeMs, holdTimeMs, virtualAddress };
}
