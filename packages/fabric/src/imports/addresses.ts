/** Addresses as imports and observations find them: with or without a length, MAC addresses in any notation. */
import { vlanMax } from "../fix/vlan-sets.ts";

interface Parsed {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** `10.1.10.2/24` without its length. */
export function bareAddress(address: string): string {
  return address.split("/", 1)[0] ?? address;
}

/** `10.1.10.0/24` of `10.1.10.2/24`; undefined for anything else. */
export function networkOf(address: string): string | undefined {
  const parsed = parse(bareAddress(address));
  const length = lengthOf(address);
  if (parsed === undefined || length === undefined) return undefined;
  const bits = widthOf(parsed.family);
  if (length > bits) return undefined;
  const shift = BigInt(bits - length);
  return `${written({ family: parsed.family, value: (parsed.value >> shift) << shift })}/${length}`;
}

/** Whether the address lies in the subnet; false where either cannot be read. */
export function isInSubnet(address: string, subnet: string): boolean {
  const length = lengthOf(subnet);
  const left = parse(bareAddress(address));
  const right = parse(bareAddress(subnet));
  if (left === undefined || right === undefined || length === undefined || left.family !== right.family) return false;
  const bits = widthOf(left.family);
  if (length > bits) return false;
  const shift = BigInt(bits - length);
  return left.value >> shift === right.value >> shift;
}

/** The same address, however it is written. */
export function isSameAddress(left: string, right: string): boolean {
  const [first, second] = [bareAddress(left), bareAddress(right)];
  if (first === second) return true;
  const [a, b] = [parse(first), parse(second)];
  return a !== undefined && b !== undefined && a.family === b.family && a.value === b.value;
}

/** `02:00:ca:fe:00:ff` of `0200.cafe.00ff`, `02-00-CA-FE-00-FF` and the like; undefined for anything else. */
export function macText(text: string): string | undefined {
  const digits = text.replaceAll(/[.:-]/g, "").toLowerCase();
  return /^[0-9a-f]{12}$/.test(digits) ? digits.replaceAll(/(..)(?=.)/g, "$1:") : undefined;
}

/** Orders IPv4 and IPv6 addresses by their value, as elections of gateways do; unreadable ones come first. */
export function addressOrder(left: string, right: string): number {
  const [a, b] = [parse(bareAddress(left))?.value ?? -1n, parse(bareAddress(right))?.value ?? -1n];
  return a < b ? -1 : a > b ? 1 : 0;
}

export function isVlan(vlan: number): boolean {
  return Number.isInteger(vlan) && vlan >= 1 && vlan <= vlanMax;
}

function lengthOf(address: string): number | undefined {
  const text = /\/(\d{1,3})$/.exec(address)?.[1];
  return text === undefined ? undefined : Number(text);
}

const widthOf = (family: 4 | 6): number => (family === 4 ? 32 : 128);

function parse(address: string): Parsed | undefined {
  return address.includes(":") ? parseV6(address) : parseV4(address);
}

function parseV4(address: string): Parsed | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return { family: 4, value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
}

/** RFC 4291, section 2.2, without the form that ends in an IPv4 address. */
function parseV6(address: string): Parsed | undefined {
  const halves = address.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...tail];
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { family: 6, value: groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n) };
}

function written({ family, value }: Parsed): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 0xffffn);
  const text = groups.map((group) => group.toString(16)).join(":");
  // Networks end in zeros: shortening the last run is all that RFC 5952 asks of them.
  return text.replace(/(?::0){2,}$/, "::").replace(/^0::$/, "::");
}
