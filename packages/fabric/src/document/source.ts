/**
 * The text of a document as plain data, with a way back from a path in the data to its line and column.
 *
 * YAML takes seconds for each megabyte. JSON is YAML as well, so a long text that begins with a brace is tried with
 * JSON.parse first, which is a hundred times faster, knows no lines, and keeps the last of two equal keys. What it refuses
 * is read as YAML, unless it is too long for that.
 */
import { LineCounter, isAlias, isMap, isNode, isSeq, parseDocument, visit } from "yaml";
import type { Document, YAMLError } from "yaml";
import { messageOf } from "@trunkline/model";
import { limits } from "../limits.ts";
import { openLedger, refusal } from "./problem.ts";
import type { DocumentPath, Place, Problem } from "./problem.ts";

export interface Source {
  readonly data: unknown;
  /** Where the problem is, or the deepest thing above it that is written down. */
  readonly placeOf: (problem: Problem) => Place | undefined;
}

/** @throws fabric.invalid when the text is neither YAML nor JSON, or too long. */
export function readSource(text: string, file: string): Source {
  const mayBeJson = text.length >= limits.documentLocatedCharacters && /^\uFEFF?\s*\{/.test(text);
  const longest = mayBeJson ? limits.documentJsonCharacters : limits.documentYamlCharacters;
  if (text.length > longest) {
    const message = `the document has ${text.length} characters, and ${longest} are read of ${mayBeJson ? "JSON" : "YAML"}`;
    const hint = mayBeJson ? "Describe the fabric in parts." : "Write it as JSON, of which more is read, and faster.";
    throw broken(file, message, hint, undefined);
  }
  return (mayBeJson ? readJson(text, file) : undefined) ?? readYaml(text, file);
}

function readJson(text: string, file: string): Source | undefined {
  try {
    return { data: JSON.parse(text.replace(/^\uFEFF/, "")), placeOf: () => undefined };
  } catch (error) {
    if (text.length <= limits.documentYamlCharacters) return undefined;
    const offset = /\bposition (\d+)/.exec(messageOf(error))?.[1];
    const place = offset === undefined ? undefined : placeIn(text, Number(offset));
    const message = messageOf(error).replace(/ in JSON at position.*/, "");
    throw broken(file, message, "It is too long to be read as YAML, so it must be JSON.", place);
  }
}

function placeIn(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
}

function readYaml(text: string, file: string): Source {
  const lines = new LineCounter();
  const document = parsedYaml(text, file, lines);
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const ledger = openLedger();
    for (const fault of faults) ledger.add({ path: [], ...explained(fault) });
    throw refusal(file, "syntax", ledger, (problem) => placeAt(faults[ledger.problems.indexOf(problem)]?.pos[0] ?? 0));
  }
  return {
    data: plainValueOf(document, file, placeAt),
    placeOf: ({ path, isAboutKey }) => placeAt(offsetOf(document, path, isAboutKey === true)),
  };
}

/** The parser calls itself for what is inside, so that a text made of brackets exhausts its stack. */
function parsedYaml(text: string, file: string, lines: LineCounter): Document {
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch (error) {
    throw broken(file, `it cannot be read: ${messageOf(error)}`, "Is it nested too deeply to be a fabric?", undefined);
  }
}

/** Without aliases: they are of little use in a fabric and of much in a document made to exhaust its reader. */
function plainValueOf(document: Document, file: string, placeAt: (offset: number) => Place): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    let offset = 0;
    visit(document, {
      Alias: (_, alias) => {
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    throw broken(file, "a YAML alias stands here", "Write the value out; defaults may help.", placeAt(offset));
  }
}

function broken(file: string, message: string, hint: string, place: Place | undefined): Error {
  const ledger = openLedger();
  ledger.add({ path: [], message, hint });
  return refusal(file, "syntax", ledger, () => place);
}

/** The commonest slips in our words, the others in those of the parser. */
function explained({ code, message }: YAMLError): Pick<Problem, "message" | "hint"> {
  switch (code) {
    case "TAB_AS_INDENT":
      return { message: "a tab indents the line", hint: "Indent with spaces." };
    case "DUPLICATE_KEY":
      return { message: "the key stands here a second time", hint: "Write each key once; a section is one list." };
    case "MULTIPLE_DOCS":
      return { message: "a second document begins here", hint: "A file is one document: take out the line of dashes." };
    case "TAG_RESOLVE_FAILED":
      return { message: "a text may not begin like that, it is a tag of YAML", hint: "Put it in quotes." };
    default:
      return {
        message: (message.split("\n")[0] ?? code).replace(/\.$/, ""),
        hint: "Mend the YAML of this line or of the one above it.",
      };
  }
}

function offsetOf(document: Document, path: DocumentPath, isAboutKey: boolean): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const [index, key] of path.entries()) {
    const pair = isMap(node) ? node.items.find(({ key: written }) => String(written) === String(key)) : undefined;
    const inner = isSeq(node) ? node.items[Number(key)] : pair?.value;
    const told = isAboutKey && index === path.length - 1 ? pair?.key : (inner ?? pair?.key);
    if (!isNode(told) || isAlias(told)) return offset;
    offset = told.range?.[0] ?? offset;
    node = inner;
  }
  return offset;
}
