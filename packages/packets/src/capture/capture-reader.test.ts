import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_PACKET_BYTES } from "../limits.ts";
import { hex } from "../wire/hex.ts";
import { CaptureReader, readCapture } from "./capture-reader.ts";
import type { CapturedPacket } from "./captured-packet.ts";
import { encodePcapHeader, encodePcapPacket } from "./pcap-writer.ts";

/** The same words in the other byte order; `0a0b` stays a half word, `=` marks bytes that have no order. */
function bytesOf(words: string, order: "big" | "little"): Uint8Array {
  const turned = words.split(/\s+/).map((word) => {
    if (word.startsWith("=")) return word.slice(1);
    return order === "big" ? word : (word.match(/../g) ?? []).toReversed().join("");
  });
  return hex(turned.join(""));
}

const pcap = (magic: string): string =>
  `${magic} 0002 0004 00000000 00000000 00000006 00000001
   00000001 00000002 00000004 00000005 =deadbeef
   00000003 00000004 00000008 00000008 =0102030405060708`.trim();

test.each([
  ["big", "a1b2c3d4", 1000n],
  ["little", "a1b2c3d4", 1000n],
  ["big", "a1b23c4d", 1n],
  ["little", "a1b23c4d", 1n],
] as const)("pcap, %s-endian, magic %s; what is beyond the snapshot length is dropped", (order, magic, nsPerUnit) => {
  expect(readCapture(bytesOf(pcap(magic), order))).toEqual({
    problem: undefined,
    packets: [
      { timestampNs: 1_000_000_000n + 2n * nsPerUnit, linkType: 1, bytes: hex("deadbeef"), originalBytes: 5 },
      { timestampNs: 3_000_000_000n + 4n * nsPerUnit, linkType: 1, bytes: hex("010203040506"), originalBytes: 8 },
    ],
  });
});

/** draft-ietf-opsawg-pcapng, sections 4.1 to 4.4 and 4.6: two interfaces, the second in nanoseconds from an offset. */
const pcapng = `
  0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffff ffffffff 0000001c
  00000001 00000014 0001 0000 00000000 00000014
  00000001 0000002c 0071 0000 00000010 0009 0001 =09000000 000e 0008 @ 0000 0000 0000002c
  00000005 00000010 =abababab 00000010
  00000006 00000024 00000000 00000000 001e8480 00000003 00000004 =01020300 00000024
  00000006 00000024 00000001 00000000 00000007 00000004 00000004 =deadbeef 00000024
  00000003 00000014 00000002 =0a0b0000 00000014
  00000002 00000024 0001 0000 00000000 00000008 00000001 00000001 =ff000000 00000024`.trim();

test.each(["big", "little"] as const)(
  "pcapng, %s-endian: interfaces with clocks of their own, old and simple blocks",
  (order) => {
    const offset = order === "big" ? "=0000000000000064" : "=6400000000000000";
    const packet = (timestampNs: bigint, linkType: number, text: string, originalBytes: number): CapturedPacket => ({
      timestampNs,
      linkType,
      bytes: hex(text),
      originalBytes,
    });
    expect(readCapture(bytesOf(pcapng.replace("@", offset), order))).toEqual({
      problem: undefined,
      packets: [
        packet(2_000_000_000n, 1, "010203", 4),
        packet(100_000_000_007n, 113, "deadbeef", 4),
        packet(0n, 1, "0a0b", 2),
        packet(100_000_000_008n, 113, "ff", 1),
      ],
    });
  },
);

const packet = fc.record({
  timestampNs: fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }),
  bytes: fc.uint8Array({ maxLength: 100 }),
});

