/**
 * Whatever bytes come in, decoders return a value or a typed error, and the work is bounded by the bytes. Starting points are
 * sound frames of every protocol, so that mutations reach deep into the layouts. This is the short form: a million, with
 * figures, is `npm run bench packets-hostile`.
 *
 * MUTATIONS=1000000 runs that many; SEED=7 begins elsewhere. A failure prints the packet that did it.
 */
import { createContext, runInContext } from "node:vm";
import { expect, test } from "vitest";
import { CaptureReader, readCapture } from "../capture/capture-reader.ts";
import { encodePcap } from "../capture/pcap-writer.ts";
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
import { hex } from "../wire/hex.ts";
import { hexOf } from "../wire/text.ts";
import { bodies, frames } from "../frame/samples.ts";
import { costlyFrames } from "./costly.ts";
import { drawFrom } from "./draw.ts";
import { examine } from "./examination.ts";
import { mutate } from "./mutation.ts";

const mutations = Number(process.env["MUTATIONS"] ?? 100_000);
const seed = Number(process.env["SEED"] ?? 20_261_122);

/** Far above what a million takes on a busy machine. */
const TEST_TIMEOUT_MS = 600_000;

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

/** Looks at one packet after the other; says which one threw, or did not end, and how to have it again. */
function each(
  count: number,
  bytesOf: (done: number) => Uint8Array,
  look: (bytes: Uint8Array, done: number) => void,
): void {
  let current: Uint8Array = new Uint8Array(0);
  const work = (): void => {
    for (let done = 0; done < count; done++) {
      current = bytesOf(done);
      look(current, done);
    }
  };
  // Where an error was made costs more than making it, and there are tens of thousands; the packet alone brings it back.
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    // The one way to get out of a loop that does not end: Vitest's own timeout waits for it.
    runInContext("work()", createContext({ work }), { timeout: TEST_TIMEOUT_MS });
  } catch (error) {
    throw new Error(`SEED=${seed} MUTATIONS=${mutations}: ${hexOf(current)}`, { cause: error });
  } finally {
    Error.stackTraceLimit = depth;
  }
}

function counter(): { readonly count: (name: string) => void; readonly of: (name: string) => number } {
  const counts = new Map<string, number>();
  return {
    count: (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
    of: (name) => counts.get(name) ?? 0,
  };
}

test(
  `${mutations} mutated frames give layers or typed errors, and what is sent again reads the same`,
  () => {
    const draw = drawFrom(seed);
    const originals = Object.values(frames);
    const outcomes = counter();
    each(
      mutations,
      (done) => mutate(originals[done % originals.length] ?? frames.arp, originals, draw),
      (bytes, done) => {
        const { frame, encoded } = examine(bytes, done % 8 === 0 ? "all" : "messages");
        outcomes.count(frame.problem?.code ?? "read");
        for (const { kind, outcome } of encoded) outcomes.count(`${kind} ${outcome}`);
      },
    );
    // All ways were taken often, so the cases mean something.
    const ways = ["read", "packets.truncated", "packets.malformed", "packets.unsupported"];
    const encoders = ["ethernet", "ipv4", "ipv6", "arp", "lldp", "hsrp", "vrrp"].map((kind) => `${kind} same`);
    const rare = [...ways, ...encoders].filter((outcome) => outcomes.of(outcome) <= mutations / 1000);
    expect(rare).toEqual([]);
    expect(outcomes.of("hsrp refused")).toBeGreaterThan(0);
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
    each(
      mutations / 4,
      () => mutate(originals[draw(originals.length)] ?? bodies.rarp, originals, draw),
      (bytes, done) => {
        const decode = decoders[done % decoders.length] ?? decodeArp;
        if (decode(bytes) instanceof PacketError) refused++;
        else read++;
      },
    );
    expect(refused).toBeGreaterThan(mutations / 100);
    expect(read).toBeGreaterThan(mutations / 100);
  },
  TEST_TIMEOUT_MS,
);

/** One interface, and a block of each kind that holds a packet. */
const pcapng = hex(`
  0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffff ffffffff 0000001c
  00000001 00000014 0001 0000 00000000 00000014
  00000006 00000024 00000000 00000000 001e8480 00000003 00000004 01020300 00000024
  00000003 00000014 00000002 0a0b0000 00000014
  00000002 00000024 0000 0000 00000000 00000008 00000001 00000001 ff000000 00000024`);
const pcap = encodePcap(
  [frames.arp, frames.rarp, frames.lacp, frames.stp].map((bytes) => ({
    timestampNs: 0n,
    bytes,
    originalBytes: bytes.length,
  })),
);

test.each([
  ["pcap", pcap],
  ["pcapng", pcapng],
])(
  "mutated captures, %s, in pieces hold no more than they were given, and give packets or a typed error",
  (_, capture) => {
    expect(readCapture(capture).problem).toBeUndefined();
    const draw = drawFrom(seed + 2);
    let damaged = 0;
    each(
      mutations / 50,
      () => mutate(capture, [pcap, pcapng], draw),
      (bytes) => {
        const reader = new CaptureReader();
        const size = 1 + draw(200);
        for (let at = 0; at < bytes.length; at += size) {
          const { problem } = reader.push(bytes.subarray(at, at + size));
          if (reader.heldBytes > at + size) throw new Error(`${reader.heldBytes} bytes are held of ${at + size}`);
          if (problem !== undefined) break;
        }
        if (reader.end() !== undefined) damaged++;
      },
    );
    expect(damaged).toBeGreaterThan(mutations / 1000);
  },
  TEST_TIMEOUT_MS,
);

/** Each of them takes some milliseconds; what grew with the square of the bytes, or worse, took seconds. */
const COSTLY_MS = 1000;

test.each(Object.entries(costlyFrames))("%s: read or refused in one go", (_name, bytes) => {
  const began = performance.now();
  examine(bytes);
  expect(performance.now() - began).toBeLessThan(COSTLY_MS);
});

test.each([
  ["LLDP of more TLVs than may be", "packets.overload"],
  ["LLDP of TLVs that cannot be read", "packets.overload"],
  ["HSRP 2 of unknown TLVs", "packets.overload"],
  ["GLBP of unknown TLVs", "packets.overload"],
  ["frames in VXLAN in frames", "packets.overload"],
  ["LLDP of VLAN names", undefined],
  ["GLBP of forwarders", undefined],
])("%s: %s", (name, code) => {
  expect(examine(costlyFrames[name] ?? frames.arp).frame.problem?.code).toBe(code);
});
