/**
 * Frames against what tshark says of them: every field that both know, in both directions. What one has and the other lacks
 * is a disagreement too, unless a packet ended too early for one of the two.
 */
import type { Frame } from "../frame/decode-frame.ts";
import type { Layer, LayerKind } from "../frame/layer.ts";
import { cdpFields, dtpFields, lldpFields, udldFields, vtpFields } from "./discovery-fields.fixture.ts";
import { differences } from "./differences.fixture.ts";
import type { Field } from "./field.fixture.ts";
import {
  arpFields,
  bpduFields,
  ethernetFields,
  icmpFields,
  ipv4Fields,
  ipv6Fields,
  islFields,
  lacpFields,
  linuxCookedFields,
  tcpFields,
  udpFields,
} from "./link-fields.fixture.ts";
import type { TsharkPacket } from "./tshark.fixture.ts";
import {
  bfdFields,
  glbpFields,
  hsrpFields,
  lispFields,
  ospfFields,
  vrrpFields,
  vxlanFields,
} from "./upper-fields.fixture.ts";

export interface Agreement {
  /** How many values of each field were the same. */
  readonly compared: ReadonlyMap<string, number>;
  /** How often each difference explained one. */
  readonly explained: ReadonlyMap<string, number>;
  readonly disagreements: readonly string[];
}

export interface Pair {
  /** For messages: where the packet comes from. */
  readonly origin: string;
  readonly frame: Frame;
  readonly packet: TsharkPacket;
}

type Values = ReadonlyMap<string, readonly (string | number | boolean)[]>;

export function agreementOf(pairs: readonly Pair[]): Agreement {
  const compared = new Map<string, number>();
  const explained = new Map<string, number>();
  const disagreements: string[] = [];
  const ours = pairs.map(({ frame }) => valuesOf(frame));
  // Names that were given to any packet count for all: what tshark shows under one of them, we have to have read.
  const known = new Set(ours.flatMap((values) => [...values.keys()]));
  for (const [index, pair] of pairs.entries()) {
    for (const name of known) {
      const own = ours[index]?.get(name) ?? [];
      const shown = (pair.packet.values.get(name) ?? []).filter((text) => !isSilence(name, text));
      const theirs = shown.map((text, place) => normal(text, own[place] ?? own[0]));
      const why = whyOtherwise(name, own, theirs, pair.frame);
      if (isSame(own, theirs, pair, name)) add(compared, name, Math.min(own.length, theirs.length));
      else if (why !== undefined) add(explained, why, 1);
      else disagreements.push(`${pair.origin}: ${name} is [${own.join(", ")}], by tshark [${shown.join(", ")}]`);
    }
    const stack = stackDisagreement(pair);
    if (stack !== undefined) disagreements.push(stack);
  }
  return { compared, explained, disagreements };
}

/**
 * Of packets that were tampered with: fields that both read, the same number of times, have the same values. Where one of
 * the two gave up, or says that the packet is broken, they are not compared; neither is what tshark shows in a way of its own.
 */
export function sharedAgreementOf(pairs: readonly Pair[]): Agreement {
  const compared = new Map<string, number>();
  const explained = new Map<string, number>();
  const disagreements: string[] = [];
  for (const { origin, frame, packet } of pairs) {
    const isBroken =
      packet.isMalformed || frame.layers.some((layer) => layer.kind === "lldp" && layer.discarded.length > 0);
    if (isBroken) continue;
    for (const [name, own] of valuesOf(frame)) {
      const shown = packet.values.get(name) ?? [];
      if (own.length !== shown.length || shownOtherwise.has(name) || [...own, ...shown].some(isUnprintable)) continue;
      const theirs = shown.map((text, place) => normal(text, own[place]));
      const why = whyOtherwise(name, own, theirs, frame);
      if (own.every((value, place) => Object.is(value, theirs[place]))) add(compared, name, own.length);
      else if (why !== undefined) add(explained, why, 1);
      else disagreements.push(`${origin}: ${name} is [${own.join(", ")}], by tshark [${shown.join(", ")}]`);
    }
  }
  return { compared, explained, disagreements };
}

/**
 * The number of a version that nobody knows and bits that have no name are not kept here; of VTP's domain we read as much as
 * its length says, tshark the whole field; the text beside a digest of HSRP means nothing and is dropped.
 */
const shownOtherwise: ReadonlySet<string> = new Set([
  "stp.version",
  "lldp.tlv.system_cap",
  "lldp.tlv.enable_system_cap",
  "vtp.md",
  "hsrp.auth_data",
]);

/** tshark writes such characters as escapes, with a backslash, which cannot be told from text. */
function isUnprintable(value: string | number | boolean): boolean {
  return typeof value === "string" && !/^[\x20-\x5b\x5d-\x7e\n]*$/.test(value);
}

function whyOtherwise(
  name: string,
  own: readonly unknown[],
  theirs: readonly unknown[],
  frame: Frame,
): string | undefined {
  return differences.find(({ fields, applies }) => fields.test(name) && applies(own, theirs, frame))?.why;
}

