/** The header of VXLAN (RFC 7348, section 5): which virtual network the frame after it belongs to. */
import type { PacketError } from "../errors.ts";
import type { Carried } from "../wire/carried.ts";
import { decoding } from "../wire/cursor.ts";

export interface VxlanHeader {
  readonly kind: "vxlan";
  /** `undefined` when the sender did not set the flag that makes it valid. */
  readonly networkId: number | undefined;
}

const validFlag = 0x08;

export function decodeVxlan(bytes: Uint8Array): Carried<VxlanHeader> | PacketError {
  return decoding(bytes, "vxlan", (cursor) => {
    const flags = cursor.u8("flags");
    cursor.skip(3, "reserved");
    const networkId = cursor.u24("network identifier");
    cursor.skip(1, "reserved");
    const header = { kind: "vxlan", networkId: (flags & validFlag) === 0 ? undefined : networkId } as const;
    return { header, payload: cursor.rest() };
  });
}
