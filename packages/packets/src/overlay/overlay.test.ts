/** LISP and VXLAN. */
import { expect, test } from "vitest";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import { bodies, frames } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { decodeLisp } from "./lisp.ts";
import { decodeVxlan } from "./vxlan.ts";

const nonce = 0x0102_0304_0506_0708n;
const machine = { kind: "ipv4", address: "10.0.0.9" };

test("a registration: one machine, two locators, and who says it", () => {
  expect(decodeLisp(bodies.lispRegister)).toEqual({
    kind: "lisp",
    message: "map-register",
    nonce,
    keyId: 0,
    algorithm: 1,
    wantsNotify: true,
    isProxyReply: false,
    records: [
      {
        ttlMinutes: 1440,
        endpoint: machine,
        maskBits: 32,
        action: 0,
        isAuthoritative: true,
        mapVersion: 7,
        locators: [
          {
            address: { kind: "ipv4", address: "192.168.0.1" },
            priority: 1,
            weight: 100,
            isLocal: true,
            isProbed: false,
            isReachable: true,
          },
          {
            address: { kind: "ipv6", address: "2001:db8::1" },
            priority: 2,
            weight: 50,
            isLocal: false,
            isProbed: false,
            isReachable: true,
          },
        ],
      },
    ],
    router: { routerId: "000102030405060708090a0b0c0d0e0f", siteId: "0000000000000001" },
    notes: [],
  });
});

test("a notification whose flag lies about the trailer; an identifier of one segment among several", () => {
  expect(decodeLisp(bodies.lispNotify)).toMatchObject({
    message: "map-notify",
    records: [{ endpoint: { kind: "instance", instanceId: 2000, inner: machine }, action: 2, isAuthoritative: true }],
    router: undefined,
    notes: ["The flag promises a trailer that is not there."],
  });
});

test("a question and a negative answer", () => {
  expect(decodeLisp(bodies.lispRequest)).toEqual({
    kind: "lisp",
    message: "map-request",
    nonce,
    isProbe: false,
    isSolicit: false,
    sourceEndpoint: machine,
    routerAddresses: [{ kind: "ipv4", address: "192.168.0.1" }],
    asked: [{ endpoint: machine, maskBits: 32 }],
  });
  expect(decodeLisp(bodies.lispReply)).toMatchObject({
    message: "map-reply",
    isProbe: true,
    records: [{ ttlMinutes: 15, maskBits: 24, action: 1, isAuthoritative: true, locators: [] }],
  });
});

test("a message inside an IP packet is taken apart as well", () => {
  const inner = frames.lispRequest.subarray(14) ?? new Uint8Array(0);
  const outer = decodeLisp(Uint8Array.from([...hex("80000000"), ...inner]));
  expect(outer).toMatchObject({ message: "encapsulated", hasSecurity: false, payload: inner });
});

test.each([
  ["no message of LISP", "f0000000", "packets.unsupported", "type", 0],
  [
    "authentication longer than the message",
    "30000001 0102030405060708 0001 1000",
    "packets.truncated",
    "authentication",
    16,
  ],
  [
    "a family that nobody knows",
    "20000001 0102030405060708 0000000f 00 18 10 00 0000 1e00",
    "packets.unsupported",
    "endpoint family",
    22,
  ],
  [
    "addresses inside addresses without end",
    `20000001 0102030405060708 0000000f 00 18 10 00 0000 ${["40", "34", "28", "1c", "10"].map((length) => `4003 0000 02 20 00${length} 00000001`).join("")} ${"00".repeat(64)}`,
    "packets.overload",
    "endpoint",
    72,
  ],
])("%s", (_, text, code, field, offset) => {
  expect(decodeLisp(hex(text))).toMatchObject({ code, field, offset });
});

test("VXLAN: the network, and the frame inside", () => {
  expect(decodeVxlan(hex("08 000000 000064 00 abcd"))).toEqual({
    header: { kind: "vxlan", networkId: 100 },
    payload: hex("abcd"),
  });
  expect(decodeVxlan(hex("00 000000 000064 00"))).toMatchObject({ header: { networkId: undefined } });
  expect(decodeVxlan(hex("08 0000"))).toMatchObject({ code: "packets.truncated", field: "reserved", offset: 1 });
  const frame = decodeFrame(frames.vxlan);
  expect(frame.layers.map(({ kind }) => kind)).toEqual(["ethernet", "ipv4", "udp", "vxlan", "ethernet", "arp"]);
  expect(layerOf(frame, "vxlan")?.networkId).toBe(100);
});