test("what is written is read again, in whatever pieces it arrives", () => {
  fc.assert(
    fc.property(
      fc.array(packet, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      (sent, sizes) => {
        const packets = sent.map((one) => ({ ...one, originalBytes: one.bytes.length + 7 }));
        const stream = Uint8Array.from(
          [encodePcapHeader(), ...packets.map(encodePcapPacket)].flatMap((part) => [...part]),
        );
        const reader = new CaptureReader();
        const found: CapturedPacket[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          const progress = reader.push(stream.slice(at, at + size));
          expect(progress.problem).toBeUndefined();
          found.push(...progress.packets);
          expect(reader.heldBytes).toBeLessThan(100);
          at += size;
        }
        expect(reader.end()).toBeUndefined();
        expect(found).toEqual(packets.map((one) => ({ ...one, linkType: 1 })));
      },
    ),
  );
});

test.each([
  ["an array", (bytes: readonly number[]) => Uint8Array.from(bytes)],
  ["a buffer of Node's", (bytes: readonly number[]) => Buffer.from(bytes)],
])("a packet is handed over with its last byte, and outlives what it came in: %s", (_, make) => {
  const reader = new CaptureReader();
  const chunk = make([
    ...encodePcapHeader(),
    ...encodePcapPacket({ timestampNs: 1n, bytes: hex("abcd"), originalBytes: 2 }),
  ]);
  const whole = new CaptureReader().push(chunk).packets;
  expect(reader.push(chunk.subarray(0, -1)).packets).toEqual([]);
  const { packets } = reader.push(chunk.subarray(-1));
  chunk.fill(0);
  const expected = [{ timestampNs: 1n, linkType: 1, bytes: hex("abcd"), originalBytes: 2 }];
  expect({ packets, whole }).toEqual({ packets: expected, whole: expected });
});

const header = "a1b2c3d4 0002 0004 00000000 00000000 00000006 00000001";
const section = "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffff ffffffff 0000001c";
const ethernet = "00000001 00000014 0001 0000 00000000 00000014";
test.each([
  ["text", "68656c6c 6f", "packets.capture", "magic"],
  ["nothing", "", "packets.capture", "magic"],
  ["a packet cut in two", `${header} 00000000 00000000 00000004 00000004 abcd`, "packets.truncated", "end"],
  [
    "a packet of four gigabytes",
    `${header} 00000000 00000000 ffffffff ffffffff`,
    "packets.overload",
    "captured length",
  ],
  ["a section in no byte order", "0a0d0d0a 0000001c 1a2b3c4e", "packets.malformed", "byte order"],
  ["a block of no length", `${section} 00000006 00000000 00000000`, "packets.malformed", "block length"],
  ["a block of two gigabytes", `${section} 00000006 80000000 00000000`, "packets.overload", "block length"],
  [
    "a packet of an interface that is not there",
    `${section} 00000006 00000020 ${"00".repeat(20)} 00000020`,
    "packets.malformed",
    "interface",
  ],
  [
    "a packet longer than its block",
    `${section} ${ethernet} 00000006 00000020 ${"00".repeat(12)} 00000004 00000004 00000020`,
    "packets.malformed",
    "captured length",
  ],
  [
    "a packet block too short",
    `${section} ${ethernet} 00000006 00000010 00000000 00000010`,
    "packets.truncated",
    "packet",
  ],
  ["an interface too short", `${section} 00000001 00000010 00000000 00000010`, "packets.truncated", "interface"],
])("%s ends the reading with a typed error", (_, text, code, field) => {
  const { problem } = readCapture(hex(text));
  expect(problem).toMatchObject({ code, field });
});

test("packets before the damage are handed over, and nothing after it is held", () => {
  const good = encodePcapPacket({ timestampNs: 1n, bytes: hex("ab"), originalBytes: 1 });
  const bad = Uint8Array.from(good);
  bad.fill(0xff, 8, 12);
  const reader = new CaptureReader();
  const progress = reader.push(Uint8Array.from([...encodePcapHeader(), ...good, ...bad]));
  expect(progress.packets.length).toBe(1);
  expect(progress.problem).toMatchObject({ code: "packets.overload" });
  reader.push(new Uint8Array(MAX_PACKET_BYTES));
  expect(reader.heldBytes).toBe(0);
});
