/** Text of packets. It is UTF-8 by most specifications and anything in practice: what is not becomes U+FFFD. */

/** Holds nothing from one call to the next: only a decoder of streams would. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Up to the first zero: what comes after it in a field of fixed width is zeros by most senders, and leftovers by some. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

export function textBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Two digits for every byte. */
const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Put together piece by piece: a list in between costs several times as much, and every frame has addresses. */
export function hexOf(bytes: Uint8Array, separator = ""): string {
  if (separator === "" && bytes.length > shortBytes) return longHexOf(bytes);
  let text = hexPairs[bytes[0] ?? -1] ?? "";
  for (let at = 1; at < bytes.length; at++) text += separator + (hexPairs[bytes[at] ?? 0] ?? "");
  return text;
}

const shortBytes = 64;
const digits = textBytes("0123456789abcdef");

/** For values as long as a packet, whose text would be put together of a hundred thousand pieces. */
function longHexOf(bytes: Uint8Array): string {
  const text = new Uint8Array(2 * bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    text[2 * at] = digits[byte >> 4] ?? 0;
    text[2 * at + 1] = digits[byte & 15] ?? 0;
  }
  return utf8.decode(text);
}
