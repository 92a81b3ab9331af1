/**
 * Messages of schemas. zod keeps one text for each problem; ours have two parts, what is wrong and what to do about it,
 * so the text has two lines until explain.ts takes them apart.
 */

/** @param message without a full stop. @param hint whole sentences. */
export function lesson(message: string, hint: string): string {
  return `${message}\n${hint}`;
}

/** @param what one of the things that the value should be: rate, VLAN, list of subnets. */
export function notA(value: unknown, what: string, hint: string): string {
  const article = /^(?:[aeio]|MTU|MST)/.test(what) ? "an" : "a";
  return lesson(`${quoted(value)} is not ${article} ${what}`, hint);
}

export function partsOfLesson(text: string): { readonly message: string; readonly hint: string } {
  const [message = "", ...hint] = text.split("\n");
  return { message, hint: hint.join(" ") };
}

/** A value as it is quoted in a message: short, and on one line. */
export function quoted(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "object") return "a mapping";
  const text = JSON.stringify(value);
  return text.length <= quotedCharacters ? text : `${text.slice(0, quotedCharacters)}…`;
}

const quotedCharacters = 60;
