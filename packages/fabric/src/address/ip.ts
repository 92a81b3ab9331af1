/**
 * IPv4 and IPv6 addresses and prefixes as values: parse, compare, mask. RFC 4291, 2.2 for the text of IPv6.
 *
 * An address is a list of 16-bit words, two or eight of them, most significant first. Texts that are no address give
 * undefined; nothing here throws. An IPv4 address written as IPv6 (::ffff:10.0.0.1) stays IPv6.
 */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly words: readonly number[];
}

/** A block of addresses; the bits behind `length` are zero. */
export interface IpPrefix {
  readonly network: IpAddress;
  readonly length: number;
}

export function parseAddress(text: string): IpAddress | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** Reads `10.1.10.0/24` and also `10.1.10.2/24`, whose block is the same. Without a length it is the address alone. */
export function parsePrefix(text: string): IpPrefix | undefined {
  const [addressText = "", lengthText, ...rest] = text.split("/");
  const address = parseAddress(addressText);
  if (address === undefined || rest.length > 0) return undefined;
  const bits = bitsOf(address);
  if (lengthText === undefined) return { network: address, length: bits };
  const length = /^\d{1,3}$/.test(lengthText) ? Number(lengthText) : Number.NaN;
  return length <= bits ? { network: masked(address, length), length } : undefined;
}

/** The address of `10.1.10.2/24` without its length. */
export function parseInterfaceAddress(text: string): IpAddress | undefined {
  return parsePrefix(text) === undefined ? undefined : parseAddress(text.split("/")[0] ?? "");
}

export function prefixContains(prefix: IpPrefix, address: IpAddress): boolean {
  return (
    prefix.network.version === address.version && compareAddresses(masked(address, prefix.length), prefix.network) === 0
  );
}

/** The block of the given length that the address is in. */
export function prefixOf(address: IpAddress, length: number): IpPrefix {
  const inRange = Math.max(0, Math.min(length, bitsOf(address)));
  return { network: masked(address, inRange), length: inRange };
}

/** By number, IPv4 before IPv6. Elections between routers are decided by it (RFC 9568, 6.4.3). */
export function compareAddresses(left: IpAddress, right: IpAddress): number {
  if (left.version !== right.version) return left.version - right.version;
  for (const [index, word] of left.words.entries()) {
    const difference = word - (right.words[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Equal for equal addresses, however they were written: for keys of maps, not for people. */
export const addressKey = (address: IpAddress): string => `${address.version}:${address.words.join(",")}`;

export const prefixKey = (prefix: IpPrefix): string => `${addressKey(prefix.network)}/${prefix.length}`;

const bitsOf = (address: IpAddress): number => (address.version === 4 ? 32 : 128);

function masked(address: IpAddress, length: number): IpAddress {
  const words = address.words.map((word, index) => {
    const kept = Math.max(0, Math.min(16, length - index * 16));
    return word & (0xffff << (16 - kept)) & 0xffff;
  });
  return { version: address.version, words };
}

function parseIpv4(text: string): IpAddress | undefined {
  const octets = octetsOf(text);
  if (octets === undefined) return undefined;
  const [a, b, c, d] = octets;
  return { version: 4, words: [a * 256 + b, c * 256 + d] };
}

function octetsOf(text: string): readonly [number, number, number, number] | undefined {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (match === null) return undefined;
  const [a, b, c, d] = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])];
  return Math.max(a, b, c, d) <= 255 ? [a, b, c, d] : undefined;
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const before = groupsOf(head, tail === undefined);
  const after = tail === undefined ? [] : groupsOf(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  // "::" stands for at least one group (RFC 4291, 2.2); without it, all eight are there.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return { version: 6, words: [...before, ...Array.from({ length: missing }, () => 0), ...after] };
}

/** The groups of one side of "::"; the last one of an address may be written as IPv4. */
function groupsOf(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const octets = isLast && index === parts.length - 1 ? octetsOf(part) : undefined;
    if (octets !== undefined) groups.push(octets[0] * 256 + octets[1], octets[2] * 256 + octets[3]);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}
