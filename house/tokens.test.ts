import { expect, test } from "vitest";
import { codeOf, scan } from "./tokens.ts";

const words = (source: string): readonly string[] =>
  codeOf(source).flatMap((token) => (token.kind === "word" ? [token.text] : []));

test("comments and strings hide their words, also when they contain each other's marks", () => {
  expect(words(`a; // any "b\n/* c // */ d; "/* e" ; '// f' ; g`)).toEqual(["a", "d", "g"]);
});

test("the expressions of a template are code, nested ones too; its text is not", () => {
  expect(words("x`one ${two({ three: `four ${five}` })} six` + seven")).toEqual(["x", "two", "three", "five", "seven"]);
});

test("a regular expression is one token; a division is not a regular expression", () => {
  expect(words(`const r = /it's [/"] any/gu; const q = total / count; call(/x"/, y)`)).toEqual([
    "const",
    "r",
    "const",
    "q",
    "total",
    "count",
    "call",
    "y",
  ]);
});

test("lines are counted through comments, templates and escapes", () => {
  const source = "/* one\n two */ a\n`t\n${b}\n` + 'it\\'s'\nc";
  expect(scan(source).flatMap((token) => (token.kind === "word" ? [`${token.text}${token.line}`] : []))).toEqual([
    "a2",
    "b4",
    "c6",
  ]);
});

test("text that ends in the middle of something ends the scan", () => {
  for (const source of ["/* a", "'a", "`a", "`${a", "/a", "'\\", "`\\"]) expect(scan(source).length).toBeGreaterThan(0);
});
