/** Lists of type, length and value, which half of these protocols are made of. */
import { MAX_TLVS } from "../limits.ts";
import type { Cursor } from "./cursor.ts";

export interface TlvLayout {
  /** Of the type, and of the length as well. */
  readonly fieldBytes: 1 | 2;
  /** Whether the length counts type and length too. */
  readonly countsHeader: boolean;
  /** Type 0 ends the list, whatever follows: a terminator, or the zeros that fill a frame up. */
  readonly endsAtZero?: boolean;
}

export interface Tlv {
  readonly type: number;
  readonly value: Cursor;
}

/** Up to the end of `cursor`; every round takes a header, so a list ends. */
export function* tlvs(cursor: Cursor, layout: TlvLayout): Generator<Tlv, void> {
  const { fieldBytes, countsHeader, endsAtZero = false } = layout;
  const field = (name: string): number => (fieldBytes === 1 ? cursor.u8(name) : cursor.u16(name));
  const counted = countsHeader ? 2 * fieldBytes : 0;
  for (let count = 0; cursor.remaining > 0; count++) {
    if (count === MAX_TLVS) throw cursor.wrong("TLVs", `more than ${MAX_TLVS}.`, 0, "packets.overload");
    const type = field("TLV type");
    if (endsAtZero && type === 0) return;
    const length = field("TLV length");
    if (length < counted) throw cursor.wrong("TLV length", `${length} does not even hold the header.`, fieldBytes);
    yield { type, value: cursor.part(length - counted, `TLV ${type}`) };
  }
}
