/**
 * Field by field, what this package reads is what tshark reads: in every capture, in the samples, in samples with bytes
 * changed, and in frames that the encoders made of drawn settings. Skipped where tshark is not installed.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { captureBytes, captureFiles, capturePath, capturesReason, lacksCaptures } from "../capture/captures.fixture.ts";
import { readCapture } from "../capture/capture-reader.ts";
import { ethernetLinkType } from "../capture/captured-packet.ts";
import { encodePcap } from "../capture/pcap-writer.ts";
import { decodeFrame, decodePacket } from "../frame/decode-frame.ts";
import { bodies, frames } from "../frame/samples.ts";
import { drawFrom } from "../hostile/draw.ts";
import type { Draw } from "../hostile/draw.ts";
import { hex } from "../wire/hex.ts";
import { agreementOf, sharedAgreementOf } from "./agreement.fixture.ts";
import type { Agreement, Pair } from "./agreement.fixture.ts";
import { differences } from "./differences.fixture.ts";
import { drawnFrames } from "./drawn-frames.fixture.ts";
import { lacksTshark, mergedCaptures, tsharkName, tsharkRead } from "./tshark.fixture.ts";

/** tshark takes seconds to start on a busy machine. */
const TEST_TIMEOUT_MS = 300_000;

function pairsOf(named: readonly (readonly [string, Uint8Array])[]): readonly Pair[] {
  const capture = encodePcap(named.map(([, bytes]) => ({ timestampNs: 0n, bytes, originalBytes: bytes.length })));
  const packets = tsharkRead(capture);
  expect(packets.length).toBe(named.length);
  return named.flatMap(([origin, bytes], index) => {
    const packet = packets[index];
    return packet === undefined ? [] : [{ origin, frame: decodeFrame(bytes), packet }];
  });
}

/** Fails with the first disagreements, prints the figures. */
function judge(what: string, pairs: readonly Pair[], agreement: Agreement): number {
  const { compared, explained, disagreements } = agreement;
  const values = [...compared.values()].reduce((sum, count) => sum + count, 0);
  const reasons = [...explained].map(([why, count]) => `\n  ${count} times otherwise: ${why}`).join("");
  process.stdout.write(
    `${what}: ${values} values of ${compared.size} fields in ${pairs.length} packets agree${reasons}\n`,
  );
  expect(disagreements.slice(0, 20)).toEqual([]);
  return values;
}

/** The registration of the samples; the flag is in the first byte of the message, behind 42 bytes of headers. */
const withoutTrailerFlag = frames.lispRegister.with(42, (frames.lispRegister[42] ?? 0) & 0xfd);

/** One or two bytes behind the header of Ethernet, as a bit turned, a bound or anything. */
function tampered(original: Uint8Array, draw: Draw): Uint8Array {
  const bytes = original.slice();
  for (let count = draw(2); count >= 0; count--) {
    const at = 14 + draw(bytes.length - 14);
    const value = bytes[at] ?? 0;
    bytes[at] = [draw(256), [0, 1, 2, 3, 4, 0x80, 0xff][draw(7)] ?? 0, value ^ (1 << draw(8))][draw(3)] ?? value;
  }
  return bytes;
}

