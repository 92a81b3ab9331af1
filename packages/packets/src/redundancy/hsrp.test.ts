import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import { bodies } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { hexOf } from "../wire/text.ts";
import { encodeHsrpV1Frame, encodeHsrpV2Frame } from "./hello-frames.ts";
import { decodeHsrp, decodeHsrpV1 } from "./hsrp.ts";
import { decodeHsrpV2 } from "./hsrp-v2.ts";
import type { HsrpState } from "./hsrp-v2.ts";

test("version 1: the hello of an active router", () => {
  expect(decodeHsrpV1(bodies.hsrpHello)).toEqual({
    kind: "hsrp",
    version: 1,
    message: "hello",
    group: {
      group: 10,
      state: "active",
      priority: 110,
      helloTimeS: 3,
      holdTimeS: 10,
      virtualAddress: "10.0.0.1",
      authentication: { kind: "text", text: "cisco" },
    },
    interfaceState: undefined,
    notes: [],
  });
});

test("version 1: a digest after the message is kept and said not to be verified", () => {
  expect(decodeHsrpV1(bodies.hsrpMd5)).toMatchObject({
    group: {
      state: "standby",
      authentication: { kind: "md5", keyId: 1, address: "10.0.0.3", digest: "000102030405060708090a0b0c0d0e0f" },
    },
    notes: ["The MD5 digest was not verified: that takes the key."],
  });
});

test("version 1: operation 3 speaks of the interface, not of a group", () => {
  expect(decodeHsrpV1(bodies.hsrpAdvertise)).toMatchObject({
    message: "advertise",
    group: undefined,
    interfaceState: { state: "passive", activeGroups: 0, passiveGroups: 1 },
  });
});

test("version 2: group, interface and text", () => {
  expect(decodeHsrpV2(bodies.hsrpV2)).toEqual({
    kind: "hsrp",
    version: 2,
    group: {
      message: "hello",
      state: "standby",
      family: 4,
      group: 1000,
      identifier: "00:1c:73:00:00:01",
      priority: 100,
      helloTimeMs: 3000,
      holdTimeMs: 10_000,
      virtualAddress: "10.0.0.1",
    },
    interfaceState: { activeGroups: 1, passiveGroups: 2 },
    authentication: { kind: "text", text: "secret" },
    notes: [],
  });
});

test("version 2: IPv6 with a digest", () => {
  expect(decodeHsrpV2(bodies.hsrpV2Ipv6)).toMatchObject({
    group: { family: 6, state: "active", virtualAddress: "fe80::5:73ff:fea0:1" },
    authentication: { kind: "md5", keyId: 7 },
    notes: [expect.stringContaining("not verified")],
  });
});

test("the address that a message went to tells the version; elsewhere its first byte does", () => {
  const versionOf = (body: Uint8Array, target: string): unknown => {
    const hsrp = decodeHsrp(body, target);
    return "version" in hsrp ? hsrp.version : hsrp.code;
  };
  expect(versionOf(bodies.hsrpHello, "224.0.0.2")).toBe(1);
  expect(versionOf(bodies.hsrpV2, "224.0.0.102")).toBe(2);
  expect(versionOf(bodies.hsrpV2Ipv6, "ff02::66")).toBe(2);
  expect(versionOf(bodies.hsrpHello, "10.0.0.9")).toBe(1);
  expect(versionOf(bodies.hsrpV2, "10.0.0.9")).toBe(2);
  expect(versionOf(bodies.hsrpV2, "224.0.0.2")).toBe("packets.malformed");
});

test("a whole hello of version 1, byte by byte: TTL 1, virtual source, right checksums", () => {
  const hello = {
    message: "hello",
    group: 10,
    state: "active",
    priority: 110,
    helloTimeS: 3,
    holdTimeS: 10,
    virtualAddress: "10.0.0.1",
  } as const;
  const frame = encodeHsrpV1Frame({ address: "10.0.0.3", mac: "00:1c:73:00:00:01" }, hello);
  // The sums of both headers were computed apart from this package.
  expect(hexOf(frame)).toBe(
    [
      "01005e000002 00000c07ac0a 0800",
      "45c0 0030 0000 0000 01 11 cef8 0a000003 e0000002",
      "07c1 07c1 001c 91ef",
      "00 00 10 03 0a 6e 0a 00 636973636f000000 0a000001",
    ]
      .join("")
      .replaceAll(" ", ""),
  );
});

