/**
 * A whole frame, taken apart layer by layer. What is broken deep inside does not hide what is around it: the layers read
 * so far stay, and `problem` says why the next one could not be read.
 */
import { ethernetLinkType, linuxCookedLinkTypes } from "../capture/captured-packet.ts";
import type { CapturedPacket } from "../capture/captured-packet.ts";
import { PacketError } from "../errors.ts";
import { decodeCdp } from "../discovery/cdp.ts";
import { decodeDtp } from "../discovery/dtp.ts";
import { decodeLldp } from "../discovery/lldp.ts";
import { decodeUdld } from "../discovery/udld.ts";
import { decodeVtp } from "../discovery/vtp.ts";
import { decodeIpv4 } from "../internet/ipv4.ts";
import { decodeIpv6 } from "../internet/ipv6.ts";
import { MAX_LAYERS } from "../limits.ts";
import { decodeArp } from "../link/arp.ts";
import { decodeEthernet, unnumberedInformation } from "../link/ethernet.ts";
import type { EthernetContent } from "../link/ethernet.ts";
import { decodeIsl, isIsl } from "../link/isl.ts";
import { decodeLacp } from "../link/lacp.ts";
import { decodeLinuxCooked } from "../link/linux-cooked.ts";
import { decodeBpdu } from "../spanning-tree/bpdu.ts";
import { stepDatagram, stepIp } from "./internet-steps.ts";
import { last } from "./layer.ts";
import type { Layer, LayerKind, Rest, Step } from "./layer.ts";

export interface Frame {
  /** The outermost first. */
  readonly layers: readonly Layer[];
  /** Why what lies inside the last layer could not be read; `undefined` also when it is merely of no interest here. */
  readonly problem: PacketError | undefined;
}

export function decodeFrame(bytes: Uint8Array): Frame {
  return decodeLayers({ kind: "ethernet", bytes });
}

function decodeLayers(outermost: Rest): Frame {
  const layers: Layer[] = [];
  let rest: Rest | undefined = outermost;
  while (rest !== undefined) {
    if (layers.length === MAX_LAYERS) {
      const place = { protocol: "frame", field: "layers", offset: 0 };
      return { layers, problem: new PacketError("packets.overload", place, `more than ${MAX_LAYERS}.`) };
    }
    const step: Step | PacketError | undefined = takeStep(rest);
    if (step === undefined) return { layers, problem: undefined };
    if (step instanceof PacketError) return { layers, problem: step };
    layers.push(step.layer);
    rest = step.rest;
  }
  return { layers, problem: undefined };
}

/** A packet of a capture: of Ethernet, or of all interfaces of a Linux host. */
export function decodePacket(packet: CapturedPacket): Frame {
  if (packet.linkType === ethernetLinkType) return decodeFrame(packet.bytes);
  const version = linuxCookedLinkTypes[packet.linkType];
  if (version !== undefined) return decodeLayers({ kind: "linux-cooked", version, bytes: packet.bytes });
  const place = { protocol: "capture", field: "link type", offset: 0 };
  const what = `${packet.linkType} is not ${ethernetLinkType}, Ethernet, nor Linux's of all interfaces.`;
  return { layers: [], problem: new PacketError("packets.unsupported", place, what) };
}

/** The outermost layer of a kind; those of a tunnel come after those of its carrier. */
export function layerOf<K extends LayerKind>(frame: Frame, kind: K): Extract<Layer, { kind: K }> | undefined {
  return frame.layers.find((layer): layer is Extract<Layer, { kind: K }> => layer.kind === kind);
}

function takeStep(rest: Rest): Step | PacketError | undefined {
  switch (rest.kind) {
    case "ethernet":
      return stepEthernet(rest.bytes);
    case "linux-cooked":
      return stepLinuxCooked(rest.bytes, rest.version);
    case "ether-type":
      return stepEtherType(rest.etherType, rest.bytes);
    case "llc":
      return rest.targetSap === spanningTreeSap && rest.control === unnumberedInformation
        ? last(decodeBpdu(rest.bytes))
        : undefined;
    case "snap":
      return stepSnap(rest.organization, rest.protocolId, rest.bytes);
    case "ip":
      return stepIp(rest.protocol, rest.bytes, rest.carrier);
    case "datagram":
      return stepDatagram(rest.udp, rest.bytes, rest.carrier);
  }
}

