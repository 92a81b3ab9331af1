import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import { bodies } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { encodeVrrpV2Frame, encodeVrrpV3Frame } from "./hello-frames.ts";
import { decodeVrrp, encodeVrrpV2, encodeVrrpV3 } from "./vrrp.ts";

const carrier = { family: 4, source: "10.0.0.3", target: "224.0.0.18" } as const;
const carrier6 = { family: 6, source: "fe80::21c:73ff:fe00:7", target: "ff02::12" } as const;

test("version 2, with its authentication after the addresses", () => {
  expect(decodeVrrp(bodies.vrrpV2, carrier)).toEqual({
    kind: "vrrp",
    version: 2,
    family: 4,
    group: 42,
    priority: 100,
    intervalMs: 1000,
    addresses: ["10.0.0.1", "10.0.0.2"],
    authenticationType: 1,
    authenticationText: "secret",
    checksum: "valid",
  });
});

test("version 3 for both families", () => {
  expect(decodeVrrp(bodies.vrrpV3, carrier)).toEqual({
    kind: "vrrp",
    version: 3,
    family: 4,
    group: 44,
    priority: 100,
    intervalMs: 1000,
    addresses: ["10.0.0.1"],
    checksum: "valid",
  });
  expect(decodeVrrp(bodies.vrrpV3Ipv6, carrier6)).toMatchObject({
    version: 3,
    family: 6,
    group: 45,
    addresses: ["fe80::200:5eff:fe00:22d", "2001:db8::1"],
    checksum: "valid",
  });
});

test("the checksum tells whether a pseudo-header was in it", () => {
  const checksum = (body: Uint8Array, around = true): unknown => {
    const vrrp = around ? decodeVrrp(body, carrier) : decodeVrrp(body);
    return "checksum" in vrrp ? vrrp.checksum : vrrp.code;
  };
  expect(checksum(bodies.vrrpV3Plain)).toBe("valid-without-pseudo-header");
  expect(checksum(bodies.vrrpV3, false)).toBe("unverified");
  expect(checksum(hex("31 2c 64 01 0064 0000 0a000001"))).toBe("invalid");
  expect(checksum(hex("21 2a 65 02 01 01 2983 0a000001 0a000002 7365637265740000"))).toBe("invalid");
});

test("sums computed apart from this package come out", () => {
  const settings = { priority: 100, intervalMs: 1000 };
  expect(encodeVrrpV3({ ...settings, group: 44, addresses: ["10.0.0.1"], carrier })).toEqual(bodies.vrrpV3);
  const addresses = ["fe80::200:5eff:fe00:22d", "2001:db8::1"];
  expect(encodeVrrpV3({ ...settings, group: 45, addresses, carrier: carrier6 })).toEqual(bodies.vrrpV3Ipv6);
  const v2 = { ...settings, group: 42, addresses: ["10.0.0.1", "10.0.0.2"], authentication: "secret" };
  expect(encodeVrrpV2(v2)).toEqual(bodies.vrrpV2);
});

test("what is encoded is decoded again, and goes out as the protocol wants it", () => {
  const octet = fc.nat({ max: 255 });
  const v4 = fc.tuple(octet, octet, octet, octet).map((bytes) => bytes.join("."));
  const v6 = octet.map((last) => `2001:db8::${(last + 1).toString(16)}`);
  const list = fc.oneof(fc.array(v4, { maxLength: 9 }), fc.array(v6, { minLength: 1, maxLength: 9 }));
  const advert = fc.record({ group: octet, priority: octet, intervalMs: fc.nat({ max: 4095 }).map((cs) => cs * 10) });
  fc.assert(
    fc.property(advert, list, (sent, addresses) => {
      const isV6 = addresses.some((address) => address.includes(":"));
      const sender = { address: isV6 ? "fe80::1" : "10.0.0.3", mac: "00:1c:73:00:00:01", vlan: 120 };
      const frame = decodeFrame(encodeVrrpV3Frame(sender, { ...sent, addresses }));
      const group = sent.group.toString(16).padStart(2, "0");
      expect(layerOf(frame, "ethernet")).toMatchObject({
        source: `00:00:5e:00:0${isV6 ? 2 : 1}:${group}`,
        target: isV6 ? "33:33:00:00:00:12" : "01:00:5e:00:00:12",
        tags: [{ vlan: 120 }],
      });
      expect(layerOf(frame, isV6 ? "ipv6" : "ipv4")).toMatchObject(isV6 ? { hopLimit: 255 } : { ttl: 255 });
      expect(layerOf(frame, "vrrp")).toMatchObject({ ...sent, version: 3, addresses, checksum: "valid" });
    }),
  );
});

test("version 2 goes out from the virtual address, and comes back", () => {
  const sent = { group: 42, priority: 0, intervalMs: 255_000, addresses: ["10.0.0.1"] };
  const frame = decodeFrame(encodeVrrpV2Frame({ address: "10.0.0.3", mac: "00:1c:73:00:00:01" }, sent));
  expect(layerOf(frame, "ethernet")).toMatchObject({ source: "00:00:5e:00:01:2a", target: "01:00:5e:00:00:12" });
  expect(layerOf(frame, "ipv4")).toMatchObject({ ttl: 255, target: "224.0.0.18" });
  const added = { version: 2, checksum: "valid", authenticationType: 0, authenticationText: undefined };
  expect(layerOf(frame, "vrrp")).toMatchObject({ ...sent, ...added });
});

test.each([
  ["version 4", "41", "packets.malformed", "version", 0],
  ["no advertisement", "32", "packets.malformed", "type", 0],
  ["fewer addresses than announced", "31 2c 64 02 0064 0000 0a000001", "packets.truncated", "address", 12],
  ["no authentication", "21 2a 64 01 00 01 0000 0a000001", "packets.truncated", "authentication", 12],
])("%s", (_, text, code, field, offset) => {
  expect(decodeVrrp(hex(text))).toMatchObject({ code, field, offset });
});

test("an interval that has no room is refused", () => {
  const settings = { group: 1, priority: 100, addresses: ["10.0.0.1"], carrier };
  expect(() => encodeVrrpV3({ ...settings, intervalMs: 40_960 })).toThrow("interval");
  expect(() => encodeVrrpV3({ ...settings, intervalMs: 1005 })).toThrow("interval");
  expect(() => encodeVrrpV2({ ...settings, intervalMs: 256_000 })).toThrow("interval");
  expect(() => encodeVrrpV2({ ...settings, intervalMs: 1500 })).toThrow("interval");
  expect(() => encodeVrrpV2({ ...settings, intervalMs: 1000, authentication: "ninechars" })).toThrow("authentication");
});
