/** IPv4, IPv6, and what they carry. */
import { expect, test } from "vitest";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import { bodies, frames } from "../frame/samples.ts";
import { decodeBfd } from "../routing/bfd.ts";
import { decodeOspfHello } from "../routing/ospf-hello.ts";
import { hex } from "../wire/hex.ts";
import { decodeIcmp } from "./icmp.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeTcp } from "./tcp.ts";
import { decodeUdp, encodeUdp } from "./udp.ts";

const header = "4500 0030 0000 0000 01 11 cfb8 0a000003 e0000002";

test("IPv4: a sum computed apart from this package is right; one bit off it is wrong", () => {
  expect(decodeIpv4(hex(`${header} ${"00".repeat(28)}`))).toMatchObject({
    header: { source: "10.0.0.3", target: "224.0.0.2", protocol: 17, ttl: 1, isChecksumValid: true, missingBytes: 0 },
  });
  expect(decodeIpv4(hex(header.replace("cfb8", "cfb9")))).toMatchObject({ header: { isChecksumValid: false } });
});

test("IPv4: padding is cut off, missing bytes are counted, a card's zero length is taken for all there is", () => {
  const payloadBytes = (length: string, bytes: number): unknown => {
    const ip = decodeIpv4(hex(`${header.replace("0030", length)} ${"00".repeat(bytes)}`));
    return "payload" in ip ? [ip.payload.length, ip.header.missingBytes] : ip.code;
  };
  expect(payloadBytes("0018", 26)).toEqual([4, 0]);
  expect(payloadBytes("0030", 10)).toEqual([10, 18]);
  expect(payloadBytes("0000", 10)).toEqual([10, 0]);
});

test("IPv4: a later fragment is not taken for the beginning of a message", () => {
  const fragment = Uint8Array.from(frames["hsrpHello"] ?? []);
  fragment[21] = 1;
  expect(decodeFrame(fragment)).toMatchObject({ layers: [{ kind: "ethernet" }, { fragmentOffsetBytes: 8 }] });
  expect(decodeFrame(fragment).layers.length).toBe(2);
});

test("IPv6: extension headers are passed over", () => {
  const frame = decodeFrame(frames.hsrpV2Ipv6);
  expect(layerOf(frame, "ipv6")).toMatchObject({ protocol: 17, hopLimit: 255, source: "fe80::21c:73ff:fe00:7" });
  expect(layerOf(frame, "udp")).toMatchObject({ targetPort: 2029, checksum: "valid" });
});

test("UDP: sums over the addresses around it", () => {
  const carrier = { family: 4, source: "10.0.0.3", target: "224.0.0.2" } as const;
  const datagram = encodeUdp({ sourcePort: 1985, targetPort: 1985, carrier }, bodies.hsrpHello);
  expect(datagram.subarray(6, 8)).toEqual(hex("91ef"));
  expect(decodeUdp(datagram, carrier)).toMatchObject({ header: { checksum: "valid" } });
  expect(decodeUdp(datagram, { ...carrier, source: "10.0.0.4" })).toMatchObject({ header: { checksum: "invalid" } });
  expect(decodeUdp(datagram)).toMatchObject({ header: { checksum: "unverified" } });
  expect(decodeUdp(datagram.subarray(0, 12), carrier)).toMatchObject({
    header: { checksum: "unverified", missingBytes: 16 },
  });
});

test("UDP: a sum that comes out as zero is sent as the other zero", () => {
  const carrier = { family: 4, source: "0.0.0.0", target: "0.0.0.0" } as const;
  // Protocol 17 and twice the length 10 make 37; with 0xffff less that as the payload, nothing is left to add.
  const zero = encodeUdp({ sourcePort: 0, targetPort: 0, carrier }, hex("ffda"));
  expect(zero.subarray(6, 8)).toEqual(hex("ffff"));
  expect(decodeUdp(zero, carrier)).toMatchObject({ header: { checksum: "valid" } });
});

test("TCP, ICMP, BFD and the hellos of OSPF", () => {
  expect(decodeTcp(bodies.tcpSyn)).toMatchObject({
    header: { sourcePort: 49_152, targetPort: 179, isSyn: true, isAck: false, window: 65_535 },
  });
  expect(decodeIcmp(bodies.icmpEcho, 4)).toEqual({
    kind: "icmp",
    family: 4,
    type: 8,
    code: 0,
    echo: { isRequest: true, identifier: 258, sequence: 3 },
  });
  expect(decodeIcmp(hex("81 00 0000 0102 0003"), 6)).toMatchObject({ echo: { isRequest: false } });
  expect(decodeIcmp(hex("03 01 0000"), 4)).toMatchObject({ type: 3, code: 1, echo: undefined });
  expect(decodeBfd(bodies.bfd)).toEqual({
    kind: "bfd",
    version: 1,
    diagnostic: 0,
    state: "up",
    detectMultiplier: 3,
    myDiscriminator: 1,
    yourDiscriminator: 2,
    desiredSendIntervalUs: 300_000,
    requiredReceiveIntervalUs: 300_000,
  });
  const routers = { designatedRouter: "10.0.0.1", backupRouter: "10.0.0.2", neighbors: ["10.0.0.253"] };
  const times = { helloIntervalS: 10, deadIntervalS: 40 };
  expect(decodeOspfHello(bodies.ospfV2)).toMatchObject({
    version: 2,
    area: "0.0.0.0",
    priority: 1,
    ...times,
    ...routers,
  });
  expect(decodeOspfHello(bodies.ospfV3)).toMatchObject({
    version: 3,
    area: "0.0.0.1",
    priority: 100,
    ...times,
    ...routers,
  });
});

test.each([
  ["IPv4: another version", decodeIpv4, "65", "packets.malformed", "version", 0],
  ["IPv4: a header too short for itself", decodeIpv4, "44", "packets.malformed", "header length", 0],
  ["IPv4: a packet shorter than its header", decodeIpv4, "45 00 0010", "packets.malformed", "total length", 2],
  ["IPv4: options cut off", decodeIpv4, header.replace("4500", "4600"), "packets.truncated", "options", 20],
  ["IPv6: another version", decodeIpv6, "45000000", "packets.malformed", "version", 0],
  [
    "IPv6: extension headers without end",
    decodeIpv6,
    `60000000 0050 00 40 ${"00".repeat(32)} ${"00 00 000000000000".repeat(10)}`,
    "packets.overload",
    "next header",
    104,
  ],
  ["UDP: a length that does not hold the header", decodeUdp, "0001 0002 0007 0000", "packets.malformed", "length", 4],
  ["TCP: an offset into the header", decodeTcp, bodiesHead("40"), "packets.malformed", "data offset", 12],
  ["BFD: a length too short", decodeBfd, "20 c8 03 17", "packets.malformed", "length", 3],
  ["OSPF: another message", decodeOspfHello, "02 02", "packets.unsupported", "type", 1],
  ["OSPF: a length too short", decodeOspfHello, "02 01 0017", "packets.malformed", "length", 2],
] as const)("%s", (_, decode, text, code, field, offset) => {
  expect(decode(hex(text))).toMatchObject({ code, field, offset });
});

function bodiesHead(dataOffset: string): string {
  return `c000 00b3 00000001 00000000 ${dataOffset}`;
}
