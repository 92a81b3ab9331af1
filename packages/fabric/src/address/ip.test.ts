import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addressKey,
  compareAddresses,
  parseAddress,
  parseInterfaceAddress,
  parsePrefix,
  prefixContains,
  prefixKey,
  prefixOf,
} from "./ip.ts";

const key = (text: string): string => {
  const address = parseAddress(text);
  return address === undefined ? "none" : addressKey(address);
};

describe("addresses", () => {
  it("reads the ways of RFC 4291, 2.2 to write the same IPv6 address", () => {
    for (const text of ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a", "2001:0db8:0::8:0800:200c:417a"])
      expect(key(text)).toBe("6:8193,3512,0,0,8,2048,8204,16762");
    expect(key("::")).toBe("6:0,0,0,0,0,0,0,0");
    expect(key("::ffff:129.144.52.38")).toBe(key("::ffff:8190:3426"));
    expect(key("10.1.10.2")).toBe("4:2561,2562");
  });

  it.each([
    "",
    "10.1.10",
    "10.1.10.256",
    "1.2.3.4.5",
    "a.b.c.d",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7::8",
    "12345::",
    "fe80::1%eth0",
    "1.2.3.4::",
    ":1",
  ])("does not take %j for an address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("agrees with the runtime on every text that looks like an address", () => {
    const group = fc.constantFrom("", "0", "1", "ffff", "12345", "g", "1.2.3.4");
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 9 }), (groups) => {
        const text = groups.join(":");
        expect(parseAddress(text) !== undefined).toBe(isIP(text) !== 0);
      }),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => parseAddress(text) !== undefined));
  });

  it("compares by number, not by text", () => {
    const order = ["9.0.0.1", "10.0.0.2", "10.0.0.10", "::1", "fe80::1"];
    const addresses = order.toReversed().flatMap((text) => parseAddress(text) ?? []);
    expect(addresses.toSorted(compareAddresses)).toEqual(order.map((text) => parseAddress(text)));
    expect(addresses.map((address) => compareAddresses(address, { ...address }))).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("prefixes", () => {
  it("keeps the block and forgets the host", () => {
    expect(parsePrefix("10.1.10.2/24")).toEqual(parsePrefix("10.1.10.0/24"));
    expect(parsePrefix("2001:db8::1/33")).toEqual(parsePrefix("2001:db8::/33"));
    expect(parsePrefix("10.1.10.2")).toEqual(parsePrefix("10.1.10.2/32"));
    expect(parseInterfaceAddress("10.1.10.2/24")).toEqual(parseAddress("10.1.10.2"));
  });

  it.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "/24"])(
    "does not take %j for one",
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
      expect(parseInterfaceAddress(text)).toBeUndefined();
    },
  );

  it("contains exactly the addresses that differ only behind its length", () => {
    const bits = (text: string): string =>
      (parseAddress(text)?.words ?? []).map((word) => word.toString(2).padStart(16, "0")).join("");
    const family = fc.constantFrom(fc.ipV4(), fc.ipV6()).chain((texts) => fc.tuple(texts, texts));
    fc.assert(
      fc.property(family, fc.nat(128), ([network, address], wished) => {
        const value = parseAddress(address);
        const start = parseAddress(network);
        if (value === undefined || start === undefined) throw new Error("the generator gave no address");
        const prefix = prefixOf(start, wished);
        expect(prefixContains(prefix, start)).toBe(true);
        expect(prefixContains(prefix, value)).toBe(
          bits(network).slice(0, prefix.length) === bits(address).slice(0, prefix.length),
        );
        expect(prefixKey(prefixOf(prefix.network, prefix.length))).toBe(prefixKey(prefix));
      }),
    );
  });

  it("never contains an address of the other family", () => {
    const prefix = parsePrefix("::/0");
    const address = parseAddress("10.0.0.1");
    if (prefix === undefined || address === undefined) throw new Error("both are well formed");
    expect(prefixContains(prefix, address)).toBe(false);
  });
});
