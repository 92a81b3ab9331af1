/**
 * Sound packets made hostile, the same way for the same seed: bytes and bits changed, lengths that lie, pieces taken out,
 * spliced in from another packet or repeated until lists do not seem to end, and ends cut off.
 */
import { MAX_CHANGES, MAX_LOOP_BYTES, MAX_PACKET_BYTES, MAX_PIECE_BYTES } from "../limits.ts";
import type { Draw } from "./draw.ts";
import { setTrueLengths } from "./true-lengths.ts";

/** Where bounds lie: of counts, lengths, flags and versions. */
const edges = [0, 1, 2, 3, 4, 5, 7, 8, 0x0f, 0x7f, 0x80, 0xf0, 0xfe, 0xff];
const wideEdges = [0, 1, 3, 4, 0xff, 0x100, 0x1ff, 0x7fff, 0x8000, 0xfffe, 0xffff];

/** One loop in so many is as large as a packet can be, the others as a large frame: the former take long to look at. */
const hugeOneIn = 64;

/** Changes `bytes` in place, or gives others in their stead. */
type Change = (bytes: Uint8Array, at: number, draw: Draw, others: readonly Uint8Array[]) => Uint8Array;

const setByte: Change = (bytes, at, draw) => {
  bytes[at] = draw(256);
  return bytes;
};

const setEdge: Change = (bytes, at, draw) => {
  bytes[at] = edges[draw(edges.length)] ?? 0;
  return bytes;
};

const flipBit: Change = (bytes, at, draw) => {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << draw(8));
  return bytes;
};

/** A length, count or offset of two bytes at its edge, or just beside what is really left. */
const setLength: Change = (bytes, at, draw) => {
  const left = bytes.length - at - 2;
  const value = draw(2) === 0 ? (wideEdges[draw(wideEdges.length)] ?? 0) : Math.max(0, left + draw(3) - 1);
  bytes[at] = value >> 8;
  if (at + 1 < bytes.length) bytes[at + 1] = value;
  return bytes;
};

const takeOut: Change = (bytes, at, draw) => {
  const end = Math.min(bytes.length, at + 1 + draw(MAX_PIECE_BYTES));
  return bytes.copyWithin(at, end).subarray(0, bytes.length - (end - at));
};

const repeat: Change = (bytes, at, draw) => {
  const piece = bytes.subarray(at, at + 1 + draw(MAX_PIECE_BYTES));
  return joined([bytes.subarray(0, at), piece, bytes.subarray(at)]);
};

/** A piece of a few bytes, perhaps a whole TLV, over and over. */
const loop: Change = (bytes, at, draw) => {
  const piece = bytes.subarray(at, at + 1 + draw(MAX_PIECE_BYTES));
  const room = (draw(hugeOneIn) === 0 ? MAX_PACKET_BYTES : MAX_LOOP_BYTES) - bytes.length;
  const copies = Math.floor(draw(Math.max(1, room)) / piece.length);
  return joined([bytes.subarray(0, at), ...Array.from({ length: copies }, () => piece), bytes.subarray(at)]);
};

/** The rest of this packet becomes a piece of another. */
const splice: Change = (bytes, at, draw, others) => {
  const other = others[draw(others.length)] ?? bytes;
  return joined([bytes.subarray(0, at), other.subarray(draw(other.length))]);
};

/** The more often a change is named, the more often it is made. */
const changes: readonly Change[] = [
  setByte,
  setByte,
  setByte,
  setByte,
  setEdge,
  setEdge,
  setEdge,
  flipBit,
  flipBit,
  setLength,
  setLength,
  takeOut,
  repeat,
  splice,
];
const loopOneIn = 128;

/** `others` are what pieces are taken from. @returns bytes of its own; `original` stays as it is. */
export function mutate(original: Uint8Array, others: readonly Uint8Array[], draw: Draw): Uint8Array {
  // Not slice: of Node's buffers that is no copy.
  let bytes: Uint8Array = new Uint8Array(original);
  for (let count = draw(MAX_CHANGES); count >= 0 && bytes.length > 0; count--) {
    const change = draw(loopOneIn) === 0 ? loop : (changes[draw(changes.length)] ?? setByte);
    bytes = change(bytes, draw(bytes.length), draw, others).subarray(0, MAX_PACKET_BYTES);
  }
  if (draw(4) === 0) bytes = bytes.subarray(0, draw(bytes.length + 1));
  // Half of the time outer lengths follow what became of the inside, or most changes in size would never be looked at.
  if (draw(2) === 0) setTrueLengths(bytes);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