describe.skipIf(lacksTshark())(`tshark ${tsharkName}`, () => {
  test(
    "one message of every kind: each field of the table is compared, and each difference is still there",
    () => {
      const pairs = pairsOf([...Object.entries(frames), ["a trailer without its flag", withoutTrailerFlag]]);
      const agreement = agreementOf(pairs);
      expect(judge("samples", pairs, agreement)).toBeGreaterThan(800);
      // Later ones may have learned; a reason that nothing needs any more is to go with the last version that needs it.
      const stillThere = [...agreement.explained.keys()];
      const reasons = tsharkName.startsWith("4.0.") ? differences.map(({ why }) => why) : stillThere;
      expect(stillThere.toSorted()).toEqual(reasons.toSorted());
    },
    TEST_TIMEOUT_MS,
  );

  test.each([
    ["1", 113, "0004 0001 0006 001c73000001 0000 8100 0078 0806"],
    ["2", 276, "0806 0000 00000007 0001 04 06 001c73000001 0000"],
  ])(
    "what Linux hands over instead of Ethernet, version %s",
    (_, linkType, header) => {
      const bytes = Uint8Array.from([...hex(header), ...bodies.arpRequest]);
      const packet = { timestampNs: 0n, linkType, bytes, originalBytes: bytes.length };
      const [theirs] = tsharkRead(encodePcap([packet], linkType));
      expect(theirs).toBeDefined();
      const pairs = theirs === undefined ? [] : [{ origin: "cooked", frame: decodePacket(packet), packet: theirs }];
      expect(judge(`link type ${linkType}`, pairs, agreementOf(pairs))).toBeGreaterThan(7);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "messages with a byte or two changed: what both read is the same",
    () => {
      const draw = drawFrom(20_261_125);
      const samples = Object.entries(frames);
      const changed = Array.from({ length: 2000 }, (_, index): readonly [string, Uint8Array] => {
        const [name, bytes] = samples[index % samples.length] ?? ["arp", frames.arp];
        return [`${name} ${index}`, tampered(bytes, draw)];
      });
      const pairs = pairsOf(changed);
      expect(judge("changed samples", pairs, sharedAgreementOf(pairs))).toBeGreaterThan(30_000);
    },
    TEST_TIMEOUT_MS,
  );

  test(
    "what is encoded is read as it was meant, whatever the settings",
    () => {
      const drawn = fc.sample(drawnFrames, { numRuns: 600, seed: 20_261_125 });
      const pairs = pairsOf(drawn.map(({ name, bytes }, index) => [`${name} ${index}`, bytes]));
      const agreement = agreementOf(pairs);
      expect(judge("encoded frames", pairs, agreement)).toBeGreaterThan(12_000);
      expect(pairs.filter(({ packet }) => packet.isMalformed)).toEqual([]);
    },
    TEST_TIMEOUT_MS,
  );
});

describe.skipIf(lacksTshark() || lacksCaptures())(`tshark ${tsharkName}, captures ${capturesReason}`, () => {
  test(
    "every packet of every capture of Ethernet",
    () => {
      const captures = captureFiles().map((file) => ({ file, packets: readCapture(captureBytes(file)).packets }));
      // The others are of links that end in a typed error before the first field: see captures.test.ts.
      const ethernet = captures.filter(({ packets }) => packets.every(({ linkType }) => linkType === ethernetLinkType));
      const original = ethernet.flatMap(({ packets: own }) => own);
      const merged = mergedCaptures(ethernet.map(({ file }) => capturePath(file)));
      const { packets, problem } = readCapture(merged);
      expect(problem).toBeUndefined();
      // As libpcap does, we cut a packet to the snapshot length of its file; mergecap and tshark keep what is beyond.
      const kept = packets.map(({ timestampNs, bytes }, index) => ({
        timestampNs,
        bytes: bytes.subarray(0, original[index]?.bytes.length),
      }));
      expect(kept).toEqual(original.map(({ timestampNs, bytes }) => ({ timestampNs, bytes })));
      const origins = ethernet.flatMap(({ file, packets: own }) => own.map((_, index) => `${file} ${index + 1}`));
      const read = tsharkRead(merged);
      const pairs = packets.flatMap((packet, index): readonly Pair[] => {
        const theirs = read[index];
        return theirs === undefined
          ? []
          : [{ origin: origins[index] ?? "", frame: decodePacket(packet), packet: theirs }];
      });
      expect(pairs.length).toBe(original.length);
      expect(judge(`${ethernet.length} captures`, pairs, agreementOf(pairs))).toBeGreaterThan(12_000);
    },
    TEST_TIMEOUT_MS,
  );
});
