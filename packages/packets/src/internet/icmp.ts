/** ICMP (RFC 792) and ICMPv6 (RFC 4443): the type of any message, and the fields of an echo. */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";

export interface IcmpEcho {
  readonly isRequest: boolean;
  readonly identifier: number;
  readonly sequence: number;
}

export interface Icmp {
  readonly kind: "icmp";
  readonly family: 4 | 6;
  readonly type: number;
  readonly code: number;
  readonly echo: IcmpEcho | undefined;
}

export function decodeIcmp(bytes: Uint8Array, family: 4 | 6): Icmp | PacketError {
  return decoding(bytes, "icmp", (cursor) => {
    const type = cursor.u8("type");
    const code = cursor.u8("code");
    cursor.skip(2, "checksum");
    const [request, reply] = family === 4 ? [8, 0] : [128, 129];
    if (type !== request && type !== reply) return { kind: "icmp", family, type, code, echo: undefined };
    const identifier = cursor.u16("identifier");
    const sequence = cursor.u16("sequence");
    return { kind: "icmp", family, type, code, echo: { isRequest: type === request, identifier, sequence } };
  });
}
