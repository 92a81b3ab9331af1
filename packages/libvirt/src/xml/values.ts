/** Values as libvirt writes them in XML: numbers, yes/no, memory with a unit. */
import { attribute, textOf } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { XmlError } from "./xml-error.ts";

/** libvirt, formatdomain, "Memory Allocation": the unit is KiB unless written; KB, MB… are powers of ten. */
const bytesPerUnit: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["bytes", 1],
  ["KB", 1e3],
  ["k", 2 ** 10],
  ["KiB", 2 ** 10],
  ["MB", 1e6],
  ["M", 2 ** 20],
  ["MiB", 2 ** 20],
  ["GB", 1e9],
  ["G", 2 ** 30],
  ["GiB", 2 ** 30],
  ["TB", 1e12],
  ["T", 2 ** 40],
  ["TiB", 2 ** 40],
]);

export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new XmlError(`The document has no ${what}.`);
  return value;
}

export function integerOf(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined;
  const value = /^[+-]?(?:\d{1,16}|0x[0-9a-fA-F]{1,13})$/u.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value))
    throw new XmlError(`${what} is ${JSON.stringify(text)}, which is not a whole number.`);
  return value;
}

export function memoryMiBOf(of: XmlElement | undefined): number | undefined {
  const amount = integerOf(textOf(of), `The amount of <${of?.name ?? ""}>`);
  if (amount === undefined) return undefined;
  const unit = attribute(of, "unit") ?? "KiB";
  const bytes = bytesPerUnit.get(unit);
  if (bytes === undefined || amount < 0)
    throw new XmlError(`<${of?.name ?? ""}> has ${amount} ${JSON.stringify(unit)}, which is no memory.`);
  return (amount * bytes) / 2 ** 20;
}

export function isYes(text: string | undefined): boolean {
  return text === "yes" || text === "on";
}

/** An object without the members that are undefined, for optional properties. */
export function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  const member: Partial<Record<K, V>> = {};
  if (value !== undefined) member[key] = value;
  return member;
}
