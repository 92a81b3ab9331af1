/**
 * Ethernet II and IEEE 802.3 frames with any VLAN tags (IEEE 802.1Q, clause 9; 802.1ad for stacked ones), and the LLC and
 * SNAP headers (IEEE 802, clause 9) that Cisco's protocols and the spanning tree use instead of an ether type.
 */
import { PacketError } from "../errors.ts";
import { MAX_LENGTH_FIELD, MAX_VLAN, MAX_VLAN_TAGS, MIN_ETHER_TYPE, MIN_FRAME_BYTES, MIN_VLAN } from "../limits.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import type { Carried } from "../wire/carried.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";

export interface VlanTag {
  /** 0x8100 for a customer's tag, 0x88a8 for a provider's; 0x9100 and 0x9200 by vendors before 802.1ad. */
  readonly protocolId: number;
  readonly priority: number;
  readonly isDropEligible: boolean;
  /** 0 is a frame with a priority but no VLAN. */
  readonly vlan: number;
}

export type EthernetContent =
  | { readonly kind: "ether-type"; readonly etherType: number }
  /** `control` has two bytes, the upper one the second on the wire, unless its lower two bits are set. */
  | { readonly kind: "llc"; readonly targetSap: number; readonly sourceSap: number; readonly control: number }
  | { readonly kind: "snap"; readonly organization: number; readonly protocolId: number };

export interface EthernetHeader {
  readonly kind: "ethernet";
  readonly target: string;
  readonly source: string;
  /** The outermost first; empty for an untagged frame. */
  readonly tags: readonly VlanTag[];
  readonly content: EthernetContent;
  /** How many bytes the length field of IEEE 802.3 promises beyond those that are there. */
  readonly missingBytes: number;
}

const tagProtocols: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100, 0x9200]);
const snapSap = 0xaa;
/** What every message without a connection has (ISO/IEC 8802-2, clause 5.4.1.1): nothing that is read here comes otherwise. */
export const unnumberedInformation = 3;

export function decodeEthernet(frame: Uint8Array): Carried<EthernetHeader> | PacketError {
  return decoding(frame, "ethernet", (cursor) => {
    const target = cursor.mac("target");
    const source = cursor.mac("source");
    const { tags, typeOrLength } = readTags(cursor, cursor.u16("type"));
    const outer = { kind: "ethernet", target, source, tags } as const;
    if (typeOrLength >= MIN_ETHER_TYPE) {
      const content = { kind: "ether-type", etherType: typeOrLength } as const;
      return { header: { ...outer, content, missingBytes: 0 }, payload: cursor.rest() };
    }
    if (typeOrLength > MAX_LENGTH_FIELD) throw cursor.wrong("type", `${typeOrLength} is neither type nor length.`, 2);
    const missingBytes = Math.max(0, typeOrLength - cursor.remaining);
    const inner = cursor.part(typeOrLength - missingBytes, "payload");
    return { header: { ...outer, content: readLlc(inner), missingBytes }, payload: inner.rest() };
  });
}

/** `type` is what was read where a tag could begin. */
export function readTags(
  cursor: Cursor,
  type: number,
): { readonly tags: readonly VlanTag[]; readonly typeOrLength: number } {
  const tags: VlanTag[] = [];
  let typeOrLength = type;
  while (tagProtocols.has(typeOrLength)) {
    if (tags.length === MAX_VLAN_TAGS)
      throw cursor.wrong("tags", `more than ${MAX_VLAN_TAGS} tags.`, 2, "packets.overload");
    tags.push(tagOf(typeOrLength, cursor.u16("tag")));
    typeOrLength = cursor.u16("type");
  }
  return { tags, typeOrLength };
}

export interface EthernetSettings {
  readonly target: string;
  readonly source: string;
  readonly tags?: readonly VlanTag[];
  readonly content: EthernetContent;
}

/** Fills up to the shortest frame that Ethernet allows; a tag comes on top of it, as switches and QEMU do it. */
export function encodeEthernet(settings: EthernetSettings, payload: Uint8Array): Uint8Array {
  const writer = new ByteWriter("ethernet").mac(settings.target, "target").mac(settings.source, "source");
  const tags = settings.tags ?? [];
  for (const tag of tags) {
    const low = tag.priority * 0x2000 + (tag.isDropEligible ? 0x1000 : 0) + tag.vlan;
    writer.u16(tag.protocolId, "tag protocol").u16(tag.vlan > 0xfff ? -1 : low, "tag");
  }
  writeContent(writer, settings.content, payload.length);
  writer.raw(payload);
  return writer.zeros(Math.max(0, MIN_FRAME_BYTES + 4 * tags.length - writer.length)).finish();
}

/** A plain 802.1Q tag of a VLAN that a port can be a member of. */
export function vlanTag(vlan: number, priority = 0): VlanTag {
  if (!Number.isInteger(vlan) || vlan < MIN_VLAN || vlan > MAX_VLAN) {
    const place = { protocol: "ethernet", field: "VLAN", offset: 0 };
    throw new PacketError("packets.refused", place, `${vlan} is not between ${MIN_VLAN} and ${MAX_VLAN}.`);
  }
  return { protocolId: 0x8100, priority, isDropEligible: false, vlan };
}

function tagOf(protocolId: number, bits: number): VlanTag {
  return { protocolId, priority: bits >> 13, isDropEligible: (bits & 0x1000) !== 0, vlan: bits & 0xfff };
}

export function readLlc(cursor: Cursor): EthernetContent {
  const targetSap = cursor.u8("target SAP");
  const sourceSap = cursor.u8("source SAP");
  const first = cursor.u8("control");
  const control = isUnnumbered(first) ? first : first + cursor.u8("control") * 256;
  if (targetSap !== snapSap || sourceSap !== snapSap || control !== unnumberedInformation)
    return { kind: "llc", targetSap, sourceSap, control };
  return { kind: "snap", organization: cursor.u24("organization"), protocolId: cursor.u16("protocol") };
}

/** By the first byte of control: unnumbered frames have one, the others a second, which is the upper (clause 5.2). */
function isUnnumbered(control: number): boolean {
  return control <= 0xff && (control & 3) === 3;
}

function writeContent(writer: ByteWriter, content: EthernetContent, payloadBytes: number): void {
  switch (content.kind) {
    case "ether-type":
      writer.u16(content.etherType < MIN_ETHER_TYPE ? -1 : content.etherType, "type");
      return;
    case "llc":
      writer
        .u16(payloadBytes + 2 + (isUnnumbered(content.control) ? 1 : 2), "length")
        .u8(content.targetSap, "target SAP")
        .u8(content.sourceSap, "source SAP");
      if (isUnnumbered(content.control)) writer.u8(content.control, "control");
      else
        writer
          .u8(isUnnumbered(content.control & 0xff) ? -1 : content.control & 0xff, "control")
          .u8(content.control >> 8, "control");
      return;
    case "snap":
      writer
        .u16(payloadBytes + 8, "length")
        .u8(snapSap, "target SAP")
        .u8(snapSap, "source SAP")
        .u8(unnumberedInformation, "control");
      writer.u24(content.organization, "organization").u16(content.protocolId, "protocol");
  }
}
