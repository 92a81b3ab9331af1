/** IP addresses as text: dotted decimal, and IPv6 as RFC 5952 wants it written. */

export function ipv4Text(bytes: Uint8Array): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
}

/** RFC 5952, section 4: lower case, no leading zeros, the first longest run of two or more zero groups as "::". */
export function ipv6Text(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0));
  const run = longestZeroRun(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return run.length < 2 ? hex(0, 8) : `${hex(0, run.start)}::${hex(run.start + run.length, 8)}`;
}

/** @returns undefined for what is no address. */
export function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (parts === null) return undefined;
  const bytes = new Uint8Array(4);
  for (let place = 0; place < 4; place++) {
    const part = Number(parts[place + 1]);
    if (part > 255) return undefined;
    bytes[place] = part;
  }
  return bytes;
}

/** Without the form that ends in dotted decimal. @returns undefined for what is no address. */
export function ipv6Bytes(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2 || !/^[0-9a-f:]+$/i.test(text)) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const zeros = 8 - head.length - tail.length;
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  const bytes = new Uint8Array(16);
  for (const [place, group] of groups.entries()) {
    if (group === "" || group.length > 4) return undefined;
    const value = Number.parseInt(group, 16);
    bytes[2 * place] = value >> 8;
    bytes[2 * place + 1] = value & 255;
  }
  return bytes;
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  });
  return best;
}
