/**
 * Rates and times as people write them: 10G, 250M, 1.5ms, 50us. Rates count in decimal multiples, as the speeds of
 * IEEE 802.3 do; a plain number is bits per second or microseconds.
 */
import { nearestOf } from "./nearest.ts";

export type Measured =
  | { readonly kind: "value"; readonly value: number }
  | { readonly kind: "wrong"; readonly hint: string };

/** Powers of ten of bits per second. */
const rateUnits: Readonly<Record<string, number>> = { "": 0, k: 3, K: 3, M: 6, G: 9, T: 12 };

/** Powers of ten of microseconds. Both Greek letters that look like a micro sign are one. */
const timeUnits: Readonly<Record<string, number>> = { ns: -3, us: 0, µs: 0, μs: 0, ms: 3, s: 6 };

const rateHint = "Write it with k, M, G or T such as 10G or 2.5G, or as a plain number of bits per second";
const timeHint = "Write it with ns, us, ms or s such as 50us or 1.5ms, or as a plain number of microseconds";

/** @param written a number of bits per second, or a text such as 10G, 10Gbps or "10 Gbit/s". */
export function parseRate(written: string | number): Measured {
  if (typeof written === "number") return plain(written, rateHint);
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?(\w*?)(?:bit\/s|bps|b\/s)?$/.exec(written) ?? [];
  const power = rateUnits[unit];
  if (number !== "" && power !== undefined) return { kind: "value", value: scaled(number, power) };
  if (/^[\d.]+ ?[kKMGT]i?B/.test(written)) return { kind: "wrong", hint: `${rateHint}; bytes are not a unit of rates` };
  return { kind: "wrong", hint: meant(number, unit, Object.keys(rateUnits), rateHint) };
}

/** @param written a number of microseconds, or a text such as 50us or 1.5ms. */
export function parseTimeUs(written: string | number): Measured {
  if (typeof written === "number") return plain(written, timeHint);
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?) ?(\p{L}+)$/u.exec(written) ?? [];
  const power = timeUnits[unit];
  if (number !== "" && power !== undefined) return { kind: "value", value: scaled(number, power) };
  return { kind: "wrong", hint: meant(number, unit, Object.keys(timeUnits), timeHint) };
}

/** A text that parseRate() reads as the same number, with at most two decimals; the number itself where no unit fits. */
export function formatRate(bps: number): string | number {
  const unit = ["T", "G", "M", "k"].find((unit) => hasTwoDecimals(bps, rateUnits[unit] ?? 0));
  return unit === undefined ? bps : confirmed(`${bps / 10 ** (rateUnits[unit] ?? 0)}${unit}`, bps, parseRate);
}

/** As formatRate(), for microseconds. */
export function formatTimeUs(us: number): string | number {
  const unit = ["s", "ms"].find((unit) => hasTwoDecimals(us, timeUnits[unit] ?? 0)) ?? "us";
  return confirmed(`${us / 10 ** (timeUnits[unit] ?? 0)}${unit}`, us, parseTimeUs);
}

function hasTwoDecimals(value: number, power: number): boolean {
  return value >= 10 ** power && value % 10 ** (power - 2) === 0;
}

function confirmed(text: string, value: number, parse: (text: string) => Measured): string | number {
  const read = parse(text);
  return read.kind === "value" && read.value === value ? text : value;
}

/** Shifts the decimal point in the text, so that 1.1 with the power 9 is exactly 1100000000. */
function scaled(number: string, power: number): number {
  return Number(`${number}e${power}`);
}

function plain(value: number, hint: string): Measured {
  return Number.isFinite(value) && value >= 0 ? { kind: "value", value } : { kind: "wrong", hint };
}

function meant(number: string, unit: string, units: readonly string[], hint: string): string {
  const nearest = number === "" || unit === "" ? undefined : nearestOf(unit, units);
  return nearest === undefined ? hint : `Did you mean ${number}${nearest}? ${hint}`;
}
