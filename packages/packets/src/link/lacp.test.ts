import { expect, test } from "vitest";
import { bodies } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { decodeLacp } from "./lacp.ts";

test("both sides of a bundle and what they do", () => {
  expect(decodeLacp(bodies.lacp)).toEqual({
    kind: "lacp",
    version: 1,
    actor: {
      systemPriority: 32_768,
      system: "00:1c:73:00:00:01",
      key: 1,
      portPriority: 32_767,
      port: 7,
      isActive: true,
      hasShortTimeout: false,
      isAggregatable: true,
      isInSync: true,
      isCollecting: true,
      isDistributing: true,
      isDefaulted: false,
      isExpired: false,
    },
    partner: {
      systemPriority: 16_384,
      system: "00:1c:73:00:00:02",
      key: 2,
      portPriority: 32_768,
      port: 9,
      isActive: false,
      hasShortTimeout: true,
      isAggregatable: false,
      isInSync: false,
      isCollecting: false,
      isDistributing: false,
      isDefaulted: true,
      isExpired: true,
    },
    collectorMaxDelay: 50,
  });
});

test.each([
  ["the marker protocol", "02 01", "packets.unsupported", "subtype", 0],
  ["a TLV shorter than its header", "01 01 01 01", "packets.malformed", "TLV length", 3],
  ["a TLV longer than the message", "01 01 01 14 8000", "packets.truncated", "TLV 1", 4],
  ["an actor without its state", "01 01 01 04 8000", "packets.truncated", "system", 6],
])("%s", (_, text, code, field, offset) => {
  expect(decodeLacp(hex(text))).toMatchObject({ code, field, offset });
});
