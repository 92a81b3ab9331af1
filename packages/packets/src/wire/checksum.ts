/** The Internet checksum (RFC 1071) and the pseudo-headers that some protocols put before what they sum. */
import { ipv4Bytes, ipv6Bytes } from "./ip-address.ts";

/** What a checksum says about its message; `unverified` when bytes or addresses are missing. */
export type ChecksumVerdict = "valid" | "invalid" | "absent" | "unverified";

/** The packet around a message, as far as its checksum covers it. */
export interface IpCarrier {
  readonly family: 4 | 6;
  readonly source: string;
  readonly target: string;
}

/** The sum of 16-bit words, folded but not inverted: 0xffff over a message that holds its right checksum. */
export function onesSum(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  if (bytes.length % 2 === 1) sum += (bytes[bytes.length - 1] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return sum;
}

/** What to write into the checksum field of bytes that hold 0 there. */
export function checksumOf(bytes: Uint8Array, start = 0): number {
  return ~onesSum(bytes, start) & 0xffff;
}

/** RFC 768 and RFC 8200, section 8.1: addresses, protocol and length, in no order that a sum would notice. */
export function pseudoHeaderSum(carrier: IpCarrier, protocol: number, length: number): number {
  const parse = carrier.family === 4 ? ipv4Bytes : ipv6Bytes;
  const nothing = new Uint8Array(0);
  const addresses = onesSum(parse(carrier.source) ?? nothing, onesSum(parse(carrier.target) ?? nothing));
  return addresses + protocol + (length & 0xffff) + (length >>> 16);
}