/** ISO/IEC 8802-2 assigns this access point to the spanning tree. */
const spanningTreeSap = 0x42;
const ciscoOrganization = 0x00_00_0c;
const noOrganization = 0;

function stepEthernet(bytes: Uint8Array): Step | PacketError {
  if (isIsl(bytes)) return stepIsl(bytes);
  const ethernet = decodeEthernet(bytes);
  if (ethernet instanceof PacketError) return ethernet;
  return { layer: ethernet.header, rest: restOf(ethernet.header.content, ethernet.payload) };
}

function stepIsl(bytes: Uint8Array): Step | PacketError {
  const isl = decodeIsl(bytes);
  if (isl instanceof PacketError) return isl;
  return { layer: isl.header, rest: { kind: "ethernet", bytes: isl.payload } };
}

function stepLinuxCooked(bytes: Uint8Array, version: 1 | 2): Step | PacketError {
  const cooked = decodeLinuxCooked(bytes, version);
  if (cooked instanceof PacketError) return cooked;
  return { layer: cooked.header, rest: restOf(cooked.header.content, cooked.payload) };
}

function restOf(content: EthernetContent, bytes: Uint8Array): Rest {
  switch (content.kind) {
    case "ether-type":
      return { kind: "ether-type", etherType: content.etherType, bytes };
    case "llc":
      return { kind: "llc", targetSap: content.targetSap, control: content.control, bytes };
    case "snap":
      return { kind: "snap", organization: content.organization, protocolId: content.protocolId, bytes };
  }
}

/** IANA, IEEE 802 numbers. */
function stepEtherType(etherType: number, bytes: Uint8Array): Step | PacketError | undefined {
  switch (etherType) {
    case 0x0800:
      return stepIpv4(bytes);
    case 0x0806:
    case 0x8035:
      return last(decodeArp(bytes));
    case 0x86dd:
      return stepIpv6(bytes);
    case 0x8809:
      return last(decodeLacp(bytes));
    case 0x88cc:
      return last(decodeLldp(bytes));
    default:
      return undefined;
  }
}

/** Protocols of Cisco's organization; SNAP without an organization carries an ether type (RFC 1042). */
function stepSnap(organization: number, protocolId: number, bytes: Uint8Array): Step | PacketError | undefined {
  if (organization === noOrganization) return stepEtherType(protocolId, bytes);
  if (organization !== ciscoOrganization) return undefined;
  switch (protocolId) {
    case 0x010b:
      return last(decodeBpdu(bytes, { isPerVlan: true }));
    case 0x0111:
      return last(decodeUdld(bytes));
    case 0x2000:
      return last(decodeCdp(bytes));
    case 0x2003:
      return last(decodeVtp(bytes));
    case 0x2004:
      return last(decodeDtp(bytes));
    default:
      return undefined;
  }
}

function stepIpv4(bytes: Uint8Array): Step | PacketError {
  const ip = decodeIpv4(bytes);
  if (ip instanceof PacketError) return ip;
  const { source, target, protocol, fragmentOffsetBytes } = ip.header;
  if (fragmentOffsetBytes > 0) return { layer: ip.header };
  return {
    layer: ip.header,
    rest: { kind: "ip", protocol, carrier: { family: 4, source, target }, bytes: ip.payload },
  };
}

function stepIpv6(bytes: Uint8Array): Step | PacketError {
  const ip = decodeIpv6(bytes);
  if (ip instanceof PacketError) return ip;
  const { source, target, protocol, fragmentOffsetBytes } = ip.header;
  if (fragmentOffsetBytes > 0) return { layer: ip.header };
  return {
    layer: ip.header,
    rest: { kind: "ip", protocol, carrier: { family: 6, source, target }, bytes: ip.payload },
  };
}
