/**
 * The little arithmetic on IPv4 and IPv6 addresses that a fabric needs: is an address inside a subnet, do two subnets
 * overlap, are two spellings the same address.
 *
 * An address is kept as its bits, written with 0 and 1: a subnet contains an address when its bits begin it, and sorting
 * the texts puts every subnet right before what lies inside. Both families are alike that way, without big integers.
 */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 32 or 128 characters, each 0 or 1. */
  readonly bits: string;
}

export interface IpPrefix {
  /** As it was written, bits of the host included. */
  readonly address: IpAddress;
  readonly length: number;
}

/** @returns undefined for what is no address. A zone (`%eth0`) or a leading zero in a decimal part is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const words = text.includes(":") ? wordsOfIpv6(text) : undefined;
  if (words !== undefined) return { family: 6, bits: words.map((word) => binary(word, 16)).join("") };
  const octets = octetsOf(text);
  return octets === undefined ? undefined : { family: 4, bits: octets.map((octet) => binary(octet, 8)).join("") };
}

/** @param text CIDR notation such as 10.1.10.2/24. The bits behind the prefix may be set: see `hasHostBits`. */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const [, written = "", digits = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = parseIpAddress(written);
  const length = Number(digits);
  return address === undefined || length > address.bits.length ? undefined : { address, length };
}

/** The one spelling that equal addresses share: for IPv6 that of RFC 5952, section 4. */
export function formatIpAddress({ family, bits }: IpAddress): string {
  if (family === 4) return chunks(bits, 8).join(".");
  const words = chunks(bits, 16).map((word) => word.toString(16));
  const zeros = longestZeros(words);
  if (zeros.count < 2) return words.join(":");
  return `${words.slice(0, zeros.at).join(":")}::${words.slice(zeros.at + zeros.count).join(":")}`;
}

export function formatIpPrefix({ address, length }: IpPrefix): string {
  return `${formatIpAddress(address)}/${length}`;
}

/** The same prefix with nothing behind it: 10.1.10.2/24 becomes 10.1.10.0/24. */
export function networkOf({ address, length }: IpPrefix): IpPrefix {
  const bits = networkBits({ address, length }).padEnd(address.bits.length, "0");
  return { address: { family: address.family, bits }, length };
}

export function hasHostBits({ address, length }: IpPrefix): boolean {
  return address.bits.includes("1", length);
}

export function isInPrefix(address: IpAddress, prefix: IpPrefix): boolean {
  return address.family === prefix.address.family && address.bits.startsWith(networkBits(prefix));
}

/** The bits that all addresses of the network share; prefixes of one family overlap when one's begin the other's. */
export function networkBits({ address, length }: IpPrefix): string {
  return address.bits.slice(0, length);
}

function octetsOf(text: string): readonly number[] | undefined {
  const parts = text.split(".");
  const isFine = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return isFine ? parts.map(Number) : undefined;
}

function wordsOfIpv6(text: string): readonly number[] | undefined {
  const [left = "", right, ...more] = text.split("::");
  const head = wordsOf(left, right === undefined);
  const tail = right === undefined ? [] : wordsOf(right, true);
  if (more.length > 0 || head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  // A double colon stands for at least one word.
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** @param isLast the last of them may be an IPv4 address, which makes two words (RFC 4291, section 2.2). */
function wordsOf(text: string, isLast: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const words: number[] = [];
  for (const [index, part] of parts.entries()) {
    const octets = isLast && index === parts.length - 1 && part.includes(".") ? octetsOf(part) : undefined;
    if (octets !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = octets;
      words.push(a * 256 + b, c * 256 + d);
    } else if (/^[\da-f]{1,4}$/i.test(part)) words.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return words;
}

/** The first of the longest runs of zero words. */
function longestZeros(words: readonly string[]): { readonly at: number; readonly count: number } {
  let best = { at: 0, count: 0 };
  for (let at = 0; at < words.length; at += 1) {
    let count = 0;
    while (words[at + count] === "0") count += 1;
    if (count > best.count) best = { at, count };
  }
  return best;
}

function chunks(bits: string, size: number): readonly number[] {
  return Array.from({ length: bits.length / size }, (_, index) =>
    Number.parseInt(bits.slice(index * size, (index + 1) * size), 2),
  );
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, "0");
