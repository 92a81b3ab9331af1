/**
 * Plain data as YAML that people like to read: an entry on one line where it fits, otherwise a line for each key. Written
 * here and not by the yaml package because large fabrics would take it minutes.
 *
 * Every text that YAML 1.2 would read as something else is put in quotes; tests read all of it back with the yaml package.
 */
export type Plain = string | number | boolean | readonly Plain[] | PlainMap;

export interface PlainMap {
  readonly [key: string]: Plain;
}

/** @param tall sections whose entries get a line for each key even where one would do. */
export function emitYaml(document: PlainMap, tall: ReadonlySet<string>): string {
  const sections = Object.entries(document).map(([key, value]) => section(key, value, tall.has(key)));
  return sections.length === 0 ? "{}\n" : sections.join("");
}

function section(key: string, value: Plain, isTall: boolean): string {
  if (!Array.isArray(value) || !value.some(isMap)) return block({ [key]: value }, "");
  const items = value.map((item: Plain) => listItem(item, "  ", isTall));
  return `${keyText(key)}:\n${items.join("")}`;
}

function listItem(item: Plain, indent: string, isTall: boolean): string {
  const line = flow(item);
  const isShort = `${indent}- ${line}`.length <= lineWidth && !hasSeveralEntries(item);
  if (!isMap(item) || line === "{}" || (isShort && !isTall)) return `${indent}- ${line}\n`;
  return `${indent}- ${block(item, `${indent}  `).trimStart()}`;
}

/** Every key on its own line; what is inside stands on the same line where it fits. */
function block(map: PlainMap, indent: string): string {
  const lines = Object.entries(map).map(([key, value]) => {
    const line = `${indent}${keyText(key)}: ${flow(value)}`;
    if (Array.isArray(value) && value.some(isMap) && (line.length > lineWidth || value.length > 1))
      return `${indent}${keyText(key)}:\n${value.map((item: Plain) => listItem(item, `${indent}  `, false)).join("")}`;
    if (isMap(value) && (line.length > lineWidth || hasSeveralEntries(value)))
      return `${indent}${keyText(key)}:\n${block(value, `${indent}  `)}`;
    return `${line}\n`;
  });
  return lines.join("");
}

function flow(value: Plain): string {
  if (isList(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isMap(value)) return scalar(value);
  const pairs = Object.entries(value).map(([key, inner]) => `${keyText(key)}: ${flow(inner)}`);
  return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
}

/** Such an entry is easier to read over several lines, however short it is. */
function hasSeveralEntries(value: Plain): boolean {
  return isMap(value) && Object.values(value).some((inner) => isList(inner) && inner.length > 1 && inner.some(isMap));
}

const lineWidth = 120;

const isList = (value: Plain): value is readonly Plain[] => Array.isArray(value);
const isMap = (value: Plain): value is PlainMap => typeof value === "object" && !Array.isArray(value);

function scalar(value: string | number | boolean): string {
  return typeof value !== "string" || isPlain(value) ? String(value) : JSON.stringify(value);
}

/** Keys are texts whatever they look like, so that a VLAN number needs no quotes. */
function keyText(key: string): string {
  return /^(?:0|[1-9]\d{0,8})$/.test(key) ? key : scalar(key);
}

/**
 * Words of harmless characters, none of which ends in a colon, and which YAML 1.2 (10.3.2, core schema) does not take for
 * a number, a truth value or nothing. Numbers joined by colons are quoted for readers of YAML 1.1, who see base 60.
 */
function isPlain(text: string): boolean {
  if (!harmless.test(text)) return false;
  return !/^(?:true|false|null|\d+(?::\d+)+|0o[0-7]+|0x[\da-f]+|\d+\.?\d*(?:e[+-]?\d+)?)$/i.test(text);
}

const harmless = /^\w(?:[\w./+:@-]*[\w./+@-])?(?: [\w.](?:[\w./+:@-]*[\w./+@-])?)*$/;
