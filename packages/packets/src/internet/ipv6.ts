/** IPv6 (RFC 8200), with the extension headers passed over. */
import type { PacketError } from "../errors.ts";
import { MAX_EXTENSION_HEADERS } from "../limits.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import type { Carried } from "../wire/carried.ts";
import { decoding } from "../wire/cursor.ts";

export interface Ipv6Header {
  readonly kind: "ipv6";
  readonly source: string;
  readonly target: string;
  /** Of what comes after the extension headers. */
  readonly protocol: number;
  readonly hopLimit: number;
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly fragmentOffsetBytes: number;
  readonly missingBytes: number;
}

/** Extension headers by number (RFC 8200, section 4; RFC 4302 for the authentication header). */
const hopByHop = 0;
const routing = 43;
const fragment = 44;
const authentication = 51;
const targetOptions = 60;
const extensions: ReadonlySet<number> = new Set([hopByHop, routing, fragment, authentication, targetOptions]);

export function decodeIpv6(bytes: Uint8Array): Carried<Ipv6Header> | PacketError {
  return decoding(bytes, "ipv6", (cursor) => {
    const first = cursor.u32("version");
    if (first >>> 28 !== 6) throw cursor.wrong("version", `${first >>> 28} is not 6.`, 4);
    const payloadBytes = cursor.u16("payload length");
    let protocol = cursor.u8("next header");
    const hopLimit = cursor.u8("hop limit");
    const source = cursor.ipv6("source");
    const target = cursor.ipv6("target");
    const missingBytes = Math.max(0, payloadBytes - cursor.remaining);
    const body = cursor.part(payloadBytes - missingBytes, "payload");
    let fragmentOffsetBytes = 0;
    for (let count = 0; extensions.has(protocol) && fragmentOffsetBytes === 0; count++) {
      if (count === MAX_EXTENSION_HEADERS)
        throw body.wrong("next header", `more than ${count} extension headers.`, 0, "packets.overload");
      const current = protocol;
      protocol = body.u8("next header");
      const length = body.u8("extension length");
      if (current === fragment) {
        fragmentOffsetBytes = body.u16("fragment") & 0xfff8;
        body.skip(4, "identification");
      } else {
        const units = current === authentication ? (length + 2) * 4 : (length + 1) * 8;
        body.skip(Math.max(units, 8) - 2, "extension");
      }
    }
    const trafficClass = (first >>> 20) & 0xff;
    const flowLabel = first & 0xf_ffff;
    const addresses = { source, target, protocol, hopLimit, trafficClass, flowLabel };
    return { header: { kind: "ipv6", ...addresses, fragmentOffsetBytes, missingBytes }, payload: body.rest() };
  });
}

export interface Ipv6Settings {
  readonly source: string;
  readonly target: string;
  readonly protocol: number;
  readonly hopLimit: number;
}

export function encodeIpv6(settings: Ipv6Settings, payload: Uint8Array): Uint8Array {
  return new ByteWriter("ipv6")
    .u32(0x6000_0000, "version")
    .u16(payload.length, "payload length")
    .u8(settings.protocol, "next header")
    .u8(settings.hopLimit, "hop limit")
    .ipv6(settings.source, "source")
    .ipv6(settings.target, "target")
    .raw(payload)
    .finish();
}
