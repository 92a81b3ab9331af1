/** Text of packets. It is UTF-8 by most specifications and anything in practice: what is not becomes U+FFFD. */

/** Holds nothing from one call to the next: only a decoder of streams would. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Up to the zeros that end or fill the field. */
export function textOf(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return utf8.decode(bytes.subarray(0, end));
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Two digits for every byte. */
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Text is put together piece by piece: an array in between costs several times as much, and every frame has addresses. */
export function hexOf(bytes: Uint8Array, separator = ""): string {
  let text = "";
  for (const byte of bytes) text += text === "" ? hexPairs[byte] : separator + hexPairs[byte];
  return text;
}
