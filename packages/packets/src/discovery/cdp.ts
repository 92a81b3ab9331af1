/**
 * CDP, by which Cisco's devices name themselves (layout as tcpdump's print-cdp.c and Wireshark's packet-cdp.c read it; the
 * vendor published none). It knows the VLAN of untagged frames and the VTP domain, and has no list of allowed VLANs.
 */
import type { PacketError } from "../errors.ts";
import { onesSum } from "../wire/checksum.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import { tlvs } from "../wire/tlv.ts";

export type CdpCapability =
  | "router"
  | "transparent-bridge"
  | "source-route-bridge"
  | "switch"
  | "host"
  | "igmp-snooping"
  | "repeater"
  | "phone"
  | "remotely-managed"
  | "cast-or-vta"
  | "two-port-relay";

export interface Cdp {
  readonly kind: "cdp";
  readonly version: number;
  readonly timeToLiveS: number;
  readonly isChecksumValid: boolean;
  readonly deviceId?: string;
  readonly portId?: string;
  readonly platform?: string;
  readonly softwareVersion?: string;
  readonly systemName?: string;
  readonly capabilities?: readonly CdpCapability[];
  readonly addresses: readonly string[];
  readonly managementAddresses: readonly string[];
  /** May be empty, which is a domain like any other. */
  readonly vtpDomain?: string;
  readonly nativeVlan?: number;
  readonly voiceVlan?: number;
  readonly duplex?: "half" | "full";
  readonly mtu?: number;
}

const capabilityNames: readonly CdpCapability[] = [
  "router",
  "transparent-bridge",
  "source-route-bridge",
  "switch",
  "host",
  "igmp-snooping",
  "repeater",
  "phone",
  "remotely-managed",
  "cast-or-vta",
  "two-port-relay",
];

export function decodeCdp(bytes: Uint8Array): Cdp | PacketError {
  return decoding(bytes, "cdp", (cursor) => {
    const version = cursor.u8("version");
    const timeToLiveS = cursor.u8("time to live");
    cursor.skip(2, "checksum");
    let facts: Omit<Cdp, "kind" | "version" | "timeToLiveS" | "isChecksumValid"> = {
      addresses: [],
      managementAddresses: [],
    };
    for (const { type, value } of tlvs(cursor, { fieldBytes: 2, countsHeader: true }))
      facts = { ...facts, ...readTlv(type, value) };
    return { kind: "cdp", version, timeToLiveS, isChecksumValid: isChecksumValid(bytes), ...facts };
  });
}

function readTlv(type: number, value: Cursor): Partial<Cdp> {
  const text = (field: string): string => value.text(value.remaining, field);
  switch (type) {
    case 0x01:
      return { deviceId: text("device") };
    case 0x02:
      return { addresses: readAddresses(value) };
    case 0x03:
      return { portId: text("port") };
    case 0x04:
      return { capabilities: capabilitiesOf(value.u32("capabilities")) };
    case 0x05:
      return { softwareVersion: text("version string") };
    case 0x06:
      return { platform: text("platform") };
    case 0x09:
      return { vtpDomain: text("VTP domain") };
    case 0x0a:
      return { nativeVlan: value.u16("native VLAN") };
    case 0x0b:
      return { duplex: value.u8("duplex") === 0 ? "half" : "full" };
    case 0x0e:
      value.skip(1, "appliance");
      return { voiceVlan: value.u16("voice VLAN") };
    case 0x11:
      return { mtu: value.u32("MTU") };
    case 0x14:
      return { systemName: text("system name") };
    case 0x16:
      return { managementAddresses: readAddresses(value) };
    default:
      return {};
  }
}

/** Protocol of an address by its bytes: NLPID 0xcc, and the ether type of IPv6 after a SNAP header. */
const ipv4Protocol = "cc";
const ipv6Protocol = "aaaa0300000086dd";

function readAddresses(value: Cursor): readonly string[] {
  const count = value.u32("address count");
  const addresses: string[] = [];
  // Each takes bytes, so a lying count ends in an error after the last of them.
  for (let index = 0; index < count; index++) {
    value.skip(1, "address protocol type");
    const protocol = hexOf(value.bytes(value.u8("address protocol length"), "address protocol"));
    const length = value.u16("address length");
    const address = value.part(length, "address");
    if (protocol === ipv4Protocol && length === 4) addresses.push(address.ipv4("address"));
    else if (protocol === ipv6Protocol && length === 16) addresses.push(address.ipv6("address"));
    else addresses.push(hexOf(address.rest()));
  }
  return addresses;
}

function capabilitiesOf(bits: number): readonly CdpCapability[] {
  return capabilityNames.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

/**
 * The Internet checksum; but Cisco adds the last byte of an odd message as a signed number, and loses one to the carry
 * (the comment in packet-cdp.c of Wireshark). Speakers of other makers do it by RFC 1071: both are right here.
 */
function isChecksumValid(bytes: Uint8Array): boolean {
  if (onesSum(bytes) === 0xffff) return true;
  if (bytes.length % 2 === 0) return false;
  const last = bytes[bytes.length - 1] ?? 0;
  const word = last < 0x80 ? last : 0xff00 + last - 1;
  return onesSum(bytes.subarray(0, -1), word) === 0xffff;
}
