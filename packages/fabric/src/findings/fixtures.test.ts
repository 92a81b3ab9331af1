/** Every rule has a fabric that triggers it and one that comes near; goldens hold the sentences. `npx vitest run -u` writes them. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { findingText, findingsOf, fixturesIn } from "./fixtures.fixture.ts";
import { ruleNumbers } from "./order.ts";

const folder = fileURLToPath(new URL("__fixtures__/", import.meta.url));
const fixtures = fixturesIn(
  new Map(readdirSync(folder).map((file) => [file, readFileSync(`${folder}${file}`, "utf8")])),
);

test("every rule has a trigger and a near miss", () => {
  const lacking = Object.keys(ruleNumbers).filter(
    (rule) =>
      ![true, false].every((isTrigger) => fixtures.some((one) => one.rule === rule && one.isTrigger === isTrigger)),
  );
  expect(lacking).toEqual([]);
});

test.each(fixtures.filter(({ isTrigger }) => isTrigger))("$name is found", async (fixture) => {
  const found = findingsOf(fixture).filter(({ rule }) => rule === fixture.rule);
  expect(found.length).toBeGreaterThan(0);
  const golden = fileURLToPath(new URL(`__golden__/${fixture.name}.txt`, import.meta.url));
  await expect(`${found.map(findingText).join("\n\n")}\n`).toMatchFileSnapshot(golden);
});

test.each(fixtures.filter(({ isTrigger }) => !isTrigger))("$name is not found", (fixture) => {
  expect(findingsOf(fixture).filter(({ rule }) => rule === fixture.rule)).toEqual([]);
});
