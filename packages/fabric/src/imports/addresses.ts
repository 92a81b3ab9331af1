/** Addresses as imports and observations find them: with or without a length, MAC addresses in any notation. */
import { compareAddresses, parseAddress, parsePrefix, prefixContains } from "../address/ip.ts";
import type { IpAddress } from "../address/ip.ts";
import { vlanMax, vlanMin } from "../fix/vlan-sets.ts";

/** `10.1.10.2/24` without its length. */
export function bareAddress(address: string): string {
  return address.split("/", 1)[0] ?? address;
}

/** `10.1.10.0/24` of `10.1.10.2/24`; undefined for anything else. */
export function networkOf(address: string): string | undefined {
  const prefix = parsePrefix(address);
  return prefix === undefined || !address.includes("/") ? undefined : `${written(prefix.network)}/${prefix.length}`;
}

/** Whether the address lies in the subnet; false where either cannot be read. */
export function isInSubnet(address: string, subnet: string): boolean {
  const [prefix, parsed] = [parsePrefix(subnet), parseAddress(bareAddress(address))];
  return prefix !== undefined && parsed !== undefined && prefixContains(prefix, parsed);
}

/** The same address, however it is written. */
export function isSameAddress(left: string, right: string): boolean {
  const [a, b] = [parseAddress(bareAddress(left)), parseAddress(bareAddress(right))];
  return a === undefined || b === undefined ? left === right : compareAddresses(a, b) === 0;
}

/** By number; what is no address comes first. */
export function addressOrder(left: string, right: string): number {
  const [a, b] = [parseAddress(bareAddress(left)), parseAddress(bareAddress(right))];
  if (a !== undefined && b !== undefined) return compareAddresses(a, b);
  return Number(a !== undefined) - Number(b !== undefined);
}

/** `02:00:ca:fe:00:ff` of `0200.cafe.00ff`, `02-00-CA-FE-00-FF` and the like; undefined for anything else. */
export function macText(text: string): string | undefined {
  const digits = text.replaceAll(/[.:-]/g, "").toLowerCase();
  return /^[0-9a-f]{12}$/.test(digits) ? digits.replaceAll(/(..)(?=.)/g, "$1:") : undefined;
}

export function isVlan(vlan: number): boolean {
  return Number.isInteger(vlan) && vlan >= vlanMin && vlan <= vlanMax;
}

/** Networks end in zeros: shortening the last run of groups is all that RFC 5952 asks of them. */
function written({ version, words }: IpAddress): string {
  if (version === 4) return words.flatMap((word) => [word >> 8, word & 0xff]).join(".");
  const text = words.map((word) => word.toString(16)).join(":");
  return text.replace(/(?::0){2,}$/, "::").replace(/^0::$/, "::");
}
