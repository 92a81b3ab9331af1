/** Lengths of the outer headers set to what is there, so that what lies inside is looked at to its end. */
import { MAX_LENGTH_FIELD, MAX_VLAN_TAGS, MIN_ETHER_TYPE } from "../limits.ts";

const tagTypes: ReadonlySet<number> = new Set([0x8100, 0x88a8]);
const addressBytes = 12;
const ipv4Type = 0x0800;
const ipv6Type = 0x86dd;
const ipv6HeaderBytes = 40;
const udpProtocol = 17;

/** In place. What is no frame, or has no such headers, stays as it is. */
export function setTrueLengths(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const has = (end: number): boolean => end <= bytes.length;
  let at = addressBytes;
  for (let tags = 0; tags < MAX_VLAN_TAGS && has(at + 2) && tagTypes.has(view.getUint16(at)); tags++) at += 4;
  if (!has(at + 2)) return;
  const type = view.getUint16(at);
  const inside = at + 2;
  const length = Math.min(bytes.length - inside, 0xffff);
  if (type < MIN_ETHER_TYPE) view.setUint16(at, Math.min(length, MAX_LENGTH_FIELD));
  else if (type === ipv4Type && has(inside + 20)) {
    view.setUint16(inside + 2, length);
    const headerBytes = (view.getUint8(inside) & 15) * 4;
    if (view.getUint8(inside + 9) === udpProtocol) setUdpLength(view, inside + headerBytes);
  } else if (type === ipv6Type && has(inside + ipv6HeaderBytes)) {
    view.setUint16(inside + 4, Math.min(bytes.length - inside - ipv6HeaderBytes, 0xffff));
    if (view.getUint8(inside + 6) === udpProtocol) setUdpLength(view, inside + ipv6HeaderBytes);
  }
}

function setUdpLength(view: DataView, at: number): void {
  if (at + 6 <= view.byteLength) view.setUint16(at + 4, Math.min(view.byteLength - at, 0xffff));
}
