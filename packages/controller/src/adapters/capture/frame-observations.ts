/**
 * What one decoded frame says about the network, as observations. Frames that the device itself sent say nothing new, and
 * what lies inside a VXLAN tunnel is of another place than the port that was listened at.
 */
import type { GatewayHello, Observation } from "@trunkline/fabric";
import { virtualMacOf } from "@trunkline/packets";
import type { Arp, Frame, Glbp, Hsrp, Layer, Lisp, LispAddress, VlanTag, Vrrp } from "@trunkline/packets";
import { cdpNeighbor, lldpNeighbor } from "./neighbor-observations.ts";

export interface CapturePlace {
  readonly device: string;
  readonly port: string;
  /** MAC addresses of the port itself: frames from them are its own. */
  readonly ownMacs?: readonly string[];
  /** VLAN of untagged frames there, where the listener knows it; else the document does, or nobody. */
  readonly untaggedVlan?: number;
}

/** The frame around a message: who sent it, in which VLAN. */
interface Carrier {
  readonly sourceMac: string;
  readonly vlan: number | undefined;
  /** IP address of the sender. */
  readonly source: string | undefined;
}

export function frameObservations(frame: Frame, atMs: number, place: CapturePlace): readonly Observation[] {
  const tunnel = frame.layers.findIndex(({ kind }) => kind === "vxlan");
  const layers = tunnel < 0 ? frame.layers : frame.layers.slice(0, tunnel);
  const [link] = layers;
  if (link?.kind !== "ethernet" && link?.kind !== "linux-cooked") return [];
  const isOwn = link.kind === "linux-cooked" && link.isOutgoing;
  if (isOwn || place.ownMacs?.includes(link.source) === true) return [];
  const ip = layers.find((layer) => layer.kind === "ipv4" || layer.kind === "ipv6");
  const carrier = { sourceMac: link.source, vlan: vlanOf(link.tags) ?? place.untaggedVlan, source: ip?.source };
  const where = { device: place.device, port: place.port };
  return layers.flatMap((layer) => layerObservations(layer, carrier, { atMs, where }));
}

interface Seen {
  readonly atMs: number;
  readonly where: { readonly device: string; readonly port: string };
}

function layerObservations(layer: Layer, carrier: Carrier, seen: Seen): readonly Observation[] {
  switch (layer.kind) {
    case "lldp":
      return lldpNeighbor(layer, seen);
    case "cdp":
      return cdpNeighbor(layer, seen);
    case "vtp":
      return [{ kind: "vtp-domain", ...seen, domain: layer.domain }];
    case "hsrp":
      return helloOf(hsrpFacts(layer), carrier, seen);
    case "vrrp":
      return helloOf(vrrpFacts(layer), carrier, seen);
    case "glbp":
      return helloOf(glbpFacts(layer), carrier, seen);
    case "arp":
      return announcement(layer, carrier, seen);
    case "lisp":
      return mappings(layer, seen);
    case "ethernet":
    case "linux-cooked":
    case "lacp":
    case "stp":
    case "dtp":
    case "udld":
    case "ipv4":
    case "ipv6":
    case "udp":
    case "tcp":
    case "icmp":
    case "vxlan":
    case "bfd":
    case "ospf-hello":
    case "isl":
      return [];
  }
}

/** The outermost tag is the one that the port's own switch goes by; 0 is a priority without a VLAN. */
function vlanOf(tags: readonly VlanTag[]): number | undefined {
  const vlan = tags[0]?.vlan;
  return vlan === 0 ? undefined : vlan;
}

type HelloFacts = Pick<GatewayHello, "protocol" | "group" | "state" | "priority" | "addresses" | "helloMs" | "holdMs">;

function helloOf(facts: HelloFacts | undefined, carrier: Carrier, seen: Seen): readonly Observation[] {
  if (facts === undefined || carrier.source === undefined) return [];
  const { sourceMac, vlan } = carrier;
  const isVirtual = virtualMacOf(sourceMac)?.protocol === facts.protocol;
  return [
    {
      kind: "gateway-hello",
      ...seen,
      ...facts,
      source: carrier.source,
      sourceMac,
      ...(isVirtual ? { virtualMac: sourceMac } : {}),
      ...(vlan === undefined ? {} : { vlan }),
    },
  ];
}

