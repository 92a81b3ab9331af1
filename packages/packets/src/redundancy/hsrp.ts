/**
 * HSRP version 1 (RFC 2281, section 5.1), with the interface states that later software sends as operation 3 (Wireshark's
 * packet-hsrp.c), and the choice between the two versions.
 *
 * The active router sends from the virtual MAC, the others from their own: a filter on that address lets these through.
 */
import type { PacketError } from "../errors.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { tlvs } from "../wire/tlv.ts";
import { decodeHsrpV2, readMd5 } from "./hsrp-v2.ts";
import type { HsrpAuthentication, HsrpMessage, HsrpState, HsrpV2 } from "./hsrp-v2.ts";

/** `interfaceState` is of operation 3, `group` of the others. */
export interface HsrpV1 {
  readonly kind: "hsrp";
  readonly version: 1;
  readonly message: HsrpMessage | "advertise";
  readonly group: HsrpV1Group | undefined;
  readonly interfaceState: HsrpV1InterfaceState | undefined;
  readonly notes: readonly string[];
}

export interface HsrpV1Group {
  readonly group: number;
  readonly state: HsrpState;
  readonly priority: number;
  readonly helloTimeS: number;
  readonly holdTimeS: number;
  readonly virtualAddress: string;
  readonly authentication: HsrpAuthentication;
}

export interface HsrpV1InterfaceState {
  readonly state: "dormant" | "passive" | "active" | "unknown";
  readonly activeGroups: number;
  readonly passiveGroups: number;
}

export type Hsrp = HsrpV1 | HsrpV2;

/** What tells the versions apart: the address that version 2 was given because the first byte does not. */
export const hsrpV2Target = "224.0.0.102";
const hsrpV1Target = "224.0.0.2";
const firstTlvTypes: ReadonlySet<number> = new Set([1, 2, 3, 4]);

const messages: readonly (HsrpMessage | "advertise")[] = ["hello", "coup", "resign", "advertise"];
const states: Readonly<Record<number, HsrpState>> = {
  0: "initial",
  1: "learn",
  2: "listen",
  4: "speak",
  8: "standby",
  16: "active",
};
const stateNumbers: Readonly<Record<HsrpState, number>> = {
  initial: 0,
  learn: 1,
  listen: 2,
  speak: 4,
  standby: 8,
  active: 16,
};
const interfaceStates: Readonly<Record<number, HsrpV1InterfaceState["state"]>> = {
  1: "dormant",
  2: "passive",
  3: "active",
};
const messageNumbers: Readonly<Record<HsrpMessage, number>> = { hello: 0, coup: 1, resign: 2 };

/** `target` is the IP address that the datagram went to. */
export function decodeHsrp(bytes: Uint8Array, target: string): Hsrp | PacketError {
  const isV2 = target === hsrpV2Target || target.includes(":");
  if (isV2 || (target !== hsrpV1Target && firstTlvTypes.has(bytes[0] ?? 0))) return decodeHsrpV2(bytes);
  return decodeHsrpV1(bytes);
}

export function decodeHsrpV1(bytes: Uint8Array): HsrpV1 | PacketError {
  return decoding(bytes, "hsrp", (cursor) => {
    const version = cursor.u8("version");
    if (version !== 0) throw cursor.wrong("version", `${version} is not 0, which stands for version 1.`, 1);
    const operation = cursor.u8("operation");
    const message = messages[operation];
    if (message === undefined) throw cursor.wrong("operation", `${operation} is none of HSRP.`, 1);
    if (message === "advertise") {
      const interfaceState = readInterfaceState(cursor);
      return { kind: "hsrp", version: 1, message, group: undefined, interfaceState, notes: [] };
    }
    const notes: string[] = [];
    const group = readGroup(cursor, notes);
    return { kind: "hsrp", version: 1, message, group, interfaceState: undefined, notes };
  });
}

export interface HsrpV1Settings {
  readonly message: HsrpMessage;
  readonly group: number;
  readonly state: HsrpState;
  readonly priority: number;
  readonly helloTimeS: number;
  readonly holdTimeS: number;
  readonly virtualAddress: string;
  /** At most eight bytes; the word that RFC 2281 makes the default when left out. */
  readonly authentication?: string;
}

/** The body of a datagram from and to port 1985, to 224.0.0.2. */
export function encodeHsrpV1(settings: HsrpV1Settings): Uint8Array {
  return new ByteWriter("hsrp")
    .u8(0, "version")
    .u8(messageNumbers[settings.message], "operation")
    .u8(stateNumbers[settings.state], "state")
    .u8(settings.helloTimeS, "hello time")
    .u8(settings.holdTimeS, "hold time")
    .u8(settings.priority, "priority")
    .u8(settings.group, "group")
    .u8(0, "reserved")
    .text(settings.authentication ?? "cisco", 8, "authentication")
    .ipv4(settings.virtualAddress, "virtual address")
    .finish();
}

function readGroup(cursor: Cursor, notes: string[]): HsrpV1Group {
  const stateNumber = cursor.u8("state");
  const state = states[stateNumber];
  if (state === undefined) throw cursor.wrong("state", `${stateNumber} is no state of HSRP.`, 1);
  const helloTimeS = cursor.u8("hello time");
  const holdTimeS = cursor.u8("hold time");
  const priority = cursor.u8("priority");
  const group = cursor.u8("group");
  cursor.skip(1, "reserved");
  const text = cursor.text(8, "authentication");
  const virtualAddress = cursor.ipv4("virtual address");
  let authentication: HsrpAuthentication = { kind: "text", text };
  for (const { type, value } of tlvs(cursor, { fieldBytes: 1, countsHeader: false, endsAtZero: true })) {
    if (type === 4) authentication = readMd5(value, notes);
    else notes.push(`TLV ${type} after the message was passed over.`);
  }
  return { group, state, priority, helloTimeS, holdTimeS, virtualAddress, authentication };
}

function readInterfaceState(cursor: Cursor): HsrpV1InterfaceState {
  const type = cursor.u16("advertisement type");
  if (type !== 1)
    throw cursor.wrong("advertisement type", `${type} is not 1, interface state.`, 2, "packets.unsupported");
  cursor.skip(2, "advertisement length");
  const state = interfaceStates[cursor.u8("interface state")] ?? "unknown";
  cursor.skip(1, "reserved");
  return { state, activeGroups: cursor.u16("active groups"), passiveGroups: cursor.u16("passive groups") };
}
