/** The modules that a TypeScript file names: imports, re-exports, dynamic imports, `require`, and types of modules. */
import { codeOf, type Token } from "./tokens.ts";

export type ModuleReference = { readonly specifier: string; readonly line: number };

export function importsOf(source: string): readonly ModuleReference[] {
  const tokens = codeOf(source);
  return tokens.flatMap((token, index) => {
    if (token.kind !== "string" || !namesModule(tokens, index)) return [];
    return [{ specifier: token.text, line: token.line }];
  });
}

function namesModule(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  if (before?.kind === "word") return before.text === "from" || before.text === "import";
  const callee = tokens[index - 2];
  return before?.text === "(" && callee?.kind === "word" && (callee.text === "import" || callee.text === "require");
}
