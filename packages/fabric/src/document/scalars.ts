/**
 * The single values of a document, each as it is written and as the fabric has it: a rate is written 10G and is a number
 * of bits per second. Every refusal says what would be right.
 */
import { z } from "zod";
import { formatAddress, formatPrefix } from "../address/format.ts";
import { addressKey, parseAddress, parsePrefix } from "../address/ip.ts";
import type { IpAddress, IpPrefix } from "../address/ip.ts";
import type { Tri } from "../fabric.ts";
import { lesson, notA, quoted } from "./lesson.ts";
import { didYouMean } from "./nearest.ts";
import { parseRate, parseTimeUs } from "./units.ts";
import type { Measured } from "./units.ts";

type Refused = { readonly input?: unknown };

/** A text that was written without quotes and became something else deserves another hint than a list does. */
function textHint(input: unknown, hint: string): string {
  const isBare = typeof input === "number" || typeof input === "boolean";
  return isBare ? `Put it in quotes: "${String(input)}".` : hint;
}

/** Characters that print, single spaces inside: names are shown in tables, in commands and in `device/port`. */
function printable(what: string, pattern: RegExp, hint: string, lengthMax: number) {
  const error = ({ input }: Refused): string => {
    const wouldFit = pattern.test(String(input));
    return notA(input, what, wouldFit ? textHint(input, hint) : hint);
  };
  return z.string({ error }).regex(pattern, { error }).max(lengthMax, { error });
}

/** Names of everything but ports. No slash: `h1/up0` is a port. */
export const name = printable(
  "name",
  /^[^\s/\p{C}]+(?: [^\s/\p{C}]+)*$/u,
  "A name has 1 to 128 characters that print, no slash, and spaces only inside.",
  128,
);

/** A segment may stand where a VLAN number may, so that its name must not look like one. */
export const segmentName = printable(
  "name of a segment",
  /^(?!(?:all|unknown|\d+|\d+-\d+)$)[^\s/\p{C}]+(?: [^\s/\p{C}]+)*$/u,
  "A name has 1 to 128 characters that print and no slash, and is no number, range, all or unknown: it stands for its VLAN in lists.",
  128,
);

export const portName = printable(
  "name of a port",
  /^[^\s\p{C}]+(?: [^\s\p{C}]+)*$/u,
  "The name of a port has 1 to 128 characters that print, and spaces only inside.",
  128,
);

export const text = printable("text", /^[^\p{C}]*$/u, "A text has at most 1000 characters that print.", 1000);

