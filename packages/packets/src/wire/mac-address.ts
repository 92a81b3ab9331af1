/** Ethernet addresses as text: six pairs of lower-case hex digits with colons. */
import { hexOf } from "./text.ts";

export function macText(bytes: Uint8Array): string {
  return hexOf(bytes, ":");
}

/** @returns undefined for what is no address. */
export function macBytes(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(":"), (pair) => Number.parseInt(pair, 16));
}
