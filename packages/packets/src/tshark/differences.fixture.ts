/**
 * Where tshark and this package see the same bytes and say something else, and why ours stands. A difference counts only
 * for the very values that its reason speaks of; the tests hold that each of them still occurs.
 */
import { layerOf } from "../frame/decode-frame.ts";
import type { Frame } from "../frame/decode-frame.ts";

export interface Difference {
  readonly why: string;
  readonly fields: RegExp;
  readonly applies: (own: readonly unknown[], theirs: readonly unknown[], frame: Frame) => boolean;
}

export const differences: readonly Difference[] = [
  {
    // Of lisp_eid_notify.pcap tcpdump's own expected text prints the trailer; the flags of two of its four packets lie.
    why: "LISP: tshark looks for the trailer where its flag is set, we where its 24 bytes are",
    fields: /^(?:lisp\.xtrid|lisp\.siteid)$/,
    applies: (own, theirs, frame) => {
      const lisp = layerOf(frame, "lisp");
      const notes = lisp !== undefined && "notes" in lisp ? lisp.notes : [];
      return own.length === 1 && theirs.length === 0 && notes.some((note) => note.includes("without its flag"));
    },
  },
  {
    // packet-udp.c and packet-vrrp.c ask for a packet that is neither a fragment nor cut off before they sum up anything.
    why: "checksums: tshark verifies none inside a fragment or a cut packet, we verify every message that is whole",
    fields: /^(?:udp\.checksum\.status|vrrp\.checksum\.status)$/,
    applies: (own, theirs, frame) => {
      const ip = frame.layers.find((layer) => layer.kind === "ipv4" || layer.kind === "ipv6");
      const isPart = ip !== undefined && (ip.missingBytes > 0 || ip.kind === "ipv6" || ip.hasMoreFragments);
      return isPart && own.length === 1 && theirs.length === 1 && theirs[0] === unverified;
    },
  },
  {
    why: "a topology change says nothing but its type: its version is not kept",
    fields: /^stp\.version$/,
    applies: (own, theirs, frame) =>
      layerOf(frame, "stp")?.message === "topology-change" && own.length === 0 && theirs.length === 1,
  },
  {
    // IEEE 802.1AB-2016, section 9.2.7.7.2: a TLV with an error is put aside as a whole.
    why: "LLDP: of a TLV that ends in an error tshark shows what comes before the error",
    fields: /^lldp\.ieee\.802_1\.vlan\.id$/,
    applies: (own, theirs, frame) => {
      const discarded = layerOf(frame, "lldp")?.discarded.length ?? 0;
      return theirs.length - own.length <= discarded && isSubsequence(own, theirs);
    },
  },
  {
    // Cisco document 10558 draws a whole row of 32 bits for it, and tcpdump's print-vtp.c reads four bytes.
    why: "VTP: of the four bytes that a request starts at tshark reads the upper two",
    fields: /^vtp\.start_value$/,
    applies: ([own], [theirs]) => typeof own === "number" && theirs === own >>> 16,
  },
  {
    why: "LISP: an acknowledgement of a notification (RFC 9301, section 5.7) is a type that this tshark does not know",
    fields: /^lisp\./,
    applies: (own, theirs, frame) =>
      layerOf(frame, "lisp")?.message === "map-notify-ack" && own.length > 0 && theirs.length === 0,
  },
];

const unverified = 2;

function isSubsequence(part: readonly unknown[], whole: readonly unknown[]): boolean {
  let at = 0;
  for (const value of whole) if (at < part.length && Object.is(part[at], value)) at++;
  return at === part.length;
}
