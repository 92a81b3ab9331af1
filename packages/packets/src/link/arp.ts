/**
 * ARP (RFC 826), RARP (RFC 903) and the frames by which a moved machine announces itself: the reverse request that QEMU
 * and ESXi send for it, and gratuitous ARP (RFC 5227, section 3; RFC 5944, section 4.6).
 */
import type { PacketError } from "../errors.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { decoding } from "../wire/cursor.ts";
import { encodeEthernet, vlanTag } from "./ethernet.ts";

export type ArpOperation = "request" | "reply" | "reverse-request" | "reverse-reply" | "other";

/** Of Ethernet and IPv4 alone; other pairs end in `packets.unsupported`. */
export interface Arp {
  readonly kind: "arp";
  readonly operation: ArpOperation;
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
  /** A machine speaks of its own address: nobody is asked, everybody learns. A probe (sender 0.0.0.0) is none. */
  readonly isGratuitous: boolean;
}

const operations: Readonly<Record<number, ArpOperation>> = {
  1: "request",
  2: "reply",
  3: "reverse-request",
  4: "reverse-reply",
};
const ethernet = 1;
const ipv4EtherType = 0x0800;
const arpEtherType = 0x0806;
const rarpEtherType = 0x8035;
const broadcast = "ff:ff:ff:ff:ff:ff";
const nobody = "00:00:00:00:00:00";
const noAddress = "0.0.0.0";

export function decodeArp(bytes: Uint8Array): Arp | PacketError {
  return decoding(bytes, "arp", (cursor) => {
    const unsupported = (field: string, value: number, back: number): PacketError =>
      cursor.wrong(field, `${value} is not that of Ethernet and IPv4.`, back, "packets.unsupported");
    const hardware = cursor.u16("hardware");
    if (hardware !== ethernet) throw unsupported("hardware", hardware, 2);
    const protocol = cursor.u16("protocol");
    if (protocol !== ipv4EtherType) throw unsupported("protocol", protocol, 2);
    const macLength = cursor.u8("hardware length");
    if (macLength !== 6) throw unsupported("hardware length", macLength, 1);
    const addressLength = cursor.u8("protocol length");
    if (addressLength !== 4) throw unsupported("protocol length", addressLength, 1);
    const operation = operations[cursor.u16("operation")] ?? "other";
    const senderMac = cursor.mac("sender hardware");
    const senderAddress = cursor.ipv4("sender protocol");
    const targetMac = cursor.mac("target hardware");
    const targetAddress = cursor.ipv4("target protocol");
    const isGratuitous =
      (operation === "request" || operation === "reply") &&
      senderAddress === targetAddress &&
      senderAddress !== noAddress;
    return { kind: "arp", operation, senderMac, senderAddress, targetMac, targetAddress, isGratuitous };
  });
}

export interface AnnouncementSettings {
  readonly mac: string;
  /** Only where the port expects tagged frames. */
  readonly vlan?: number;
}

/** The frame that QEMU sends for a machine that came (net/announce.c): it moves MAC tables, and no ARP cache. */
export function encodeRarpAnnouncement(settings: AnnouncementSettings): Uint8Array {
  const sender = { mac: settings.mac, address: noAddress };
  return announcement(rarpEtherType, arpBody(3, sender, sender), settings);
}

export interface GratuitousArpSettings extends AnnouncementSettings {
  readonly address: string;
  /** RFC 5227 announces by requests; some old caches listen to replies alone. */
  readonly form?: "request" | "reply";
}

export function encodeGratuitousArp(settings: GratuitousArpSettings): Uint8Array {
  const { mac, address, form = "request" } = settings;
  const targetMac = form === "request" ? nobody : broadcast;
  const body = arpBody(form === "request" ? 1 : 2, { mac, address }, { mac: targetMac, address });
  return announcement(arpEtherType, body, settings);
}

interface Party {
  readonly mac: string;
  readonly address: string;
}

function arpBody(operation: number, sender: Party, target: Party): Uint8Array {
  return new ByteWriter("arp")
    .u16(ethernet, "hardware")
    .u16(ipv4EtherType, "protocol")
    .u8(6, "hardware length")
    .u8(4, "protocol length")
    .u16(operation, "operation")
    .mac(sender.mac, "sender hardware")
    .ipv4(sender.address, "sender protocol")
    .mac(target.mac, "target hardware")
    .ipv4(target.address, "target protocol")
    .finish();
}

function announcement(etherType: number, body: Uint8Array, settings: AnnouncementSettings): Uint8Array {
  const tags = settings.vlan === undefined ? [] : [vlanTag(settings.vlan)];
  const content = { kind: "ether-type", etherType } as const;
  return encodeEthernet({ target: broadcast, source: settings.mac, tags, content }, body);
}
