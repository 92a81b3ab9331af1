/**
 * Whatever bytes come in, decoders return a value or a typed error, and the work is bounded by the bytes. Starting points
 * are sound frames of every protocol, so that mutations reach deep into the layouts.
 *
 * MUTATIONS=1000000 runs that many; SEED=7 repeats a run. A failure prints the frame that did it.
 */
import { expect, test } from "vitest";
import { CaptureReader } from "../capture/capture-reader.ts";
import { encodePcapHeader, encodePcapPacket } from "../capture/pcap-writer.ts";
import { decodeCdp } from "../discovery/cdp.ts";
import { decodeDtp } from "../discovery/dtp.ts";
import { decodeLldp } from "../discovery/lldp.ts";
import { decodeUdld } from "../discovery/udld.ts";
import { decodeVtp } from "../discovery/vtp.ts";
import { PacketError } from "../errors.ts";
import { decodeIcmp } from "../internet/icmp.ts";
import { decodeIpv4 } from "../internet/ipv4.ts";
import { decodeIpv6 } from "../internet/ipv6.ts";
import { decodeTcp } from "../internet/tcp.ts";
import { decodeUdp } from "../internet/udp.ts";
import { MAX_LAYERS } from "../limits.ts";
import { decodeArp } from "../link/arp.ts";
import { decodeLacp } from "../link/lacp.ts";
import { decodeLinuxCooked } from "../link/linux-cooked.ts";
import { decodeLisp } from "../overlay/lisp.ts";
import { decodeVxlan } from "../overlay/vxlan.ts";
import { decodeGlbp } from "../redundancy/glbp.ts";
import { decodeHsrpV1 } from "../redundancy/hsrp.ts";
import { decodeHsrpV2 } from "../redundancy/hsrp-v2.ts";
import { decodeVrrp } from "../redundancy/vrrp.ts";
import { decodeBfd } from "../routing/bfd.ts";
import { decodeOspfHello } from "../routing/ospf-hello.ts";
import { decodeBpdu } from "../spanning-tree/bpdu.ts";
import { hexOf } from "../wire/text.ts";
import { decodeFrame } from "./decode-frame.ts";
import { bodies, frames } from "./samples.ts";

const mutations = Number(process.env["MUTATIONS"] ?? 200_000);
const seed = Number(process.env["SEED"] ?? 20_261_122);

/** Far above what a million takes on a busy machine; a decoder that hangs is found by it. */
const TEST_TIMEOUT_MS = 600_000;

/** Numbers from 0 below `limit`, the same ones for the same seed (mulberry32). */
type Draw = (limit: number) => number;
function drawFrom(start: number): Draw {
  let state = start >>> 0;
  return (limit) => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
  };
}

/** Where bounds lie. */
const edges = [0, 1, 2, 3, 4, 5, 7, 8, 0x0f, 0x7f, 0x80, 0xf0, 0xfe, 0xff];

/** One to four changes: a byte, an edge, a bit, a piece repeated or taken out; then perhaps the end cut off. */
function mutate(original: Uint8Array, draw: Draw): Uint8Array {
  let bytes = Uint8Array.from(original);
  for (let change = draw(4); change >= 0 && bytes.length > 0; change--) {
    const at = draw(bytes.length);
    const kind = draw(8);
    if (kind < 3) bytes[at] = draw(256);
    else if (kind < 5) bytes[at] = edges[draw(edges.length)] ?? 0;
    else if (kind === 5) bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
    else {
      const end = Math.min(bytes.length, at + draw(24));
      const rest = bytes.subarray(kind === 6 ? at : end);
      const changed = new Uint8Array((kind === 6 ? end : at) + rest.length);
      changed.set(bytes.subarray(0, kind === 6 ? end : at));
      changed.set(rest, changed.length - rest.length);
      bytes = changed;
    }
  }
  return draw(4) === 0 ? bytes.subarray(0, draw(bytes.length + 1)) : bytes;
}

const carriers = [
  { family: 4, source: "10.0.0.3", target: "224.0.0.18" },
  { family: 6, source: "fe80::1", target: "ff02::12" },
] as const;