const states: readonly HsrpState[] = ["initial", "learn", "listen", "speak", "standby", "active"];
const octet = fc.nat({ max: 255 });
const address = fc.tuple(octet, octet, octet, octet).map((bytes) => bytes.join("."));
const common = {
  message: fc.constantFrom("hello" as const, "coup" as const, "resign" as const),
  state: fc.constantFrom(...states),
  virtualAddress: address,
};
const sender = { address: "10.0.0.3", mac: "00:1c:73:00:00:01" };

test("version 1: what is encoded is decoded again", () => {
  const hello = fc.record({ ...common, group: octet, priority: octet, helloTimeS: octet, holdTimeS: octet });
  fc.assert(
    fc.property(hello, fc.stringMatching(/^[a-z]{0,8}$/), (sent, authentication) => {
      const { message, ...group } = sent;
      const frame = decodeFrame(encodeHsrpV1Frame(sender, { ...sent, authentication }));
      expect(layerOf(frame, "ipv4")).toMatchObject({ ttl: 1, isChecksumValid: true });
      expect(layerOf(frame, "udp")).toMatchObject({ checksum: "valid" });
      const expected = {
        version: 1,
        message,
        group: { ...group, authentication: { kind: "text", text: authentication } },
      };
      expect(layerOf(frame, "hsrp")).toMatchObject(expected);
    }),
  );
});

test("version 2: what is encoded is decoded again", () => {
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  const fields = { group: fc.nat({ max: 4095 }), priority: word, helloTimeMs: word, holdTimeMs: word };
  const identifier = fc.constant("00:1c:73:00:00:01");
  const group = fc.record({ ...common, ...fields, identifier, family: fc.constantFrom(4 as const, 6 as const) });
  fc.assert(
    fc.property(group, (sent) => {
      const isV6 = sent.family === 6;
      const expected = { ...sent, virtualAddress: isV6 ? "fe80::5:73ff:fea0:1" : sent.virtualAddress };
      const from = isV6 ? { ...sender, address: "fe80::21c:73ff:fe00:1" } : sender;
      const frame = decodeFrame(encodeHsrpV2Frame(from, { group: expected }));
      expect(layerOf(frame, "udp")).toMatchObject({ checksum: "valid", targetPort: isV6 ? 2029 : 1985 });
      expect(layerOf(frame, "hsrp")).toMatchObject({ version: 2, group: expected, authentication: { kind: "none" } });
    }),
  );
});

test.each([
  ["version 1: another version", decodeHsrpV1, "01 00", "packets.malformed", "version", 0],
  ["version 1: an operation that nobody knows", decodeHsrpV1, "00 04", "packets.malformed", "operation", 1],
  ["version 1: a state between two", decodeHsrpV1, "00 00 03", "packets.malformed", "state", 2],
  [
    "version 1: no virtual address",
    decodeHsrpV1,
    "00 00 10 03 0a 6e 0a 00 636973636f000000",
    "packets.truncated",
    "virtual address",
    16,
  ],
  ["version 1: another advertisement", decodeHsrpV1, "00 03 0002", "packets.unsupported", "advertisement type", 2],
  ["version 2: nothing", decodeHsrpV2, "", "packets.malformed", "TLVs", 0],
  ["version 2: a group too short", decodeHsrpV2, "01 04 02 00 05 04", "packets.truncated", "group", 6],
  ["version 2: IP version 5", decodeHsrpV2, "01 04 02 00 05 05", "packets.malformed", "IP version", 5],
] as const)("%s", (_, decode, text, code, field, offset) => {
  expect(decode(hex(text))).toMatchObject({ code, field, offset });
});