/** No capability is what a sender without the TLV says as well, and one value for both is what we make of it. */
const capabilityFields: ReadonlySet<string> = new Set(["lldp.tlv.system_cap", "lldp.tlv.enable_system_cap"]);

function isSilence(name: string, shown: string): boolean {
  return capabilityFields.has(name) && Number(shown) === 0;
}

function add(counts: Map<string, number>, name: string, count: number): void {
  if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
}

function valuesOf(frame: Frame): Values {
  const values = new Map<string, (string | number | boolean)[]>();
  for (const [name, value] of frame.layers.flatMap(fieldsOf)) {
    if (value === undefined) continue;
    const list = values.get(name);
    if (list === undefined) values.set(name, [value]);
    else list.push(value);
  }
  return values;
}

/** What tshark shows, as a value of the kind that it is compared with. */
function normal(shown: string, like: string | number | boolean | undefined): string | number | boolean {
  if (typeof like === "number") return Number(shown);
  if (typeof like === "boolean") return shown === "True" || Number(shown) !== 0;
  return shown;
}

function isSame(own: readonly unknown[], theirs: readonly unknown[], pair: Pair, name: string): boolean {
  const { frame, packet } = pair;
  const both = Math.min(own.length, theirs.length);
  const isPrefix = own.slice(0, both).every((value, place) => Object.is(value, theirs[place]));
  if (own.length === theirs.length) return isPrefix;
  // Each may stop where the packet is broken; what it read before has to agree all the same.
  if (own.length > theirs.length) return isPrefix && packet.isMalformed;
  return isPrefix && frame.problem !== undefined && isOf(name, frame.problem.protocol);
}

/** Prefixes of tshark's names for a protocol of ours that had a problem. */
const prefixes: Readonly<Record<string, string>> = {
  ethernet: "eth|vlan|llc",
  ipv4: "ip",
  stp: "stp|mstp",
  hsrp: "hsrp|hsrp2",
  "ospf-hello": "ospf",
};

function isOf(name: string, protocol: string): boolean {
  return (prefixes[protocol] ?? protocol).split("|").some((prefix) => name.startsWith(`${prefix}.`));
}

/** Names of tshark's dissectors. */
const kinds: Readonly<Record<string, LayerKind>> = {
  eth: "ethernet",
  sll: "linux-cooked",
  isl: "isl",
  arp: "arp",
  lacp: "lacp",
  stp: "stp",
  lldp: "lldp",
  cdp: "cdp",
  vtp: "vtp",
  dtp: "dtp",
  udld: "udld",
  ip: "ipv4",
  ipv6: "ipv6",
  udp: "udp",
  tcp: "tcp",
  icmp: "icmp",
  icmpv6: "icmp",
  hsrp: "hsrp",
  vrrp: "vrrp",
  glbp: "glbp",
  lisp: "lisp",
  vxlan: "vxlan",
  bfd: "bfd",
  ospf: "ospf-hello",
};

function stackDisagreement({ origin, frame, packet }: Pair): string | undefined {
  const own = frame.layers.map(({ kind }) => kind);
  const theirs = packet.protocols.flatMap((name) => kinds[name] ?? []);
  const isSameStack = own.length === theirs.length && own.every((kind, place) => kind === theirs[place]);
  // What we could not read, tshark names all the same.
  const isCutShort = frame.problem !== undefined && own.every((kind, place) => kind === theirs[place]);
  if (isSameStack || isCutShort) return undefined;
  return `${origin}: layers are ${own.join(" ")}, by tshark ${theirs.join(" ")}`;
}

function fieldsOf(layer: Layer): readonly Field[] {
  switch (layer.kind) {
    case "ethernet":
      return ethernetFields(layer);
    case "linux-cooked":
      return linuxCookedFields(layer);
    case "isl":
      return islFields(layer);
    case "arp":
      return arpFields(layer);
    case "lacp":
      return lacpFields(layer);
    case "stp":
      return bpduFields(layer);
    case "lldp":
      return lldpFields(layer);
    case "cdp":
      return cdpFields(layer);
    case "vtp":
      return vtpFields(layer);
    case "dtp":
      return dtpFields(layer);
    case "udld":
      return udldFields(layer);
    case "ipv4":
      return ipv4Fields(layer);
    case "ipv6":
      return ipv6Fields(layer);
    case "udp":
      return udpFields(layer);
    case "tcp":
      return tcpFields(layer);
    case "icmp":
      return icmpFields(layer);
    case "hsrp":
      return hsrpFields(layer);
    case "vrrp":
      return vrrpFields(layer);
    case "glbp":
      return glbpFields(layer);
    case "lisp":
      return lispFields(layer);
    case "vxlan":
      return vxlanFields(layer);
    case "bfd":
      return bfdFields(layer);
    case "ospf-hello":
      return ospfFields(layer);
  }
}
