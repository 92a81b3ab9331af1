import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatIpAddress,
  formatIpPrefix,
  hasHostBits,
  isInPrefix,
  networkOf,
  parseIpAddress,
  parseIpPrefix,
} from "./ip-address.ts";

const canonical = (text: string): string | undefined => {
  const address = parseIpAddress(text);
  return address === undefined ? undefined : formatIpAddress(address);
};
const prefix = (text: string) => {
  const parsed = parseIpPrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return parsed;
};
const isIn = (address: string, subnet: string) => {
  const parsed = parseIpAddress(address);
  return parsed !== undefined && isInPrefix(parsed, prefix(subnet));
};

test.each([
  ["10.1.10.5", "10.1.10.5"],
  ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["::", "::"],
  ["::1", "::1"],
  ["fe80::", "fe80::"],
  ["::ffff:10.0.0.1", "::ffff:a00:1"],
])("%s is written %s (RFC 5952)", (text, expected) => {
  expect(canonical(text)).toBe(expected);
});

test.each(["", "10.1.10", "10.1.10.256", "10.01.1.1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "fe80::1%eth0"])(
  "%j is no address",
  (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  },
);

test.each(["10.1.10.0", "10.1.10.0/33", "10.1.10.0/-1", "10.1.10.0/024", "::/129", "/24"])(
  "%j is no prefix",
  (text) => {
    expect(parseIpPrefix(text)).toBeUndefined();
  },
);

test("a subnet contains what begins with its bits, of its own family only", () => {
  expect(isIn("10.1.10.255", "10.1.10.0/24")).toBe(true);
  expect(isIn("10.1.11.0", "10.1.10.0/24")).toBe(false);
  expect(isIn("10.1.11.0", "10.1.10.0/23")).toBe(true);
  expect(isIn("192.0.2.1", "0.0.0.0/0")).toBe(true);
  expect(isIn("::1", "0.0.0.0/0")).toBe(false);
  expect(isIn("2001:db8:1::9", "2001:db8:1::/48")).toBe(true);
});

test("bits of the host are seen and taken off", () => {
  expect(hasHostBits(prefix("10.1.10.2/24"))).toBe(true);
  expect(hasHostBits(prefix("10.1.10.0/24"))).toBe(false);
  expect(formatIpPrefix(networkOf(prefix("10.1.10.2/24")))).toBe("10.1.10.0/24");
});

test("every address has one spelling, which Node's own parser takes as well", () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const written = canonical(text);
      expect(isIP(written ?? "")).toBe(isIP(text));
      expect(canonical(written ?? "")).toBe(written);
    }),
  );
});

test("what Node's parser refuses is refused", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f:.]{1,24}$/), (text) => {
      expect(parseIpAddress(text) === undefined).toBe(isIP(text) === 0);
    }),
    { numRuns: 2000 },
  );
});
