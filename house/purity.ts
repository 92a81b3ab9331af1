/**
 * What the pure rooms must not touch. Plans are replayed, compared and tested: the same input has to give the same
 * bytes, so time, randomness and every effect come in as arguments.
 *
 * A date made from given milliseconds is a value; one made from nothing reads the clock. Tests of a pure room and what is
 * made for them alone, files named *.fixture.ts, may read files and call programs; nothing else may import a fixture.
 */
import { builtinModules } from "node:module";
import { importsOf } from "./imports.ts";
import { isTest, type SourceFile } from "./repository.ts";
import { isPure, roomOf } from "./rooms.ts";
import { codeOf, type Token } from "./tokens.ts";

const builtins: ReadonlySet<string> = new Set(builtinModules);

const fixture = /\.fixture\.ts$/;

/** Globals that reach the world, wherever they are mentioned. */
const globals: ReadonlySet<string> = new Set([
  "process",
  "performance",
  "console",
  "fetch",
  "crypto",
  "globalThis",
  "setTimeout",
  "setInterval",
  "setImmediate",
]);

/** Members that read the clock or draw, by the object that has them. */
const members: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  Math: ["random"],
  AbortSignal: ["timeout"],
};

/** One sentence for each impurity of a file that belongs to a pure room. */
export function impuritiesOf(file: SourceFile): readonly string[] {
  if (isTest(file.path) || fixture.test(file.path) || !isPure(roomOf(file.path) ?? "")) return [];
  const modules = importsOf(file.text)
    .filter(({ specifier }) => specifier.startsWith("node:") || builtins.has(specifier) || fixture.test(specifier))
    .map(({ specifier, line }) => ({ what: specifier, line }));
  return [...modules, ...effectsOf(codeOf(file.text))].map(
    ({ what, line }) => `${file.path}:${line}: ${what} in a pure room`,
  );
}

function effectsOf(tokens: readonly Token[]): readonly { readonly what: string; readonly line: number }[] {
  const textAt = (index: number): string => (tokens[index]?.kind === "string" ? "" : (tokens[index]?.text ?? ""));
  return tokens.flatMap((token, index) => {
    const isMember = [".", "?."].includes(textAt(index - 1));
    if (token.kind !== "word" || isMember) return [];
    const isKey = textAt(index + 1) === ":" || (textAt(index + 1) === "?" && textAt(index + 2) === ":");
    if (globals.has(token.text) && !isKey) return [{ what: token.text, line: token.line }];
    const member = [".", "?."].includes(textAt(index + 1)) ? textAt(index + 2) : "";
    if (Object.hasOwn(members, token.text) && members[token.text]?.includes(member) === true) {
      return [{ what: `${token.text}.${member}`, line: token.line }];
    }
    return readsClock(token, index, textAt) ? [{ what: "Date without an argument", line: token.line }] : [];
  });
}

/** `new Date()`, `new Date` and `Date()`; not `new Date(value)`, not the type `Date`. */
function readsClock(token: Token, index: number, textAt: (index: number) => string): boolean {
  if (token.text !== "Date") return false;
  const hasParenthesis = textAt(index + 1) === "(";
  const isNew = textAt(index - 1) === "new";
  return hasParenthesis ? textAt(index + 2) === ")" || !isNew : isNew;
}
