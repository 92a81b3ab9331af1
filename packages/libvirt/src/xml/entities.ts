/**
 * Character references. The parser and the builder leave them alone, and this file is the only place that turns `&lt;`
 * into `<` and back. Only the five names of XML 1.0 section 4.6 and numbers exist: there is no document type, so there are no entities
 * to define, to fetch, or to expand without end.
 */
import { XmlError } from "./xml-error.ts";

const named: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

/** What XML 1.0 section 2.2 does not allow in a document, even as a number. */
const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const reference = /&(?:#x(?<hex>[0-9a-fA-F]{1,6})|#(?<decimal>[0-9]{1,7})|(?<name>[A-Za-z]{2,4}));|&/gu;

export function decode(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(reference, (whole, ...rest: readonly unknown[]) => {
    const groups = rest.at(-1);
    const character = isGroups(groups) ? characterOf(groups) : undefined;
    if (character === undefined) {
      throw new XmlError(`The reference ${JSON.stringify(whole)} stands for no character.`, {
        hint: "Write an ampersand as &amp;.",
      });
    }
    return character;
  });
}

export function encodeText(text: string): string {
  requireCharacters(text);
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\r", "&#13;");
}

/** White space other than blanks would come back as blanks (XML 1.0 section 3.3.3), so it is written as numbers. */
export function encodeAttribute(value: string): string {
  return encodeText(value).replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
}

export function requireCharacters(text: string): void {
  const found = forbidden.exec(text)?.[0];
  if (found === undefined) return;
  throw new XmlError(
    `The character U+${(found.codePointAt(0) ?? 0).toString(16).padStart(4, "0")} must not stand in XML.`,
  );
}

interface Groups {
  readonly hex?: unknown;
  readonly decimal?: unknown;
  readonly name?: unknown;
}

function isGroups(value: unknown): value is Groups {
  return typeof value === "object" && value !== null;
}

function characterOf(groups: Groups): string | undefined {
  if (typeof groups.name === "string") return named.get(groups.name);
  const code = typeof groups.hex === "string" ? Number.parseInt(groups.hex, 16) : Number(groups.decimal ?? Number.NaN);
  if (!Number.isInteger(code) || code > 0x10ffff) return undefined;
  const character = String.fromCodePoint(code);
  return forbidden.test(character) ? undefined : character;
}
