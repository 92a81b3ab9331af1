import { expect, test } from "vitest";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import { frames } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { decodeIsl, isIsl } from "./isl.ts";

test("the VLAN, and the frame inside without the sum after it", () => {
  const frame = decodeFrame(frames.isl);
  expect(layerOf(frame, "isl")).toEqual({ kind: "isl", source: "00:1c:73:00:00:01", vlan: 5, isControl: true });
  expect(frame.layers.map(({ kind }) => kind)).toEqual(["isl", "ethernet", "dtp"]);
});

test("VLAN 133 with a control frame is no message of the spanning tree, although its number reads so in a SNAP header", () => {
  const vlan133 = frames.isl.with(20, 0x01).with(21, 0x0b);
  expect(decodeFrame(vlan133).layers).toMatchObject([
    { kind: "isl", vlan: 133 },
    { kind: "ethernet" },
    { kind: "dtp" },
  ]);
});

test("both groups are known, and no other address", () => {
  expect(isIsl(hex("01000c0000 00"))).toBe(true);
  expect(isIsl(hex("03000c0000 07"))).toBe(true);
  expect(isIsl(hex("01000ccccc cc"))).toBe(false);
  expect(isIsl(hex("01000c00"))).toBe(false);
});

test.each([
  ["a token ring frame inside", "01000c0000 10", "packets.unsupported", "type", 5],
  ["a length that does not hold the header", "01000c0000 00 001c73000001 000b", "packets.malformed", "length", 12],
  ["nothing after the length", "01000c0000 00 001c73000001 0040", "packets.truncated", "SNAP header", 14],
])("%s", (_, text, code, field, offset) => {
  expect(decodeIsl(hex(text))).toMatchObject({ code, field, offset });
});
