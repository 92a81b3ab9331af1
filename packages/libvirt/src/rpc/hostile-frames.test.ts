/**
 * Whatever bytes come in, the decoders return a value or throw a typed error. Starting points are packets of a real
 * libvirtd, so that mutations reach deep into the layouts; every packet is also read as every other layout.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LibvirtError } from "../errors.ts";
import { readEvent } from "../events/event.ts";
import { eventTable } from "../protocol/events.ts";
import { procedures } from "../protocol/procedures.ts";
import type { Codec } from "../xdr/codec.ts";
import { XdrReader } from "../xdr/reader.ts";
import { XdrWriter } from "../xdr/writer.ts";
import { goldenFrames } from "../testing/golden-frames.ts";
import { readPacket } from "./packet.ts";
import { readRemoteError } from "./remote-error.ts";
import { PacketSplitter } from "./splitter.ts";

/** Enough for the slowest machine that runs these tests; none of the cases may hang. */
const TEST_TIMEOUT_MS = 240_000;

const layouts: readonly Codec<unknown>[] = Object.values(procedures).flatMap(({ args, result }) => [
  args as Codec<unknown>,
  result as Codec<unknown>,
]);
const eventNumbers = Object.values(eventTable).map(({ procedure }) => procedure);

/** @returns the value, or undefined when the bytes were refused as they must be. */
function typedOnly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof LibvirtError && error.code === "libvirt.protocol") return undefined;
    throw error;
  }
}

const golden = fc.constantFrom(...goldenFrames.map(({ bytes }) => bytes));

/** Single bytes and words changed, the end cut off, something appended. Words take the values where bounds lie. */
const mutated = fc
  .record({
    bytes: golden,
    bytesChanged: fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }),
    wordsChanged: fc.array(
      fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2, 3, 7, 8, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x40_0001)),
      { maxLength: 3 },
    ),
    cut: fc.option(fc.nat()),
    tail: fc.uint8Array({ maxLength: 16 }),
  })
  .map(({ bytes, bytesChanged, wordsChanged, cut, tail }) => {
    const copy = Buffer.concat([bytes, tail]);
    for (const [place, value] of bytesChanged) copy[place % copy.length] = value;
    for (const [place, value] of wordsChanged) copy.writeUInt32BE(value, 4 * (place % Math.floor(copy.length / 4)));
    return cut === null ? copy : copy.subarray(0, cut % copy.length);
  });

test(
  "60,000 mutated and random streams give packets or typed errors, and hold no more than they were sent",
  () => {
    let refused = 0;
    let packets = 0;
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const splitter = new PacketSplitter();
        const found = typedOnly(() => [...splitter.push(Buffer.from(bytes))].map((packet) => readPacket(packet)));
        expect(splitter.reservedBytes).toBeLessThanOrEqual(Math.max(1024, 2 * bytes.length));
        if (found === undefined) refused++;
        else packets += found.length;
      }),
      { numRuns: 60_000 },
    );
    // Both ways were taken often, so the cases mean something.
    expect(refused).toBeGreaterThan(1000);
    expect(packets).toBeGreaterThan(1000);
  },
  TEST_TIMEOUT_MS,
);

test(
  "60,000 mutated payloads, read as whatever layout, give values or typed errors",
  () => {
    let read = 0;
    let refused = 0;
    const layout = fc.constantFrom(...layouts);
    const payload = fc.oneof(
      mutated.map((bytes) => bytes.subarray(28)),
      fc.uint8Array({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(payload, layout, fc.constantFrom(...eventNumbers), (bytes, codec, eventNumber) => {
        const value = typedOnly(() => ({ it: codec.decode(new XdrReader(bytes)) }));
        if (value === undefined) refused++;
        else read++;
        typedOnly(() => readEvent(eventNumber, new XdrReader(bytes)));
        typedOnly(() => readRemoteError(new XdrReader(bytes), "x"));
      }),
      { numRuns: 60_000 },
    );
    expect(refused).toBeGreaterThan(1000);
    expect(read).toBeGreaterThan(1000);
  },
  TEST_TIMEOUT_MS,
);

test(
  "what could be read can be written again, and is read as the same",
  () => {
    const pairs = goldenFrames
      .filter(({ kind }) => kind === "reply")
      .map(({ name, bytes }) => ({
        codec: procedures[name as keyof typeof procedures].result as Codec<unknown>,
        bytes,
      }));
    fc.assert(
      fc.property(fc.constantFrom(...pairs), fc.nat(), fc.nat({ max: 255 }), ({ codec, bytes }, place, byte) => {
        const changed = Buffer.from(bytes.subarray(28));
        if (changed.length > 0) changed[place % changed.length] = byte;
        const first = typedOnly(() => ({ it: codec.decode(new XdrReader(changed)) }));
        if (first === undefined) return;
        const writer = new XdrWriter();
        try {
          codec.encode(writer, first.it);
        } catch (error) {
          // A zero inside a text is read as it came, but never written.
          if (error instanceof LibvirtError && error.code === "libvirt.argument") return;
          throw error;
        }
        expect(codec.decode(new XdrReader(writer.finish()))).toEqual(first.it);
      }),
      { numRuns: 5_000 },
    );
  },
  TEST_TIMEOUT_MS,
);
