/** Addresses and sums. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { checksumOf, onesSum } from "./checksum.ts";
import { hex } from "./hex.ts";
import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text } from "./ip-address.ts";
import { macBytes, macText } from "./mac-address.ts";
import { hexOf } from "./text.ts";

test("the example of RFC 1071, section 3", () => {
  expect(onesSum(hex("0001 f203 f4f5 f6f7"))).toBe(0xddf2);
  expect(checksumOf(hex("0001 f203 f4f5 f6f7"))).toBe(0x220d);
});

test("an odd byte counts as the upper half of a word", () => {
  expect(onesSum(hex("0001 f2"))).toBe(0xf201);
});

test("a message with its checksum in it sums to all ones, however long", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      const even = bytes.subarray(0, bytes.length & ~1);
      const sum = checksumOf(even);
      expect(onesSum(Uint8Array.from([...even, sum >> 8, sum & 255]))).toBe(0xffff);
    }),
  );
});

test.each([
  ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["0:0:0:0:0:0:0:1", "::1"],
  ["0:0:0:0:0:0:0:0", "::"],
  ["FE80:0:0:0:0:0:0:0", "fe80::"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
])("RFC 5952: %s is written %s", (long, short) => {
  expect(ipv6Text(ipv6Bytes(long) ?? hex(""))).toBe(short);
});

test("addresses come back as they were", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      expect(ipv6Bytes(ipv6Text(bytes))).toEqual(bytes);
      expect(ipv4Bytes(ipv4Text(bytes.subarray(0, 4)))).toEqual(bytes.slice(0, 4));
      expect(macBytes(macText(bytes.subarray(0, 6)))).toEqual(bytes.slice(0, 6));
    }),
  );
});

test.each(["", "1.2.3", "1.2.3.256", "1.2.3.4.5", "01.2.3.x"])("%s is no IPv4 address", (text) => {
  expect(ipv4Bytes(text)).toBeUndefined();
});

test.each([
  "",
  "1::2::3",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "12345::",
  "::g",
  ":1:2:3:4:5:6:7",
  "1:2:3:4::5:6:7:8",
])("%s is no IPv6 address", (text) => {
  expect(ipv6Bytes(text)).toBeUndefined();
});

test.each(["", "00:11:22:33:44", "00:11:22:33:44:5", "0g:11:22:33:44:55"])("%s is no Ethernet address", (text) => {
  expect(macBytes(text)).toBeUndefined();
});

test("bytes as digits, short and long, with and without separators", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(hex(hexOf(bytes))).toEqual(bytes);
      expect(hexOf(bytes, ":")).toBe((hexOf(bytes).match(/../g) ?? []).join(":"));
    }),
  );
});
