/**
 * What Linux hands over instead of an Ethernet header when all interfaces are captured at once (`tcpdump -i any`): link types
 * LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 of tcpdump.org. The target address is not in it.
 */
import type { PacketError } from "../errors.ts";
import type { Carried } from "../wire/carried.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import { readLlc, readTags } from "./ethernet.ts";
import type { EthernetContent, VlanTag } from "./ethernet.ts";

export interface LinuxCookedHeader {
  readonly kind: "linux-cooked";
  readonly version: 1 | 2;
  /** Empty for an interface without addresses. */
  readonly source: string;
  readonly isOutgoing: boolean;
  /** Number of the interface; version 1 does not say. */
  readonly interfaceIndex: number | undefined;
  readonly tags: readonly VlanTag[];
  readonly content: EthernetContent;
}

/** LINUX_SLL_P_802_2: an LLC header follows; and LINUX_SLL_OUTGOING. */
const llcProtocol = 4;
const outgoing = 4;
const addressBytes = 8;

export function decodeLinuxCooked(bytes: Uint8Array, version: 1 | 2): Carried<LinuxCookedHeader> | PacketError {
  return decoding(bytes, "linux-cooked", (cursor) => {
    const { protocol, isOutgoing, interfaceIndex, source } = version === 1 ? readV1(cursor) : readV2(cursor);
    const { tags, typeOrLength } = readTags(cursor, protocol);
    const content: EthernetContent =
      typeOrLength === llcProtocol ? readLlc(cursor) : { kind: "ether-type", etherType: typeOrLength };
    const header = { kind: "linux-cooked", version, source, isOutgoing, interfaceIndex, tags, content } as const;
    return { header, payload: cursor.rest() };
  });
}

type Fields = Pick<LinuxCookedHeader, "source" | "isOutgoing" | "interfaceIndex"> & { readonly protocol: number };

function readV1(cursor: Cursor): Fields {
  const isOutgoing = cursor.u16("packet type") === outgoing;
  cursor.skip(2, "hardware type");
  const source = readAddress(cursor, cursor.u16("address length"));
  return { source, isOutgoing, interfaceIndex: undefined, protocol: cursor.u16("protocol") };
}

function readV2(cursor: Cursor): Fields {
  const protocol = cursor.u16("protocol");
  cursor.skip(2, "reserved");
  const interfaceIndex = cursor.u32("interface");
  cursor.skip(2, "hardware type");
  const isOutgoing = cursor.u8("packet type") === outgoing;
  return { source: readAddress(cursor, cursor.u8("address length")), isOutgoing, interfaceIndex, protocol };
}

/** Longer addresses than the field are cut off by the kernel. */
function readAddress(cursor: Cursor, length: number): string {
  return hexOf(cursor.bytes(addressBytes, "address").subarray(0, length), ":");
}
