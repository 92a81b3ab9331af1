/**
 * What a single link does with the frames of a VLAN: carries them, lacks settings for it, or turns them into another VLAN.
 *
 * On the wire a frame bears a tag or none. An access port and the native VLAN of a trunk send and expect none, everything
 * else is tagged (IEEE 802.1Q-2018, 6.9). So a VLAN passes when both ends carry it in the same form. Where one end sends
 * without a tag what the other would tag, frames are lost; where both send without a tag and mean different numbers, the
 * two VLANs become one.
 *
 * Tags keep their number, but on an interconnect that is more than a fibre: there a segment is mapped by its name, so it
 * may have another number on either side.
 *
 * Passages are the same from both ends: a VLAN that passes one way passes the other.
 */
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import type { Link, Port } from "../fabric.ts";
import type { FabricEnd } from "../ports.ts";
import { carries } from "../ports.ts";
import type { VlanDomain } from "./vlan-domain.ts";
import { domainAt } from "./vlan-domain.ts";

/** One setting that is missing. Mending all gaps of an answer makes the segment reach. */
export type Gap =
  /** The port does not carry the VLAN. */
  | { readonly kind: "port"; readonly port: FabricEnd; readonly vlan: number }
  /** The port carries the VLAN with a tag, or not at all, where the other end sends and expects it without one. */
  | { readonly kind: "native"; readonly port: FabricEnd; readonly vlan: number }
  /** The device's VLAN database does not have it. */
  | { readonly kind: "device"; readonly device: string; readonly vlan: number };

export interface Passage {
  /** Of the two ports; VLAN databases are asked by lacksVlan(). None: it passes, as far as the ports could be read. */
  readonly gaps: readonly Gap[];
  /** Ports that nobody could read. */
  readonly unread: readonly FabricEnd[];
  /** Ports whose setting somebody assumed. */
  readonly assumed: readonly FabricEnd[];
}

type Form = "none" | "tagged" | "untagged" | "unread";

/** @returns undefined where no setting of the two ports would let the domain pass. */
export function passage(index: FabricIndex, domain: VlanDomain, view: LinkView): Passage | undefined {
  const { near, far, nearPort, farPort } = view;
  const [vlan, farVlan] = [domain.vlanAt(near.device), domain.vlanAt(far.device)];
  if (vlan === undefined || farVlan === undefined) return undefined;
  const [form, farForm] = [formAt(nearPort, vlan), formAt(farPort, farVlan)];
  const assumed = [
    ...(nearPort?.knowledge === "assumed" ? [near] : []),
    ...(farPort?.knowledge === "assumed" ? [far] : []),
  ];
  // Nearly every port of nearly every question: it carries the VLAN as the other one does.
  const isUntagged = form === "untagged" || farForm === "untagged";
  const canTag = vlan === farVlan || mapsBySegment(index, domain, view.link);
  if (form === farForm && (form === "untagged" || (form === "tagged" && canTag)))
    return { gaps: [], unread: [], assumed };
  const unread = [...(form === "unread" ? [near] : []), ...(farForm === "unread" ? [far] : [])];
  if (!isUntagged && !canTag) return unread.length === 2 ? { gaps: [], unread, assumed } : undefined;
  const wanted = isUntagged ? "untagged" : "tagged";
  const kind = isUntagged ? "native" : "port";
  const isGap = (there: Form): boolean => there !== "unread" && there !== wanted;
  return {
    gaps: [
      ...(isGap(form) ? [{ kind, port: near, vlan } as const] : []),
      ...(isGap(farForm) ? [{ kind, port: far, vlan: farVlan } as const] : []),
    ],
    unread,
    assumed,
  };
}

/** The device's VLAN database is known not to have the domain. */
export function lacksVlan(index: FabricIndex, domain: VlanDomain, device: string): boolean {
  const vlan = domain.vlanAt(device);
  return vlan !== undefined && index.device(device)?.vlans?.includes(vlan) === false;
}

export interface Joint {
  readonly cause: "native-mismatch" | "number-reused";
  readonly here: { readonly end: FabricEnd; readonly vlan: number };
  readonly there: { readonly end: FabricEnd; readonly vlan: number };
  readonly domain: VlanDomain;
}

/** Into which other domain the link turns frames of this one; undefined where it does not. */
export function jointOf(index: FabricIndex, domain: VlanDomain, view: LinkView): Joint | undefined {
  const { link, near, far, nearPort, farPort } = view;
  const vlan = domain.vlanAt(near.device);
  if (vlan === undefined || lacksVlan(index, domain, near.device)) return undefined;
  const form = formAt(nearPort, vlan);
  if (form !== "tagged" && form !== "untagged") return undefined;
  const arrivesAs = form === "untagged" ? untaggedVlan(farPort) : vlan;
  if (arrivesAs === undefined || arrivesAs === domain.vlanAt(far.device)) return undefined;
  if (formAt(farPort, arrivesAs) !== form) return undefined;
  const other = domainAt(index, arrivesAs, far.device, domain);
  if (lacksVlan(index, other, far.device)) return undefined;
  if (form === "tagged" && (isMapped(index, domain, link, far) || isMapped(index, other, link, near))) return undefined;
  return {
    cause: form === "untagged" ? "native-mismatch" : "number-reused",
    here: { end: near, vlan },
    there: { end: far, vlan: arrivesAs },
    domain: other,
  };
}

function formAt(port: Port | undefined, vlan: number): Form {
  if (port === undefined) return "unread";
  switch (carries(port.vlans, vlan)) {
    case "unknown":
      return "unread";
    case "no":
      return "none";
    case "yes":
      return untaggedVlan(port) === vlan ? "untagged" : "tagged";
  }
}

function untaggedVlan(port: Port | undefined): number | undefined {
  if (port?.vlans.kind === "access") return port.vlans.tag;
  return port?.vlans.kind === "trunk" ? port.vlans.native : undefined;
}

/**
 * VPLS and OTV extend VLANs by configuration of either edge, VXLAN and EVPN by VNI; a fibre carries the tags as they are.
 * A domain without a name of its own, or without a VNI, can only be extended by its number.
 */
function mapsBySegment(index: FabricIndex, domain: VlanDomain, link: Link): boolean {
  if (link.kind !== "dci" || domain.segment === undefined || link.dci?.technology === "dark-fibre") return false;
  return !isByVni(link) || index.segment(domain.segment)?.vni !== undefined;
}

/** The link knows where frames of the domain belong at the other end, so they do not fall into another one there. */
function isMapped(index: FabricIndex, domain: VlanDomain, link: Link, otherEnd: FabricEnd): boolean {
  return mapsBySegment(index, domain, link) && (isByVni(link) || domain.vlanAt(otherEnd.device) !== undefined);
}

const isByVni = ({ dci }: Link): boolean => dci?.technology === "vxlan" || dci?.technology === "evpn";
