/**
 * VRRP version 2 (RFC 3768, section 5) and 3 (RFC 9568, section 5). The checksum of version 3 covers a pseudo-header;
 * some implementations leave that out for IPv4, so either way counts as right, and which one it was is told.
 */
import type { PacketError } from "../errors.ts";
import { ByteWriter, withChecksum } from "../wire/byte-writer.ts";
import { checksumOf, onesSum, pseudoHeaderSum } from "../wire/checksum.ts";
import type { ChecksumVerdict, IpCarrier } from "../wire/checksum.ts";
import { decoding } from "../wire/cursor.ts";

export type VrrpChecksum = Exclude<ChecksumVerdict, "absent"> | "valid-without-pseudo-header";

interface VrrpCommon {
  readonly kind: "vrrp";
  readonly family: 4 | 6;
  readonly group: number;
  /** 255: the owner of the addresses; 0: the sender resigns. */
  readonly priority: number;
  readonly intervalMs: number;
  readonly addresses: readonly string[];
  readonly checksum: VrrpChecksum;
}

export type Vrrp =
  | (VrrpCommon & {
      readonly version: 2;
      readonly authenticationType: number;
      /** Of type 1, simple text, alone. */
      readonly authenticationText: string | undefined;
    })
  | (VrrpCommon & { readonly version: 3 });

export const vrrpProtocol = 112;
const advertisement = 1;
const simpleText = 1;
const authenticationBytes = 8;

/** `carrier` is the packet around it; without it IPv4 is assumed. */
export function decodeVrrp(bytes: Uint8Array, carrier?: IpCarrier): Vrrp | PacketError {
  return decoding(bytes, "vrrp", (cursor) => {
    const first = cursor.u8("version");
    const version = first >> 4;
    if (version !== 2 && version !== 3) throw cursor.wrong("version", `${version} is neither 2 nor 3.`, 1);
    if ((first & 15) !== advertisement) throw cursor.wrong("type", `${first & 15} is no advertisement.`, 1);
    const family = carrier?.family ?? 4;
    if (version === 2 && family === 6) throw cursor.wrong("version", "2 knows no IPv6.", 1);
    const group = cursor.u8("virtual router");
    const priority = cursor.u8("priority");
    const count = cursor.u8("address count");
    const authenticationType = version === 2 ? cursor.u8("authentication type") : 0;
    const intervalMs = version === 2 ? cursor.u8("interval") * 1000 : (cursor.u16("interval") & 0xfff) * 10;
    cursor.skip(2, "checksum");
    const addresses = Array.from({ length: count }, () =>
      family === 4 ? cursor.ipv4("address") : cursor.ipv6("address"),
    );
    const common = { kind: "vrrp", family, group, priority, intervalMs, addresses } as const;
    if (version === 3) return { ...common, version, checksum: verdict(bytes, carrier) };
    const authentication = cursor.text(authenticationBytes, "authentication");
    const authenticationText = authenticationType === simpleText ? authentication : undefined;
    const checksum = onesSum(bytes) === 0xffff ? "valid" : "invalid";
    return { ...common, version, authenticationType, authenticationText, checksum };
  });
}

export interface VrrpV2Settings {
  readonly group: number;
  readonly priority: number;
  /** A multiple of 1000 up to 255 000. */
  readonly intervalMs: number;
  readonly addresses: readonly string[];
  /** At most eight bytes, sent as they are (RFC 2338, section 10.2); none when left out. */
  readonly authentication?: string;
}

/** The body of a packet of protocol 112 with hop limit 255, to 224.0.0.18. The addresses are IPv4: version 2 has no others. */
export function encodeVrrpV2(settings: VrrpV2Settings): Uint8Array {
  const { addresses, authentication } = settings;
  const writer = new ByteWriter("vrrp")
    .u8(2 * 16 + advertisement, "version")
    .u8(settings.group, "virtual router")
    .u8(settings.priority, "priority")
    .u8(addresses.length, "address count")
    .u8(authentication === undefined ? 0 : simpleText, "authentication type")
    .u8(settings.intervalMs / 1000, "interval")
    .u16(0, "checksum");
  for (const address of addresses) writer.ipv4(address, "address");
  const message = writer.text(authentication ?? "", authenticationBytes, "authentication").finish();
  return withChecksum(message, 6, checksumOf(message));
}

export interface VrrpV3Settings {
  readonly group: number;
  readonly priority: number;
  /** A multiple of 10 up to 40 950. */
  readonly intervalMs: number;
  /** For IPv6 the first is to be link-local (RFC 9568, section 5.2.9). */
  readonly addresses: readonly string[];
  readonly carrier: IpCarrier;
}

/** The body of a packet of protocol 112 with hop limit 255, to 224.0.0.18 or ff02::12. */
export function encodeVrrpV3(settings: VrrpV3Settings): Uint8Array {
  const { carrier, addresses } = settings;
  const centiseconds = settings.intervalMs / 10;
  const writer = new ByteWriter("vrrp")
    .u8(3 * 16 + advertisement, "version")
    .u8(settings.group, "virtual router")
    .u8(settings.priority, "priority")
    .u8(addresses.length, "address count")
    .u16(centiseconds > 0xfff ? -1 : centiseconds, "interval")
    .u16(0, "checksum");
  for (const address of addresses) {
    if (carrier.family === 4) writer.ipv4(address, "address");
    else writer.ipv6(address, "address");
  }
  const message = writer.finish();
  return withChecksum(message, 6, checksumOf(message, pseudoHeaderSum(carrier, vrrpProtocol, message.length)));
}

function verdict(bytes: Uint8Array, carrier: IpCarrier | undefined): VrrpChecksum {
  if (carrier === undefined) return "unverified";
  if (onesSum(bytes, pseudoHeaderSum(carrier, vrrpProtocol, bytes.length)) === 0xffff) return "valid";
  return carrier.family === 4 && onesSum(bytes) === 0xffff ? "valid-without-pseudo-header" : "invalid";
}
