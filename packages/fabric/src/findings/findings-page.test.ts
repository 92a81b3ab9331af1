/** docs/findings.md tells of every rule, in the order of their numbers, with a sentence that the rule really says. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { FindingRule } from "./finding.ts";
import { ruleNumbers } from "./order.ts";
import { defaultPolicy, distanceLimits } from "./policy.ts";

const page = readFileSync(fileURLToPath(new URL("../../../../docs/findings.md", import.meta.url)), "utf8");
const sections = page
  .split(/^### `/m)
  .slice(1)
  .map((section) => ({ rule: section.slice(0, section.indexOf("`")), text: section }));
const golden = new URL("__golden__/", import.meta.url);
const said = readdirSync(fileURLToPath(golden)).map((file) => ({
  file,
  lines: readFileSync(fileURLToPath(new URL(file, golden)), "utf8").split("\n"),
}));

test("every rule has its section, in the order of the numbers", () => {
  const rules = Object.entries(ruleNumbers).toSorted(([, left], [, right]) => left - right);
  expect(sections.map(({ rule }) => rule)).toEqual(rules.map(([rule]) => rule));
});

test.each(sections)("$rule: its number, and an example that a fixture gives", ({ rule, text }) => {
  expect(text).toContain(`Rule ${ruleNumbers[rule as FindingRule]}, `);
  const example = /^> (.*)$/m.exec(text)?.[1] ?? "";
  const own = said.filter(({ file }) => file.startsWith(`${rule}.`)).flatMap(({ lines }) => lines);
  expect(own).toContain(example);
  expect(text).toContain("What mends it: ");
});

test("severities in the goldens are those that the section lists", () => {
  for (const { rule, text } of sections) {
    const listed = new Set([...text.matchAll(/^\| (block|warn|info) \|/gm)].map(([, severity]) => severity));
    const found = said
      .filter(({ file }) => file.startsWith(`${rule}.`))
      .flatMap(({ lines }) => lines.flatMap((line) => /^(block|warn|info): /.exec(line)?.[1] ?? []));
    expect([rule, found.filter((severity) => !listed.has(severity))]).toEqual([rule, []]);
  }
});

test("every threshold and every limit of distance is named", () => {
  const names = [...Object.keys(defaultPolicy), "moveRateBps", "budgetBps", ...Object.keys(distanceLimits)];
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
