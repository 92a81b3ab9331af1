/** docs/error-codes.md, made from the table of errors. A test holds the committed page against it. */
import type { ErrorEntry } from "./errors.ts";

export function errorPage(table: Readonly<Record<string, ErrorEntry>>): string {
  const rows = Object.entries(table).map(
    ([code, { meaning, hint }]) => `| \`${code}\` | ${cell(meaning)} | ${cell(hint)} |`,
  );
  return [
    "# Error codes",
    "",
    "Every error has a stable code, a message that says what happened to which object, and a hint that says what to do next.",
    'With `--json` they are `{ "error": { "code", "message", "hint", "details" } }`. The hint below is the general one; where',
    "the place that raised the error knows better, it says so.",
    "",
    "This page is made from `packages/model/src/errors.ts`; a test fails when they differ, and",
    "`UPDATE_PAGES=1 npx vitest run --project unit packages/model` writes it anew.",
    "",
    "| code | meaning | what to do |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** A cell may hold neither the mark that ends it nor what HTML would swallow. */
const cell = (text: string): string =>
  text
    .replaceAll("|", String.raw`\|`)
    .replaceAll("<", "&lt;")
    .replaceAll("\n", " ");
