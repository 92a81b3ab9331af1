/**
 * Mappings of LISP: an identifier of a machine or subnet and the locators it is reached by (RFC 9301, section 5.4; address
 * families with more inside, RFC 8060).
 */
import { MAX_ADDRESS_DEPTH } from "../limits.ts";
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";

export type LispAddress =
  | { readonly kind: "none" }
  | { readonly kind: "ipv4"; readonly address: string }
  | { readonly kind: "ipv6"; readonly address: string }
  | { readonly kind: "mac"; readonly address: string }
  /** An address of one segment among several with the same numbers (RFC 8060, section 4.1). */
  | { readonly kind: "instance"; readonly instanceId: number; readonly inner: LispAddress }
  /** Another form of RFC 8060, as it is. */
  | { readonly kind: "canonical"; readonly type: number; readonly hex: string };

export interface LispLocator {
  readonly address: LispAddress;
  /** 255: not to be used. */
  readonly priority: number;
  readonly weight: number;
  readonly isLocal: boolean;
  readonly isProbed: boolean;
  readonly isReachable: boolean;
}

export interface LispRecord {
  readonly ttlMinutes: number;
  readonly endpoint: LispAddress;
  readonly maskBits: number;
  /** 0 no action, 1 natively forward, 2 send a request, 3 drop. */
  readonly action: number;
  readonly isAuthoritative: boolean;
  readonly mapVersion: number;
  /** None: the mapping is withdrawn or negative. */
  readonly locators: readonly LispLocator[];
}

/** IANA address family numbers. */
const noFamily = 0;
const ipv4Family = 1;
const ipv6Family = 2;
const macFamily = 16389;
const canonicalFamily = 16387;
const instanceType = 2;

export function readRecord(cursor: Cursor): LispRecord {
  const ttlMinutes = cursor.u32("record TTL");
  const locatorCount = cursor.u8("locator count");
  const maskBits = cursor.u8("mask length");
  const flags = cursor.u8("record flags");
  cursor.skip(1, "reserved");
  const mapVersion = cursor.u16("map version") & 0xfff;
  const endpoint = readLispAddress(cursor, "endpoint");
  const locators = Array.from({ length: locatorCount }, () => readLocator(cursor));
  return {
    ttlMinutes,
    endpoint,
    maskBits,
    action: flags >> 5,
    isAuthoritative: (flags & 0x10) !== 0,
    mapVersion,
    locators,
  };
}

/** The family, and what it says. */
export function readLispAddress(cursor: Cursor, field: string, depth = 0): LispAddress {
  const family = cursor.u16(`${field} family`);
  switch (family) {
    case noFamily:
      return { kind: "none" };
    case ipv4Family:
      return { kind: "ipv4", address: cursor.ipv4(field) };
    case ipv6Family:
      return { kind: "ipv6", address: cursor.ipv6(field) };
    case macFamily:
      return { kind: "mac", address: cursor.mac(field) };
    case canonicalFamily:
      return readCanonical(cursor, field, depth);
    default:
      throw cursor.wrong(`${field} family`, `${family} is not known here.`, 2, "packets.unsupported");
  }
}

function readCanonical(cursor: Cursor, field: string, depth: number): LispAddress {
  if (depth === MAX_ADDRESS_DEPTH)
    throw cursor.wrong(field, `addresses lie more than ${depth} deep.`, 0, "packets.overload");
  cursor.skip(2, `${field} flags`);
  const type = cursor.u8(`${field} type`);
  cursor.skip(1, `${field} reserved`);
  const part = cursor.part(cursor.u16(`${field} length`), field);
  if (type !== instanceType) return { kind: "canonical", type, hex: hexOf(part.rest()) };
  const instanceId = part.u32(`${field} instance`);
  return { kind: "instance", instanceId, inner: readLispAddress(part, field, depth + 1) };
}

function readLocator(cursor: Cursor): LispLocator {
  const priority = cursor.u8("locator priority");
  const weight = cursor.u8("locator weight");
  cursor.skip(2, "multicast priority and weight");
  const flags = cursor.u16("locator flags");
  return {
    address: readLispAddress(cursor, "locator"),
    priority,
    weight,
    isLocal: (flags & 4) !== 0,
    isProbed: (flags & 2) !== 0,
    isReachable: (flags & 1) !== 0,
  };
}