const decoders: readonly ((bytes: Uint8Array) => unknown)[] = [
  decodeArp,
  decodeBfd,
  (bytes) => decodeBpdu(bytes),
  (bytes) => decodeBpdu(bytes, { isPerVlan: true }),
  decodeCdp,
  decodeDtp,
  decodeGlbp,
  decodeHsrpV1,
  decodeHsrpV2,
  (bytes) => decodeIcmp(bytes, 4),
  decodeIpv4,
  decodeIpv6,
  decodeLacp,
  (bytes) => decodeLinuxCooked(bytes, 1),
  (bytes) => decodeLinuxCooked(bytes, 2),
  decodeLisp,
  decodeLldp,
  decodeOspfHello,
  decodeTcp,
  decodeUdld,
  decodeUdp,
  decodeVtp,
  decodeVxlan,
  (bytes) => decodeVrrp(bytes, carriers[0]),
  (bytes) => decodeVrrp(bytes, carriers[1]),
];

/** Says which bytes did it, and how to have them again. */
function guarded<T>(bytes: Uint8Array, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`SEED=${seed} MUTATIONS=${mutations}: a decoder threw for ${hexOf(bytes)}`, { cause: error });
  }
}

test(
  `${mutations} mutated frames give layers or typed errors`,
  () => {
    const draw = drawFrom(seed);
    const originals = Object.values(frames);
    const codes = new Map<string, number>();
    let deepest = 0;
    for (let done = 0; done < mutations; done++) {
      const bytes = mutate(originals[done % originals.length] ?? new Uint8Array(0), draw);
      const { layers, problem } = guarded(bytes, () => decodeFrame(bytes));
      const outcome = problem?.code ?? "read";
      codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
      deepest = Math.max(deepest, layers.length);
    }
    expect(deepest).toBeLessThanOrEqual(MAX_LAYERS);
    // All ways were taken often, so the cases mean something.
    const outcomes = ["read", "packets.truncated", "packets.malformed", "packets.unsupported"];
    const rare = outcomes.filter((outcome) => (codes.get(outcome) ?? 0) <= mutations / 1000);
    expect(rare).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

test(
  "every body as every message, mutated",
  () => {
    const draw = drawFrom(seed + 1);
    const originals = Object.values(bodies);
    let refused = 0;
    let read = 0;
    for (let done = 0; done < mutations / 4; done++) {
      const bytes = mutate(originals[draw(originals.length)] ?? new Uint8Array(0), draw);
      const decode = decoders[done % decoders.length] ?? decodeArp;
      if (guarded(bytes, () => decode(bytes)) instanceof PacketError) refused++;
      else read++;
    }
    expect(refused).toBeGreaterThan(mutations / 100);
    expect(read).toBeGreaterThan(mutations / 100);
  },
  TEST_TIMEOUT_MS,
);

test(
  "mutated captures in pieces hold no more than they were given, and give packets or a typed error",
  () => {
    const draw = drawFrom(seed + 2);
    const packets = Object.values(frames).slice(0, 6);
    const parts = packets.map((bytes) => encodePcapPacket({ timestampNs: 0n, bytes, originalBytes: bytes.length }));
    const capture = Uint8Array.from([encodePcapHeader(), ...parts].flatMap((part) => [...part]));
    let damaged = 0;
    for (let done = 0; done < mutations / 100; done++) {
      const bytes = mutate(capture, draw);
      const reader = new CaptureReader();
      const size = 1 + draw(200);
      guarded(bytes, () => {
        for (let at = 0; at < bytes.length; at += size) {
          const { problem } = reader.push(bytes.subarray(at, at + size));
          expect(reader.heldBytes).toBeLessThanOrEqual(at + size);
          if (problem !== undefined) break;
        }
      });
      if (reader.end() !== undefined) damaged++;
    }
    expect(damaged).toBeGreaterThan(mutations / 1000);
  },
  TEST_TIMEOUT_MS,
);

test("messages built to cost the most are refused or read in one go", () => {
  const jumbo = 262_144;
  const emptyTlvs = new Uint8Array(jumbo).fill(0x80);
  expect(
    decodeGlbp(
      Uint8Array.from([1, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, ...Array.from({ length: 8000 }, () => [9, 2]).flat()]),
    ),
  ).toMatchObject({
    code: "packets.overload",
  });
  expect(decodeLldp(emptyTlvs.map((_, index) => (index % 2 === 0 ? 10 : 0)))).toMatchObject({
    code: "packets.overload",
  });
  const names = Array.from({ length: 20_000 }, () => [0xfe, 0x07, 0, 0x80, 0xc2, 3, 0, 1, 0]).flat();
  expect(decodeLldp(Uint8Array.from(names))).toMatchObject({ code: "packets.overload" });
});
