/**
 * Match fields in OXM form (section 7.2.3): a 32-bit head of class, field, mask bit and length, then the value. No field
 * here asks for another one before it (section 7.2.3.6), so they go in the order of their numbers.
 */
import type { FlowMatch } from "../flows/flow.ts";
import { wirePortOf } from "./ports.ts";

/** `enum oxm_ofb_match_fields`, class OFPXMC_OPENFLOW_BASIC. */
const oxmField = { inPort: 0, destinationMac: 3, sourceMac: 4, etherType: 5, vlan: 6 } as const;
const basicClass = 0x8000;

/** OFPVID_PRESENT: set in every VLAN that a frame is tagged with; all zeros, OFPVID_NONE, is "no tag" (section 7.2.3.7). */
const vlanIsPresent = 0x1000;

/** The only form of a match since 1.2, OFPMT_OXM. */
const oxmMatch = 1;
const matchHeaderBytes = 4;

export function encodeMatch(match: FlowMatch): Buffer {
  const { inPort, destinationMac, sourceMac, etherType, vlan } = match;
  const fields: Buffer[] = [];
  if (inPort !== undefined) fields.push(oxm(oxmField.inPort, uint32(wirePortOf(inPort))));
  if (destinationMac !== undefined) fields.push(oxm(oxmField.destinationMac, macBytes(destinationMac)));
  if (sourceMac !== undefined) fields.push(oxm(oxmField.sourceMac, macBytes(sourceMac)));
  if (etherType !== undefined) fields.push(oxm(oxmField.etherType, uint16(etherType)));
  if (vlan !== undefined) fields.push(vlan === "untagged" ? oxm(oxmField.vlan, uint16(0)) : encodeVlan(vlan));
  const list = Buffer.concat(fields);
  // The length leaves the padding out, but the next structure begins on a multiple of 8.
  return padded(Buffer.concat([uint16(oxmMatch), uint16(matchHeaderBytes + list.length), list]));
}

/** The VLAN of a tagged frame: to match it, and to set it in a new tag. */
export function encodeVlan(vlan: number): Buffer {
  return oxm(oxmField.vlan, uint16(vlan | vlanIsPresent));
}

export function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], Math.ceil(bytes.length / 8) * 8);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function oxm(field: number, value: Buffer): Buffer {
  return Buffer.concat([uint16(basicClass), Buffer.of(field << 1, value.length), value]);
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}
