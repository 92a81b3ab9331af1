import { expect, test } from "vitest";
import { isTypeScript, readFiles } from "./repository.ts";
import { brokenRulesOf, LINES_MAX } from "./source-rules.ts";

const path = "packages/fabric/src/reach.test.ts";
const broken = (text: string, where = path) => brokenRulesOf({ path: where, text });

test.each([
  "// oxlint-disable-next-line no-shadow\n",
  "/* eslint-disable */",
  "// @ts-expect-error\n",
  "/** @ts-ignore */",
  "// oxfmt-ignore\n",
  "const a: any = 1;",
  "f(x as any);",
  "type A = readonly any[];",
  "const m = new Map<string, any>();",
  "test.only('a', f);",
  "describe.concurrent.skip('a', f);",
  "it.todo('a');",
  "xit('a', f);",
])("refused: %s", (text) => {
  expect(broken(text)).toHaveLength(1);
});

test("the same words in texts, as members or on a condition are fine", () => {
  const text = `
    const message = "oxlint-disable any test.only"; // not any value
    await Promise.any(list); AbortSignal.any([a, b]); any(1); const o = { any: 1 };
    test.skipIf(!isRoot)("a", f); cursor.skip(3); iterator.only(2);
  `;
  expect(broken(text)).toEqual([]);
});

test("a file may have the last allowed line and not one more, unless it is generated", () => {
  const lines = (count: number) => "a;\n".repeat(count);
  expect(broken(lines(LINES_MAX))).toEqual([]);
  expect(broken(lines(LINES_MAX + 1))).toHaveLength(1);
  expect(broken(lines(LINES_MAX + 1), "packages/libvirt/src/generated/procedures.ts")).toEqual([]);
});

test("every TypeScript file of the repository keeps the rules", () => {
  const sources = readFiles(isTypeScript);
  expect(sources.some((file) => file.path === "house/source-rules.ts")).toBe(true);
  expect(sources.flatMap(brokenRulesOf)).toEqual([]);
});
