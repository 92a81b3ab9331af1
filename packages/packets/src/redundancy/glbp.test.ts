import { expect, test } from "vitest";
import { bodies } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { decodeGlbp } from "./glbp.ts";

test("a hello with a forwarder and a password, marked as what it is", () => {
  expect(decodeGlbp(bodies.glbp)).toEqual({
    kind: "glbp",
    certainty: "best-effort",
    version: 1,
    group: 1021,
    owner: "00:1c:73:00:00:01",
    hello: {
      state: "active",
      priority: 100,
      helloTimeMs: 3000,
      holdTimeMs: 10_000,
      redirectS: 600,
      timeoutS: 14_400,
      virtualAddress: "10.0.0.1",
    },
    forwarders: [{ forwarder: 1, state: "active", priority: 167, weight: 100, virtualMac: "00:07:b4:03:fd:01" }],
    authentication: "text",
    notes: [],
  });
});

test("a TLV that nobody has seen is passed over, and said so", () => {
  expect(decodeGlbp(hex("01 00 0001 0000 001c73000001 09 04 abcd"))).toMatchObject({
    hello: undefined,
    notes: ["TLV 9 was passed over."],
  });
});

test.each([
  ["another version", "02", "packets.unsupported", "version", 0],
  ["a TLV shorter than its header", "01 00 0001 0000 001c73000001 01 01", "packets.malformed", "TLV length", 13],
  ["a forwarder cut off", "01 00 0001 0000 001c73000001 02 04 01 20", "packets.truncated", "unknown", 16],
])("%s", (_, text, code, field, offset) => {
  expect(decodeGlbp(hex(text))).toMatchObject({ code, field, offset });
});