/** Whole numbers between two bounds, with one message for all that is none. */
export function whole(what: string, min: number, max: number) {
  const error = ({ input }: Refused): string => notA(input, what, `It is a whole number from ${min} to ${max}.`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** One word of several. */
export function oneOf<const Words extends readonly [string, ...string[]]>(what: string, words: Words) {
  return z.enum(words, {
    error: ({ input }: Refused) => notA(input, what, didYouMean(String(input), words, `words here`)),
  });
}

/** YAML 1.2 reads yes and no as texts, YAML 1.1 as true and false: all are taken. */
export const tri = z
  .union([z.enum(["yes", "no", "unknown"]), z.boolean()], {
    error: ({ input }: Refused) => lesson(`${quoted(input)} is neither yes, no nor unknown`, "Write one of the three."),
  })
  .transform((written): Tri => (typeof written === "boolean" ? (written ? "yes" : "no") : written))
  .meta({ description: "yes, no or unknown" });

export const flag = z
  .union([z.enum(["yes", "no"]), z.boolean()], {
    error: ({ input }: Refused) =>
      lesson(`${quoted(input)} is neither yes nor no`, "Write one of the two, or leave it out."),
  })
  .transform((written) => written === true || written === "yes")
  .meta({ description: "yes or no" });

function measured(what: string, parse: (written: string | number) => Measured, description: string) {
  return z
    .union([z.string(), z.number()], {
      error: ({ input }: Refused) => notA(input, what, "Write a number with its unit."),
    })
    .transform((written, context) => {
      const read = parse(written);
      if (read.kind === "value" && read.value <= measuredMax) return read.value;
      const hint = read.kind === "wrong" ? `${read.hint}.` : "That is more than any network has.";
      context.addIssue({ code: "custom", message: notA(written, what, hint) });
      return z.NEVER;
    })
    .meta({ description });
}

/** An exabit per second, or 31 years in microseconds. */
const measuredMax = 1e18;

export const rate = measured("rate", parseRate, "10G, 250M, 64k or bits per second");
export const timeUs = measured("time", parseTimeUs, "50us, 1.5ms or microseconds");

function parsed<Value>(what: string, parse: (text: string) => Value | undefined, hint: (text: string) => string) {
  return z
    .string({ error: ({ input }: Refused) => notA(input, what, textHint(input, hint(""))) })
    .transform((written, context) => {
      const value = parse(written);
      if (value !== undefined) return value;
      context.addIssue({ code: "custom", message: notA(written, what, hint(written)) });
      return z.NEVER;
    });
}

/** What parsePrefix() reads, its length written out. */
function parseCidr(text: string): { readonly address: IpAddress; readonly prefix: IpPrefix } | undefined {
  const [, written = ""] = /^([^/]+)\/(?:0|[1-9]\d*)$/.exec(text) ?? [];
  const [address, prefix] = [parseAddress(written), parsePrefix(text)];
  return address === undefined || prefix === undefined ? undefined : { address, prefix };
}

/** Without a prefix length. */
export const address = parsed(
  "address",
  (written) => {
    const read = parseAddress(written);
    return read && formatAddress(read);
  },
  (written) =>
    parseCidr(written) === undefined
      ? "Write an IPv4 or IPv6 address such as 10.1.10.5."
      : `Write it without the prefix length: ${written.split("/")[0]}.`,
).meta({ description: "IPv4 or IPv6 address" });

/** With its prefix length: an interface's own address and its network in one. */
export const addressWithPrefix = parsed(
  "address with prefix length",
  (written) => {
    const read = parseCidr(written);
    return read && `${formatAddress(read.address)}/${read.prefix.length}`;
  },
  (written) =>
    parseAddress(written) === undefined
      ? "Write an address with the prefix length of its network, such as 10.1.10.2/24."
      : `Add the prefix length of its network, such as ${written}/${written.includes(":") ? 64 : 24}.`,
).meta({ description: "address with prefix length, 10.1.10.2/24" });

export const subnet = parsed(
  "subnet",
  (written) => {
    const read = parseCidr(written);
    const isNetwork = read !== undefined && addressKey(read.address) === addressKey(read.prefix.network);
    return isNetwork ? formatPrefix(read.prefix) : undefined;
  },
  (written) => {
    const read = parseCidr(written);
    if (read === undefined) return "Write a subnet with its prefix length, such as 10.1.10.0/24.";
    return `That is an address in it; the subnet is ${formatPrefix(read.prefix)}.`;
  },
).meta({ description: "subnet in CIDR notation, 10.1.10.0/24" });

/** Also as 0000.0c07.ac01 and 00-00-0C-07-AC-01; always lower case with colons afterwards. */
export const mac = parsed(
  "MAC address",
  (written) => {
    const isKnownForm = /^(?:[\da-f]{2}([:-]))(?:[\da-f]{2}\1){4}[\da-f]{2}$|^(?:[\da-f]{4}\.){2}[\da-f]{4}$/i.test(
      written,
    );
    const digits = written.toLowerCase().replaceAll(/[^\da-f]/g, "");
    return isKnownForm ? digits.replaceAll(/..(?!$)/g, "$&:") : undefined;
  },
  () => "Write six bytes such as 52:54:00:1a:2b:3c.",
).meta({ description: "MAC address, 52:54:00:1a:2b:3c" });
