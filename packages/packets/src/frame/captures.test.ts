/** Real captures: the layers of every packet, and every field that tcpdump's own text names. See captures.fixture.ts. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCapture } from "../capture/capture-reader.ts";
import { captureBytes, captureFiles, capturePath, capturesReason, lacksCaptures } from "../capture/captures.fixture.ts";
import { decodePacket } from "./decode-frame.ts";
import type { Frame } from "./decode-frame.ts";
import { tcpdumpWords } from "./tcpdump-words.fixture.ts";

function framesOf(file: string): readonly Frame[] {
  const { packets, problem } = readCapture(captureBytes(file));
  expect(problem).toBeUndefined();
  return packets.map((packet) => decodePacket(packet));
}

/** The layers of each packet, or where and why they end; how many packets had them. */
function tally(frames: readonly Frame[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { layers, problem } of frames) {
    const kinds = layers.map(({ kind }) => kind).join(" ");
    const key = problem === undefined ? kinds : `${kinds} ! ${problem.code} ${problem.field}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

const hsrp = "ethernet ipv4 udp hsrp";
const lisp = "ethernet ipv4 udp lisp";
const inVxlan = { "ethernet ipv4 udp vxlan ethernet ipv4 icmp": 8, "ethernet ipv4 udp vxlan ethernet arp": 2 };
const unknownLink = (count: number): Readonly<Record<string, number>> => ({
  " ! packets.unsupported link type": count,
});

/** Packets in tcpdump's text begin with their number and the date. */
function blocksOf(text: string): readonly string[] {
  return text.split(/^ *\d+ {2}(?=\d{4}-\d\d-\d\d )/m).slice(1);
}

/** What every packet of each capture is read as. */
const outcomes: readonly (readonly [string, Readonly<Record<string, number>>])[] = [
  ["tcpdump/3560_CDP.pcap", { "ethernet cdp": 3 }],
  ["tcpdump/802.1D_spanning_tree.pcap", { "ethernet stp": 14 }],
  ["tcpdump/802.1ad_QinQ.pcap", { "ethernet arp": 2 }],
  ["tcpdump/802.1w_rapid_STP.pcap", { "ethernet stp": 30 }],
  ["tcpdump/DTP.pcap", { "ethernet dtp": 5, "isl ethernet dtp": 5 }],
  ["tcpdump/HSRP_coup.pcap", { [hsrp]: 51 }],
  ["tcpdump/HSRP_election.pcap", { [hsrp]: 49 }],
  ["tcpdump/HSRP_failover.pcap", { [hsrp]: 39 }],
  ["tcpdump/IGMP_V2.pcap", { "ethernet ipv4": 18 }],
  ["tcpdump/LACP.pcap", { "ethernet lacp": 20 }],
  ["tcpdump/LLDP_and_CDP.pcap", { "ethernet cdp": 4, "ethernet lldp": 8 }],
  ["tcpdump/MSTP_Intra-Region_BPDUs.pcap", { "ethernet stp": 10 }],
  ["tcpdump/UDLD.pcap", { "ethernet udld": 29 }],
  ["tcpdump/bgp-evpn.pcap", { "ethernet ipv4 tcp": 1 }],
  ["tcpdump/lisp_eid_notify.pcap", { [lisp]: 4 }],
  ["tcpdump/lisp_eid_register.pcap", { [lisp]: 2 }],
  ["tcpdump/lisp_ipv6.pcap", { [lisp]: 2 }],
  [
    "tcpdump/lisp_invalid.pcap",
    {
      "ethernet ipv4 udp ! packets.unsupported endpoint family": 1,
      "ethernet ipv4 udp ! packets.truncated authentication": 1,
    },
  ],
  ["tcpdump/lisp_invalid_length.pcap", { "ethernet ipv4 udp ! packets.truncated nonce": 1 }],
  ["tcpdump/lldp-app-priority.pcap", { "ethernet lldp": 1 }],
  ["tcpdump/lldp-infinite-loop-1.pcap", { "ethernet lldp": 1 }],
  ["tcpdump/lldp-infinite-loop-2.pcap", { "ethernet lldp": 1 }],
  ["tcpdump/lldp_8021_linkagg.pcap", { "ethernet lldp": 2 }],
  ["tcpdump/lldp_8023_mtu-oobr.pcap", { "ethernet lldp": 1 }],
  ["tcpdump/lldp_asan.pcap", { "ethernet lldp": 1 }],
  ["tcpdump/lldp_mgmt_addr_tlv_asan.pcap", { "ethernet lldp": 1, ethernet: 1 }],
  ["tcpdump/lldp_mudurl.pcap", { "ethernet lldp": 2 }],
  ["tcpdump/rpvstp-trunk-native-vid5.pcap", { "ethernet dtp": 2, "ethernet stp": 18, "ethernet vtp": 1, ethernet: 1 }],
  ["tcpdump/stp-heapoverflow-1.pcap", { ethernet: 13, "ethernet ! packets.truncated version": 1 }],
  ["tcpdump/vqp-oobr.pcap", { "ethernet ipv4 udp": 1 }],
  [
    "tcpdump/vrrp-vrrp_print-oobr-2.pcap",
    { "ethernet ipv4 ! packets.truncated checksum": 9, "ethernet ipv4 ! packets.malformed version": 1 },
  ],
  ["tcpdump/vrrp-vrrp_print-oobr.pcap", unknownLink(3)],
  ["tcpdump/vrrp.pcap", { "ethernet ipv4 vrrp": 101, "ethernet ipv6 vrrp": 64 }],
  ["tcpdump/vtp_asan.pcap", unknownLink(5)],
  ["tcpdump/vtp_asan-2.pcap", unknownLink(1)],
  ["tcpdump/vtp_asan-3.pcap", unknownLink(1)],
  ["tcpdump/vxlan.pcap", inVxlan],
  ["tcpdump/vxlan_port_8472.pcap", inVxlan],
  ["synthetic/glbp_hello_FROM_DISSECTOR_LAYOUT.pcap", { "ethernet ipv4 udp glbp": 1 }],
  ["synthetic/lldp_8021_vlan_names.pcap", { "ethernet lldp": 1 }],
  ["synthetic/qemu_rarp_default_5rounds.pcap", { "ethernet arp": 5 }],
  ["synthetic/qemu_rarp_vlan120_5rounds.pcap", { "ethernet arp": 5 }],
];

describe.skipIf(lacksCaptures())(`captures, ${capturesReason}`, () => {
  test("no capture of the folder is left out", () => {
    expect(outcomes.map(([file]) => file).toSorted()).toEqual(captureFiles());
  });

  test.each(outcomes)("%s", (file, expected) => {
    expect(tally(framesOf(file))).toEqual(expected);
  });

  test.each<readonly [string, string, number]>([
    ["3560_CDP", "cdp-v", 39],
    ["DTP", "dtp-v", 20],
    ["HSRP_coup", "hsrp_1-v", 42],
    ["HSRP_election", "hsrp_2-v", 42],
    ["HSRP_failover", "hsrp_3-v", 34],
    ["LACP", "lacp-ev", 60],
    ["LLDP_and_CDP", "lldp_cdp-ev", 132],
    ["lisp_eid_notify", "lisp_eid_notify-v", 20],
    ["lisp_eid_register", "lisp_eid_register-v", 12],
    ["lisp_ipv6", "lisp_ipv6-v", 10],
    ["lldp_8021_linkagg", "lldp_8021_linkagg-vv", 2],
    ["MSTP_Intra-Region_BPDUs", "mstp-v", 130],
    ["rpvstp-trunk-native-vid5", "rpvst-v", 84],
    ["vrrp", "vrrp-v", 330],
    ["vxlan", "vxlan", 20],
  ])("%s: every field is what tcpdump's own text says", (capture, text, pieces) => {
    const frames = framesOf(`tcpdump/${capture}.pcap`);
    const blocks = blocksOf(readFileSync(capturePath(`tcpdump/${text}.out`), "utf8"));
    expect(blocks.length).toBe(frames.length);
    // tcpdump does not look into ISL.
    const said = frames.flatMap(({ layers }, index) =>
      (layers[0]?.kind === "isl" ? [] : layers)
        .flatMap(tcpdumpWords)
        .map((words) => ({ packet: index + 1, words, isThere: blocks[index]?.includes(words) })),
    );
    expect(said.filter(({ isThere }) => isThere !== true)).toEqual([]);
    expect(said.length).toBe(pieces);
  });
});