/** RFC 2281, section 5.1: what holds where the sender leaves its times to be learned, which it does by 0. */
const hsrpHelloMs = 3_000;
const hsrpHoldMs = 10_000;

/** Version 1 gives seconds, version 2 milliseconds. Interface states speak of no group. */
function hsrpFacts(hsrp: Hsrp): HelloFacts | undefined {
  const { group } = hsrp;
  if (group === undefined) return undefined;
  const message = hsrp.version === 1 ? hsrp.message : hsrp.group?.message;
  const times =
    "helloTimeS" in group ? [group.helloTimeS * 1000, group.holdTimeS * 1000] : [group.helloTimeMs, group.holdTimeMs];
  const [helloMs, holdMs] = times;
  const role = group.state === "active" || group.state === "standby" ? group.state : "other";
  // A coup is sent by one that is about to be active, a resignation by one that was.
  const state = message === "resign" ? "resigned" : message === "hello" ? role : "other";
  return {
    protocol: "hsrp",
    group: group.group,
    state,
    priority: group.priority,
    addresses: known([group.virtualAddress]),
    helloMs: helloMs === 0 || helloMs === undefined ? hsrpHelloMs : helloMs,
    holdMs: holdMs === 0 || holdMs === undefined ? hsrpHoldMs : holdMs,
  };
}

/** RFC 9568, section 6.1: three intervals and the skew pass before a backup takes over. Priority 0 gives up. */
function vrrpFacts(vrrp: Vrrp): HelloFacts | undefined {
  if (vrrp.checksum === "invalid") return undefined;
  const { group, priority, intervalMs, addresses } = vrrp;
  const holdMs = 3 * intervalMs + Math.round(((256 - priority) * intervalMs) / 256);
  const state = priority === 0 ? "resigned" : "active";
  return { protocol: "vrrp", group, state, priority, addresses, helloMs: intervalMs, holdMs };
}

/** Requests and responses of forwarders bear no hello. */
function glbpFacts({ group, hello }: Glbp): HelloFacts | undefined {
  if (hello === undefined) return undefined;
  const state = hello.state === "active" || hello.state === "standby" ? hello.state : "other";
  const { priority, helloTimeMs: helloMs, holdTimeMs: holdMs } = hello;
  return { protocol: "glbp", group, state, priority, addresses: known([hello.virtualAddress]), helloMs, holdMs };
}

/** A router that has not learned the address yet says 0.0.0.0. */
function known(addresses: readonly string[]): readonly string[] {
  return addresses.filter((address) => address !== "0.0.0.0" && address !== "::" && /[.:]/.test(address));
}

/** QEMU and ESXi ask by reverse ARP for themselves; others announce their own address. */
function announcement(arp: Arp, { vlan }: Carrier, seen: Seen): readonly Observation[] {
  const tail = vlan === undefined ? {} : { vlan };
  if (arp.operation === "reverse-request" && arp.senderMac === arp.targetMac)
    return [{ kind: "announcement", ...seen, form: "reverse-arp", mac: arp.targetMac, ...tail }];
  if (!arp.isGratuitous) return [];
  // The active router announces the gateway's address: that is no machine.
  if (virtualMacOf(arp.senderMac) !== undefined) return [];
  return [
    { kind: "announcement", ...seen, form: "gratuitous-arp", mac: arp.senderMac, address: arp.senderAddress, ...tail },
  ];
}

/** RFC 9301, section 5.4: a locator with priority 255 is not to be used. */
const unusedPriority = 255;

function mappings(lisp: Lisp, seen: Seen): readonly Observation[] {
  if (lisp.message !== "map-register" && lisp.message !== "map-notify") return [];
  const { message } = lisp;
  return lisp.records.flatMap(({ endpoint, maskBits, locators }): readonly Observation[] => {
    const address = plainAddress(endpoint);
    if (address === undefined) return [];
    const usable = locators.filter(({ priority }) => priority !== unusedPriority);
    const by = usable.flatMap((locator) => plainAddress(locator.address) ?? []);
    return [{ kind: "mapping", ...seen, message, prefix: `${address}/${maskBits}`, locators: by }];
  });
}

function plainAddress(address: LispAddress): string | undefined {
  if (address.kind === "instance") return plainAddress(address.inner);
  return address.kind === "ipv4" || address.kind === "ipv6" ? address.address : undefined;
}
