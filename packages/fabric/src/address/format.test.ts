import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAddress, formatPrefix } from "./format.ts";
import { parseAddress, parsePrefix } from "./ip.ts";

const canonical = (text: string): string | undefined => {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
};

test.each([
  ["10.1.10.5", "10.1.10.5"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::", "::"],
  ["::1", "::1"],
  ["fe80::", "fe80::"],
  ["::ffff:10.0.0.1", "::ffff:a00:1"],
])("%s is written %s", (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

test("a prefix is written without the bits behind it", () => {
  const prefix = parsePrefix("10.1.10.2/24");
  expect(prefix && formatPrefix(prefix)).toBe("10.1.10.0/24");
});

test("every address has one spelling, which reads as the same address", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const written = canonical(text) ?? "";
      expect(isIP(written)).toBe(isIP(text));
      expect(parseAddress(written)).toEqual(parseAddress(text));
      expect(canonical(written)).toBe(written);
    }),
  );
});
