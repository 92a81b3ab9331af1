import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketError } from "../errors.ts";
import { hex } from "../wire/hex.ts";
import { decodeEthernet, encodeEthernet, vlanTag } from "./ethernet.ts";
import type { EthernetContent } from "./ethernet.ts";

const addresses = "01005e000002 001c73000001";

test("a frame of Ethernet II", () => {
  expect(decodeEthernet(hex(`${addresses} 0806 abcd`))).toEqual({
    header: {
      kind: "ethernet",
      target: "01:00:5e:00:00:02",
      source: "00:1c:73:00:00:01",
      tags: [],
      content: { kind: "ether-type", etherType: 0x0806 },
      missingBytes: 0,
    },
    payload: hex("abcd"),
  });
});

test("tags, the provider's outside", () => {
  const decoded = decodeEthernet(hex(`${addresses} 88a8 60c8 8100 17d1 0800`));
  expect(decoded).toMatchObject({
    header: {
      tags: [
        { protocolId: 0x88a8, priority: 3, isDropEligible: false, vlan: 200 },
        { protocolId: 0x8100, priority: 0, isDropEligible: true, vlan: 2001 },
      ],
    },
  });
});

test("a length field: LLC with one and two control bytes, SNAP, padding cut off", () => {
  const content = (text: string): unknown => {
    const decoded = decodeEthernet(hex(`${addresses} ${text}`));
    return decoded instanceof PacketError ? decoded.code : [decoded.header.content, decoded.payload];
  };
  expect(content("0005 42 42 03 aabb 0000")).toEqual([
    { kind: "llc", targetSap: 0x42, sourceSap: 0x42, control: 3 },
    hex("aabb"),
  ]);
  expect(content("0004 f0 f0 01 7f")).toEqual([
    { kind: "llc", targetSap: 0xf0, sourceSap: 0xf0, control: 0x7f01 },
    hex(""),
  ]);
  expect(content("0009 aa aa 01 00 00000c 2000")).toEqual([
    { kind: "llc", targetSap: 0xaa, sourceSap: 0xaa, control: 1 },
    hex("00000c 2000"),
  ]);
  expect(content("0009 aa aa 03 00000c 2000 02 00")).toEqual([
    { kind: "snap", organization: 0x0c, protocolId: 0x2000 },
    hex("02"),
  ]);
});

test("a frame that the capture cut off says how much is missing", () => {
  expect(decodeEthernet(hex(`${addresses} 0100 42 42 03 aa`))).toMatchObject({ header: { missingBytes: 252 } });
});

test.each([
  ["an address cut in two", "01005e", "packets.truncated", "target", 0],
  ["no type", addresses, "packets.truncated", "type", 12],
  ["a type that is neither", `${addresses} 05f0`, "packets.malformed", "type", 12],
  ["a tag without its end", `${addresses} 8100 00`, "packets.truncated", "tag", 14],
  ["five tags", `${addresses} ${"8100 0001".repeat(5)} 0800`, "packets.overload", "tags", 28],
  ["a length that does not hold LLC", `${addresses} 0002 aa aa 03`, "packets.truncated", "control", 16],
])("%s", (_, text, code, field, offset) => {
  expect(decodeEthernet(hex(text))).toMatchObject({ code, field, offset });
});

const mac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":"));
const tag = fc.record({
  protocolId: fc.constantFrom(0x8100, 0x88a8, 0x9100),
  priority: fc.nat({ max: 7 }),
  isDropEligible: fc.boolean(),
  vlan: fc.nat({ max: 4095 }),
});
const content: fc.Arbitrary<EthernetContent> = fc.oneof(
  fc.record({
    kind: fc.constant("ether-type" as const),
    etherType: fc
      .integer({ min: 0x0600, max: 0xffff })
      .filter((type) => ![0x8100, 0x88a8, 0x9100, 0x9200].includes(type)),
  }),
  fc.record({
    kind: fc.constant("llc" as const),
    targetSap: fc.nat({ max: 0xa9 }),
    sourceSap: fc.nat({ max: 255 }),
    // With the lower two bits set there is one byte, otherwise two.
    control: fc.oneof(
      fc.nat(0x3f).map((value) => 4 * value + 3),
      fc.nat(0xffff).filter((value) => (value & 3) !== 3),
    ),
  }),
  fc.record({ kind: fc.constant("snap" as const), organization: fc.nat(0xff_ffff), protocolId: fc.nat(0xffff) }),
);

test("what is encoded is decoded again", () => {
  const settings = fc.record({ target: mac, source: mac, tags: fc.array(tag, { maxLength: 3 }), content });
  fc.assert(
    fc.property(settings, fc.uint8Array({ maxLength: 200 }), (frame, payload) => {
      const decoded = decodeEthernet(encodeEthernet(frame, payload));
      if (decoded instanceof PacketError) throw decoded;
      expect(decoded.header).toEqual({ kind: "ethernet", ...frame, missingBytes: 0 });
      // An ether type has no length, so padding stays.
      const hasPadding = frame.content.kind === "ether-type";
      expect(hasPadding ? decoded.payload.subarray(0, payload.length) : decoded.payload).toEqual(payload);
    }),
  );
});

test("what cannot be sent is refused by field", () => {
  const good = { target: "01:00:5e:00:00:02", source: "00:1c:73:00:00:01" };
  const etherType = { kind: "ether-type", etherType: 0x0800 } as const;
  const refused = (act: () => unknown): unknown => {
    try {
      return act();
    } catch (error) {
      return error instanceof PacketError ? `${error.code} ${error.field}` : error;
    }
  };
  const nothing = new Uint8Array(0);
  expect(refused(() => encodeEthernet({ ...good, source: "nobody", content: etherType }, nothing))).toBe(
    "packets.refused source",
  );
  expect(refused(() => encodeEthernet({ ...good, content: { ...etherType, etherType: 60 } }, nothing))).toBe(
    "packets.refused type",
  );
  const llc = { kind: "llc", targetSap: 0x42, sourceSap: 0x42, control: 0x0103 } as const;
  expect(refused(() => encodeEthernet({ ...good, content: llc }, nothing))).toBe("packets.refused control");
  const tags = [{ ...vlanTag(1), vlan: 4096 }];
  expect(refused(() => encodeEthernet({ ...good, tags, content: etherType }, nothing))).toBe("packets.refused tag");
  expect([0, 4095, 1.5].map((vlan) => refused(() => vlanTag(vlan)))).toEqual(
    Array.from({ length: 3 }, () => "packets.refused VLAN"),
  );
});
