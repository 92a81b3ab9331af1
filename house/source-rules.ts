/** Rules for every TypeScript file of the repository that the linter does not have or could be talked out of. */
import { isTest, type SourceFile } from "./repository.ts";
import { codeOf, scan, type Token } from "./tokens.ts";

/** Longest file, in lines: beyond it two concepts share one room. Generated files are read by nobody. */
export const LINES_MAX = 500;

/** One sentence for each rule that the file breaks. */
export function brokenRulesOf(file: SourceFile): readonly string[] {
  const tokens = scan(file.text);
  return [
    ...tooLong(file),
    ...at(file, tokens.filter(isWaiver), "a waiver: mend the code or change the rule for all"),
    ...at(file, anyTypes(codeOf(file.text)), "the type any: say unknown and look"),
    ...(isTest(file.path) ? at(file, mutedTests(codeOf(file.text)), "a skipped or focused test") : []),
  ];
}

function at(file: SourceFile, tokens: readonly Token[], what: string): readonly string[] {
  return tokens.map(({ line }) => `${file.path}:${line}: ${what}`);
}

function tooLong(file: SourceFile): readonly string[] {
  const lines = file.text.replace(/\n$/, "").split("\n").length;
  if (lines <= LINES_MAX || /\/generated\/|\.generated\.ts$/.test(file.path)) return [];
  return [`${file.path}: ${lines} lines are more than ${LINES_MAX}: split it by concept`];
}

const WAIVERS =
  /(?:ox|es|ts)lint-(?:disable|enable)|@ts-(?:ignore|expect-error|nocheck)|(?:prettier|oxfmt)-ignore|(?:v8|c8|istanbul) ignore|@knipignore/;

function isWaiver(token: Token): boolean {
  return token.kind === "comment" && WAIVERS.test(token.text);
}

/** `any` in the place of a type: `Promise.any`, `any(…)` and a key named any are something else. */
function anyTypes(code: readonly Token[]): readonly Token[] {
  return code.filter((token, index) => {
    if (token.kind !== "word" || token.text !== "any") return false;
    const before = code[index - 1]?.text ?? "";
    const after = code[index + 1]?.text ?? "";
    return before !== "." && before !== "?." && after !== "(" && after !== ":";
  });
}

const RUNNERS: ReadonlySet<string> = new Set(["it", "test", "describe", "suite", "bench"]);
const MUTES: ReadonlySet<string> = new Set(["skip", "only", "todo"]);
const MUTED_RUNNERS: ReadonlySet<string> = new Set(["fit", "fdescribe", "xit", "xtest", "xdescribe"]);

/** `test.only`, `describe.concurrent.skip`, `xit(`. A test skipped on a condition (`skipIf`) is counted, and allowed. */
function mutedTests(code: readonly Token[]): readonly Token[] {
  return code.filter((token, index) => {
    if (token.kind !== "word") return false;
    if (MUTED_RUNNERS.has(token.text)) return code[index + 1]?.text === "(";
    return MUTES.has(token.text) && RUNNERS.has(chainRoot(code, index)?.text ?? "");
  });
}

/** The first word of a chain of members that ends at `index`; undefined when there is no chain. */
function chainRoot(code: readonly Token[], index: number): Token | undefined {
  let root = index;
  while (code[root - 1]?.text === "." && code[root - 2]?.kind === "word") root -= 2;
  return root === index ? undefined : code[root];
}
