import fc from "fast-check";
import { expect, test } from "vitest";
import { bodies } from "../frame/samples.ts";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import { hex } from "../wire/hex.ts";
import { hexOf } from "../wire/text.ts";
import { decodeArp, encodeGratuitousArp, encodeRarpAnnouncement } from "./arp.ts";

test("a request", () => {
  expect(decodeArp(bodies.arpRequest)).toEqual({
    kind: "arp",
    operation: "request",
    senderMac: "52:54:00:00:00:01",
    senderAddress: "10.0.0.1",
    targetMac: "00:00:00:00:00:00",
    targetAddress: "10.0.0.2",
    isGratuitous: false,
  });
});

test("the frame that QEMU sends for a machine that came, byte by byte", () => {
  expect(hexOf(encodeRarpAnnouncement({ mac: "52:54:00:12:34:56" }))).toBe(
    `ffffffffffff52540012345680350001080006040003${"52540012345600000000".repeat(2)}${"00".repeat(18)}`,
  );
  const tagged = encodeRarpAnnouncement({ mac: "52:54:00:12:34:56", vlan: 120 });
  expect(tagged.length).toBe(64);
  expect(decodeFrame(tagged)).toMatchObject({
    layers: [
      { kind: "ethernet", target: "ff:ff:ff:ff:ff:ff", tags: [{ vlan: 120 }] },
      { kind: "arp", operation: "reverse-request", senderMac: "52:54:00:12:34:56", targetAddress: "0.0.0.0" },
    ],
  });
});

test("gratuitous: an announcement by request or reply is; a probe and a question are not", () => {
  const isGratuitous = (operation: string, sender: string, target: string): unknown => {
    const arp = decodeArp(hex(`0001 0800 06 04 ${operation} 525400000001 ${sender} 000000000000 ${target}`));
    return "isGratuitous" in arp ? arp.isGratuitous : arp;
  };
  expect(isGratuitous("0001", "0a000001", "0a000001")).toBe(true);
  expect(isGratuitous("0002", "0a000001", "0a000001")).toBe(true);
  expect(isGratuitous("0001", "00000000", "0a000001")).toBe(false);
  expect(isGratuitous("0001", "0a000001", "0a000002")).toBe(false);
  expect(isGratuitous("0001", "00000000", "00000000")).toBe(false);
  expect(isGratuitous("0003", "00000000", "00000000")).toBe(false);
});

test("what is announced is understood", () => {
  const octet = fc.nat({ max: 255 });
  const settings = fc.record({
    mac: fc
      .array(octet, { minLength: 6, maxLength: 6 })
      .map((bytes) => hexOf(Uint8Array.from(bytes)).replaceAll(/(..)(?=.)/g, "$1:")),
    address: fc.tuple(fc.integer({ min: 1, max: 255 }), octet, octet, octet).map((bytes) => bytes.join(".")),
    form: fc.constantFrom("request" as const, "reply" as const),
  });
  fc.assert(
    fc.property(settings, fc.option(fc.integer({ min: 1, max: 4094 }), { nil: undefined }), (arp, vlan) => {
      const frame = decodeFrame(encodeGratuitousArp(vlan === undefined ? arp : { ...arp, vlan }));
      expect(layerOf(frame, "ethernet")?.tags.map((tag) => tag.vlan)).toEqual(vlan === undefined ? [] : [vlan]);
      expect(layerOf(frame, "arp")).toMatchObject({
        operation: arp.form,
        isGratuitous: true,
        senderMac: arp.mac,
        senderAddress: arp.address,
        targetAddress: arp.address,
      });
    }),
  );
});

test.each([
  ["token ring", "0006 0800 06 04 0001", "packets.unsupported", "hardware", 0],
  ["another protocol", "0001 86dd 06 10 0001", "packets.unsupported", "protocol", 2],
  ["addresses of another length", "0001 0800 06 10 0001", "packets.unsupported", "protocol length", 5],
  ["a message cut off", "0001 0800 06 04 0001 5254", "packets.truncated", "sender hardware", 8],
])("%s", (_, text, code, field, offset) => {
  expect(decodeArp(hex(text))).toMatchObject({ code, field, offset });
});
