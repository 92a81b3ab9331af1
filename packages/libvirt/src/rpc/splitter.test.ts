import fc from "fast-check";
import { expect, test } from "vitest";
import { LibvirtError } from "../errors.ts";
import { MAX_PACKET_BYTES } from "../limits.ts";
import { packetOf } from "../testing/fake-libvirt.ts";
import { PacketSplitter } from "./splitter.ts";

const packets = fc.array(
  fc.uint8Array({ maxLength: 3000 }).map((payload) => packetOf({ serial: payload.length }, payload)),
  { minLength: 1, maxLength: 6 },
);

function split(splitter: PacketSplitter, chunks: readonly Buffer[]): readonly string[] {
  return chunks.flatMap((chunk) => [...splitter.push(chunk)].map((packet) => packet.toString("hex")));
}

test("packets come out as they went in, wherever the stream was cut", () => {
  fc.assert(
    fc.property(packets, fc.array(fc.nat()), (sent, cuts) => {
      const stream = Buffer.concat(sent);
      const places = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
      const chunks = places.slice(1).map((end, index) => stream.subarray(places[index], end));
      expect(split(new PacketSplitter(), chunks)).toEqual(sent.map((packet) => packet.toString("hex")));
    }),
  );
});

test("a packet that comes byte by byte is one packet", () => {
  const packet = packetOf({ serial: 7 }, new Uint8Array(5000).fill(1));
  const chunks = [...packet].map((byte) => Buffer.of(byte));
  expect(split(new PacketSplitter(), chunks)).toEqual([packet.toString("hex")]);
});

test.each([0, 4, 27, MAX_PACKET_BYTES + 1, 0xffff_ffff])(
  "a length word of %i is refused before anything is held",
  (length) => {
    for (const step of [1, 4]) {
      const word = Buffer.alloc(4);
      word.writeUInt32BE(length);
      const splitter = new PacketSplitter();
      const pieces = Array.from({ length: 4 / step }, (_, index) => word.subarray(index * step, (index + 1) * step));
      expect(() => split(splitter, pieces)).toThrow(LibvirtError);
    }
  },
);

test("memory follows what arrived, not what was announced", () => {
  const head = Buffer.alloc(100);
  head.writeUInt32BE(MAX_PACKET_BYTES);
  const splitter = new PacketSplitter();
  expect([...splitter.push(head)]).toEqual([]);
  expect(splitter.reservedBytes).toBeLessThanOrEqual(1024);
  for (let count = 0; count < 100; count++) expect([...splitter.push(Buffer.alloc(1000))]).toEqual([]);
  expect(splitter.reservedBytes).toBeLessThanOrEqual(2 * 100_100);
});
