/** Text of packets. It is UTF-8 by most specifications and anything in practice: what is not becomes U+FFFD. */

/** Up to the zeros that end or fill the field. */
export function textOf(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, end));
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Two digits for every byte. */
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hexOf(bytes: Uint8Array, separator = ""): string {
  return Array.from(bytes, (byte) => hexPairs[byte]).join(separator);
}
