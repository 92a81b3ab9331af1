/** Ethernet addresses as text: six pairs of lower-case hex digits with colons. */
import { hexOf } from "./text.ts";

export function macText(bytes: Uint8Array): string {
  return hexOf(bytes, ":");
}

/** @returns undefined for what is no address. */
export function macBytes(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  const bytes = new Uint8Array(6);
  for (let place = 0; place < 6; place++) bytes[place] = Number.parseInt(text.slice(3 * place, 3 * place + 2), 16);
  return bytes;
}
