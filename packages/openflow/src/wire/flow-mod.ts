/** Bodies of the messages that change flows or send a frame: FLOW_MOD (section 7.3.4.1) and PACKET_OUT (section 7.3.7). */
import type { CookieFilter, Flow } from "../flows/flow.ts";
import { encodeActions, encodeInstructions } from "./actions.ts";
import { encodeMatch, uint16 } from "./match.ts";
import { wirePort } from "./ports.ts";

/** `enum ofp_flow_mod_command`. */
const command = { add: 0, delete: 3 } as const;
const allTables = 0xff;
const noBuffer = 0xffff_ffff;
const anyGroup = 0xffff_ffff;
export const allCookieBits = 0xffff_ffff_ffff_ffffn;
const flowModBytes = 40;
const packetOutBytes = 16;

export function encodeAddition(flow: Flow): Buffer {
  const head = Buffer.alloc(flowModBytes);
  head.writeBigUInt64BE(flow.cookie, 0);
  // Bytes 8 to 15, the mask of the cookie, count for other commands only.
  head.writeUInt8(flow.table ?? 0, 16);
  head.writeUInt8(command.add, 17);
  head.writeUInt16BE(flow.idleTimeoutS ?? 0, 18);
  head.writeUInt16BE(flow.hardTimeoutS ?? 0, 20);
  head.writeUInt16BE(flow.priority, 22);
  writeWildcards(head);
  return Buffer.concat([head, encodeMatch(flow.match), encodeInstructions(flow.actions)]);
}

export function encodeDeletion(filter: CookieFilter): Buffer {
  const head = Buffer.alloc(flowModBytes);
  head.writeBigUInt64BE(filter.cookie, 0);
  head.writeBigUInt64BE(filter.cookieMask ?? allCookieBits, 8);
  head.writeUInt8(allTables, 16);
  head.writeUInt8(command.delete, 17);
  writeWildcards(head);
  return Buffer.concat([head, encodeMatch({})]);
}

export function encodePacketOut(frame: Uint8Array, port: number): Buffer {
  const actions = encodeActions([{ kind: "output", port }]);
  const head = Buffer.alloc(packetOutBytes);
  head.writeUInt32BE(noBuffer, 0);
  head.writeUInt32BE(wirePort.controller, 4);
  head.set(uint16(actions.length), 8);
  return Buffer.concat([head, actions, frame]);
}

/** No buffered frame, and a deletion does not ask where the flows send to. Bytes 36 to 39 are flags (none) and padding. */
function writeWildcards(head: Buffer): void {
  head.writeUInt32BE(noBuffer, 24);
  head.writeUInt32BE(wirePort.none, 28);
  head.writeUInt32BE(anyGroup, 32);
}
