/** The protocols that Cisco's switches speak among themselves: CDP, VTP, DTP and UDLD. */
import { expect, test } from "vitest";
import type { PacketError } from "../errors.ts";
import { bodies } from "../frame/samples.ts";
import { hex, padded } from "../wire/hex.ts";
import { decodeCdp } from "./cdp.ts";
import { decodeDtp } from "./dtp.ts";
import { decodeUdld } from "./udld.ts";
import { decodeVtp } from "./vtp.ts";

test("CDP: who, where, and the VLAN of untagged frames", () => {
  expect(decodeCdp(bodies.cdp)).toEqual({
    kind: "cdp",
    version: 2,
    timeToLiveS: 180,
    isChecksumValid: true,
    deviceId: "leaf3",
    portId: "Ethernet1/7",
    capabilities: ["router", "switch", "igmp-snooping"],
    platform: "N9K-C93180",
    vtpDomain: "lab",
    nativeVlan: 5,
    duplex: "full",
    voiceVlan: 15,
    mtu: 9216,
    addresses: ["192.168.0.1", "fe80::21c:73ff:fe00:7"],
    managementAddresses: [],
  });
});

test.each([
  ["Cisco's sum of an odd message with a small last byte", "02b4 90ce 0001 0006 6c65 000b 0005 01", true],
  ["the sum of RFC 1071 of the same", "02b4 8fcf 0001 0006 6c65 000b 0005 01", true],
  ["Cisco's sum of an odd message with a large last byte", "02b4 913f 0001 0006 6c65 000b 0005 90", true],
  ["the sum of RFC 1071 of the same", "02b4 00cf 0001 0006 6c65 000b 0005 90", true],
  ["a wrong sum", "02b4 90cf 0001 0006 6c65 000b 0005 01", false],
])("CDP: %s", (_, text, isChecksumValid) => {
  expect(decodeCdp(hex(text))).toMatchObject({ isChecksumValid, deviceId: "le" });
});

test("VTP: a summary, the VLANs themselves, a request", () => {
  expect(decodeVtp(bodies.vtpSummary)).toEqual({
    kind: "vtp",
    version: 1,
    domain: "lab",
    message: "summary",
    followers: 1,
    revision: 7,
    updater: "10.0.0.1",
    timestamp: "261122220000",
    digest: "000102030405060708090a0b0c0d0e0f",
  });
  expect(decodeVtp(bodies.vtpSubset)).toEqual({
    kind: "vtp",
    version: 1,
    domain: "lab",
    message: "subset",
    sequence: 1,
    revision: 7,
    vlans: [
      { vlan: 1, name: "default", isSuspended: false, type: 1, mtu: 1500 },
      { vlan: 120, name: "web-prod", isSuspended: true, type: 1, mtu: 1500 },
    ],
  });
  expect(decodeVtp(bodies.vtpRequest)).toMatchObject({ message: "request", startValue: 1 });
});

test("DTP: a trunk and how it came about", () => {
  expect(decodeDtp(bodies.dtp)).toEqual({
    kind: "dtp",
    version: 1,
    domain: "lab",
    isTrunk: true,
    administrativeMode: "on",
    encapsulation: "dot1q",
    administrativeEncapsulation: "dot1q",
    neighbor: "00:1c:73:00:00:01",
  });
  expect(decodeDtp(hex("01 0002 0005 04 0003 0005 40 0000 0000"))).toEqual({
    kind: "dtp",
    version: 1,
    isTrunk: false,
    administrativeMode: "auto",
    encapsulation: "isl",
    administrativeEncapsulation: "negotiated",
  });
});

test("UDLD: whom the sender hears", () => {
  expect(decodeUdld(bodies.udld)).toEqual({
    kind: "udld",
    version: 1,
    message: "probe",
    isChecksumValid: true,
    isRecommendedTimeout: true,
    isResynchronizing: true,
    deviceId: "FOC1",
    portId: "Gi0/1",
    heard: [{ deviceId: "FOC2", portId: "Fa0/2" }],
    messageIntervalS: 7,
    timeoutIntervalS: 5,
    deviceName: "S1",
    sequence: 1,
  });
});

const vtp = (rest: string): string => `01 02 01 03 ${padded("lab", 32)} 00000007 ${rest}`;
const failures: readonly (readonly [
  string,
  (bytes: Uint8Array) => unknown,
  string,
  PacketError["code"],
  string,
  number,
])[] = [
  ["CDP: a TLV shorter than its header", decodeCdp, "02b4 0000 0001 0003", "packets.malformed", "TLV length", 6],
  ["CDP: a TLV longer than the message", decodeCdp, "02b4 0000 0001 0009 6c", "packets.truncated", "TLV 1", 8],
  [
    "CDP: four billion addresses",
    decodeCdp,
    "02b4 0000 0002 0008 ffffffff",
    "packets.truncated",
    "address protocol type",
    12,
  ],
  ["VTP: version 9", decodeVtp, "09", "packets.malformed", "version", 0],
  ["VTP: a domain longer than its field", decodeVtp, "01 01 01 21", "packets.malformed", "domain length", 3],
  ["VTP: a message that nobody knows", decodeVtp, `01 09 01 03 ${padded("lab", 32)}`, "packets.malformed", "code", 1],
  ["VTP: a VLAN of no length", decodeVtp, vtp("00"), "packets.malformed", "VLAN length", 40],
  [
    "VTP: a name longer than its entry",
    decodeVtp,
    vtp("0c 00 01 20 0001 05dc 000186a1"),
    "packets.truncated",
    "VLAN name",
    52,
  ],
  ["DTP: a TLV shorter than its header", decodeDtp, "01 0001 0002", "packets.malformed", "TLV length", 3],
  [
    "UDLD: four billion neighbours",
    decodeUdld,
    "21 03 0000 0003 0008 ffffffff",
    "packets.truncated",
    "echo device length",
    12,
  ],
];
test.each(failures)("%s", (_, decode, text, code, field, offset) => {
  expect(decode(hex(text))).toMatchObject({ code, field, offset });
});
