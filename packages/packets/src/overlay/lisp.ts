/**
 * The control messages of LISP (RFC 9301, section 5), the old RFC 6830 ones among them, which differ in nothing read here.
 * A move of a machine is seen as a Map-Register of its /32 with another locator, then a Map-Notify to the former ones.
 */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import { readLispAddress, readRecord } from "./lisp-record.ts";
import type { LispAddress, LispRecord } from "./lisp-record.ts";

export interface LispEndpoint {
  readonly endpoint: LispAddress;
  readonly maskBits: number;
}

export interface LispRegistration {
  readonly kind: "lisp";
  readonly message: "map-register" | "map-notify" | "map-notify-ack";
  readonly nonce: bigint;
  readonly keyId: number;
  /** 0 none, 1 HMAC-SHA-1-96, 2 HMAC-SHA-256-128 (IANA, LISP parameters). Digests are not verified: that takes the key. */
  readonly algorithm: number;
  readonly records: readonly LispRecord[];
  readonly wantsNotify: boolean;
  readonly isProxyReply: boolean;
  /** Who registers, from the trailer; its presence is decided by the bytes, not by the flag. */
  readonly router: { readonly routerId: string; readonly siteId: string } | undefined;
  readonly notes: readonly string[];
}

export interface LispRequest {
  readonly kind: "lisp";
  readonly message: "map-request";
  readonly nonce: bigint;
  readonly isProbe: boolean;
  /** Not a question but a hint to ask anew, because a mapping changed (section 6.1). */
  readonly isSolicit: boolean;
  readonly sourceEndpoint: LispAddress;
  readonly routerAddresses: readonly LispAddress[];
  readonly asked: readonly LispEndpoint[];
}

export interface LispReply {
  readonly kind: "lisp";
  readonly message: "map-reply" | "map-referral";
  readonly nonce: bigint;
  readonly isProbe: boolean;
  readonly records: readonly LispRecord[];
}

/** A message inside an IP packet, which `payload` begins with unless authentication data comes first. */
export interface LispEncapsulated {
  readonly kind: "lisp";
  readonly message: "encapsulated";
  readonly hasSecurity: boolean;
  readonly payload: Uint8Array;
}

export interface LispInfo {
  readonly kind: "lisp";
  readonly message: "info";
  readonly isReply: boolean;
  readonly nonce: bigint;
}

export type Lisp = LispRegistration | LispRequest | LispReply | LispEncapsulated | LispInfo;

/** xTR-ID and site-ID. */
const trailerBytes = 24;

/** The body of a datagram from or to port 4342. */
export function decodeLisp(bytes: Uint8Array): Lisp | PacketError {
  return decoding(bytes, "lisp", (cursor) => {
    const word = cursor.u32("type");
    const type = word >>> 28;
    switch (type) {
      case 1:
        return readRequest(cursor, word);
      case 2:
        return readReply(cursor, word, "map-reply");
      case 3:
        return readRegistration(cursor, word, "map-register");
      case 4:
        return readRegistration(cursor, word, "map-notify");
      case 5:
        return readRegistration(cursor, word, "map-notify-ack");
      case 6:
        return readReply(cursor, word, "map-referral");
      case 7:
        return { kind: "lisp", message: "info", isReply: (word & 0x0800_0000) !== 0, nonce: cursor.u64("nonce") };
      case 8:
        return encapsulated(word, cursor.rest());
      default:
        throw cursor.wrong("type", `${type} is no message known here.`, 4, "packets.unsupported");
    }
  });
}

function encapsulated(word: number, payload: Uint8Array): LispEncapsulated {
  return { kind: "lisp", message: "encapsulated", hasSecurity: (word & 0x0800_0000) !== 0, payload };
}

function readRegistration(cursor: Cursor, word: number, message: LispRegistration["message"]): LispRegistration {
  const isRegister = message === "map-register";
  const nonce = cursor.u64("nonce");
  const keyId = cursor.u8("key");
  const algorithm = cursor.u8("algorithm");
  cursor.skip(cursor.u16("authentication length"), "authentication");
  const records = readRecords(cursor, word & 0xff);
  const notes: string[] = [];
  const isAnnounced = (word & (isRegister ? 0x0200_0000 : 0x0800_0000)) !== 0;
  const hasTrailer = cursor.remaining >= trailerBytes;
  if (isAnnounced !== hasTrailer)
    notes.push(hasTrailer ? "A trailer is there without its flag." : "The flag promises a trailer that is not there.");
  const router = hasTrailer
    ? { routerId: hexOf(cursor.bytes(16, "xTR-ID")), siteId: hexOf(cursor.bytes(8, "site-ID")) }
    : undefined;
  if (cursor.remaining > 0) notes.push(`${cursor.remaining} bytes after the message were passed over.`);
  return {
    kind: "lisp",
    message,
    nonce,
    keyId,
    algorithm,
    records,
    wantsNotify: isRegister && (word & 0x100) !== 0,
    isProxyReply: isRegister && (word & 0x0800_0000) !== 0,
    router,
    notes,
  };
}

function readReply(cursor: Cursor, word: number, message: LispReply["message"]): LispReply {
  const nonce = cursor.u64("nonce");
  const isProbe = message === "map-reply" && (word & 0x0800_0000) !== 0;
  return { kind: "lisp", message, nonce, isProbe, records: readRecords(cursor, word & 0xff) };
}

function readRequest(cursor: Cursor, word: number): LispRequest {
  const nonce = cursor.u64("nonce");
  const sourceEndpoint = readLispAddress(cursor, "source endpoint");
  // The field counts one less than there are (section 5.2).
  const routerCount = ((word >> 8) & 0x1f) + 1;
  const routerAddresses = Array.from({ length: routerCount }, () => readLispAddress(cursor, "router"));
  const asked = Array.from({ length: word & 0xff }, () => {
    cursor.skip(1, "reserved");
    const maskBits = cursor.u8("mask length");
    return { endpoint: readLispAddress(cursor, "endpoint"), maskBits };
  });
  return {
    kind: "lisp",
    message: "map-request",
    nonce,
    isProbe: (word & 0x0200_0000) !== 0,
    isSolicit: (word & 0x0100_0000) !== 0,
    sourceEndpoint,
    routerAddresses,
    asked,
  };
}

function readRecords(cursor: Cursor, count: number): readonly LispRecord[] {
  return Array.from({ length: count }, () => readRecord(cursor));
}
