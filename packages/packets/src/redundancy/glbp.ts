/**
 * GLBP, the protocol by which several Cisco routers share one gateway address. There is no specification and no capture
 * under a usable licence: the layout is that of Wireshark's packet-glbp.c, itself found by observation, with many bytes of
 * unknown meaning. Hence the mark on every message.
 */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import { tlvs } from "../wire/tlv.ts";

export type GlbpState = "listen" | "speak" | "standby" | "active" | "unknown";

export interface GlbpHello {
  readonly state: GlbpState;
  readonly priority: number;
  readonly helloTimeMs: number;
  readonly holdTimeMs: number;
  readonly redirectS: number;
  readonly timeoutS: number;
  /** Hex digits when the address is neither IPv4 nor IPv6. */
  readonly virtualAddress: string;
}

/** The TLV of requests and responses, as the dissector calls it. */
export interface GlbpForwarder {
  readonly forwarder: number;
  readonly state: GlbpState;
  readonly priority: number;
  readonly weight: number;
  /** What this forwarder answers for; which host was given which one, no packet of GLBP says. */
  readonly virtualMac: string;
}

export interface Glbp {
  readonly kind: "glbp";
  readonly certainty: "best-effort";
  readonly version: number;
  readonly group: number;
  readonly owner: string;
  readonly hello: GlbpHello | undefined;
  readonly forwarders: readonly GlbpForwarder[];
  readonly authentication: "none" | "text" | "md5" | "md5-chain" | "unknown";
  readonly notes: readonly string[];
}

const states: Readonly<Record<number, GlbpState>> = { 4: "listen", 8: "speak", 16: "standby", 32: "active" };
const authentications: readonly Glbp["authentication"][] = ["none", "text", "md5", "md5-chain"];

/** The body of a datagram to port 3222. */
export function decodeGlbp(bytes: Uint8Array): Glbp | PacketError {
  return decoding(bytes, "glbp", (cursor) => {
    const version = cursor.u8("version");
    if (version !== 1) throw cursor.wrong("version", `${version} is not 1.`, 1, "packets.unsupported");
    cursor.skip(1, "unknown");
    const group = cursor.u16("group");
    cursor.skip(2, "unknown");
    const owner = cursor.mac("owner");
    let hello: GlbpHello | undefined;
    let authentication: Glbp["authentication"] = "none";
    const forwarders: GlbpForwarder[] = [];
    const notes: string[] = [];
    for (const { type, value } of tlvs(cursor, { fieldBytes: 1, countsHeader: true })) {
      if (type === 1) hello = readHello(value);
      else if (type === 2) forwarders.push(readForwarder(value));
      else if (type === 3) authentication = authentications[value.u8("authentication type")] ?? "unknown";
      else notes.push(`TLV ${type} was passed over.`);
    }
    const facts = { version, group, owner, hello, forwarders, authentication, notes };
    return { kind: "glbp", certainty: "best-effort", ...facts };
  });
}

function readHello(value: Cursor): GlbpHello {
  value.skip(1, "unknown");
  const state = states[value.u8("gateway state")] ?? "unknown";
  value.skip(1, "unknown");
  const priority = value.u8("gateway priority");
  value.skip(2, "unknown");
  const helloTimeMs = value.u32("hello time");
  const holdTimeMs = value.u32("hold time");
  const redirectS = value.u16("redirect time");
  const timeoutS = value.u16("timeout");
  value.skip(2, "unknown");
  const form = value.u8("address type");
  const address = value.part(value.u8("address length"), "virtual address");
  const virtualAddress =
    form === 1 ? address.ipv4("virtual address") : form === 2 ? address.ipv6("virtual address") : hexOf(address.rest());
  return { state, priority, helloTimeMs, holdTimeMs, redirectS, timeoutS, virtualAddress };
}

function readForwarder(value: Cursor): GlbpForwarder {
  const forwarder = value.u8("forwarder");
  const state = states[value.u8("forwarder state")] ?? "unknown";
  value.skip(1, "unknown");
  const priority = value.u8("forwarder priority");
  const weight = value.u8("forwarder weight");
  value.skip(7, "unknown");
  return { forwarder, state, priority, weight, virtualMac: value.mac("virtual address") };
}
