/**
 * HELLO and the choice of a version (sections 6.3.1 and 7.5.1). Both sides say their highest version in the header and,
 * since 1.3.1, all of them in a bitmap; without a bitmap the smaller of the two headers' versions is taken.
 */
import { OPENFLOW_13 } from "./message.ts";
import type { Message } from "./message.ts";

/** One element: a bitmap (type 1) of 8 bytes with bit 4 set. */
export const helloBody: Uint8Array = Uint8Array.of(0, 1, 0, 8, 0, 0, 0, 1 << OPENFLOW_13);

/** OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE (section 7.4.4): what a side says before it goes. */
export const incompatibleBody: Uint8Array = Uint8Array.of(0, 0, 0, 0);

const bitmapElement = 1;
const elementHeaderBytes = 4;

/** Whether a peer that greets like this speaks 1.3 with somebody who speaks nothing else. */
export function speaksOpenFlow13(hello: Message): boolean {
  const versions = versionBitmap(hello.body);
  // Only the first word of the bitmap can hold bit 4.
  return versions === undefined ? hello.version >= OPENFLOW_13 : (versions & (1 << OPENFLOW_13)) !== 0;
}

/** Elements that make no sense are passed over like unknown ones: before 1.3.1 the body of HELLO meant nothing. */
function versionBitmap(body: Buffer): number | undefined {
  let offset = 0;
  while (offset + elementHeaderBytes <= body.length) {
    const type = body.readUInt16BE(offset);
    const length = body.readUInt16BE(offset + 2);
    if (length < elementHeaderBytes || offset + length > body.length) return undefined;
    if (type === bitmapElement && length >= elementHeaderBytes + 4)
      return body.readUInt32BE(offset + elementHeaderBytes);
    offset += Math.ceil(length / 8) * 8;
  }
  return undefined;
}
