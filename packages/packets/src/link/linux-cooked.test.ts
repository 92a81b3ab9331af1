import { expect, test } from "vitest";
import { decodePacket } from "../frame/decode-frame.ts";
import { bodies } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { hexOf } from "../wire/text.ts";
import { decodeLinuxCooked } from "./linux-cooked.ts";

const packet = (linkType: number, text: string): Parameters<typeof decodePacket>[0] => {
  const bytes = hex(text);
  return { timestampNs: 0n, linkType, bytes, originalBytes: bytes.length };
};

test("version 1: a frame that came in, tagged", () => {
  const text = `0001 0001 0006 525400123456 0000 8100 0078 8035 ${hexOf(bodies.rarp)}`;
  expect(decodePacket(packet(113, text))).toMatchObject({
    layers: [
      {
        kind: "linux-cooked",
        version: 1,
        source: "52:54:00:12:34:56",
        isOutgoing: false,
        interfaceIndex: undefined,
        tags: [{ vlan: 120 }],
        content: { kind: "ether-type", etherType: 0x8035 },
      },
      { kind: "arp", operation: "reverse-request", senderMac: "52:54:00:12:34:56" },
    ],
    problem: undefined,
  });
});

test("version 2: a frame that went out, and on which interface; LLC inside", () => {
  const text = `0004 0000 00000007 0001 04 06 001c73000001 0000 42 42 03 ${hexOf(bodies.rstp)}`;
  expect(decodePacket(packet(276, text))).toMatchObject({
    layers: [
      { kind: "linux-cooked", version: 2, source: "00:1c:73:00:00:01", isOutgoing: true, interfaceIndex: 7 },
      { kind: "stp", version: "rstp" },
    ],
    problem: undefined,
  });
});

test("a header cut off", () => {
  expect(decodeLinuxCooked(hex("0001 0001 0006 5254"), 1)).toMatchObject({
    code: "packets.truncated",
    field: "address",
    offset: 6,
  });
  expect(decodeLinuxCooked(hex("0800 0000 0000"), 2)).toMatchObject({ field: "interface", offset: 4 });
});
