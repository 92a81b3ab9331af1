/** What is made from the schema and committed. `UPDATE_PAGES=1` writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configFields } from "./config-field.ts";
import { configJsonSchema } from "./config-schema.ts";
import { tableOf } from "./page-table.fixture.ts";

const docs = join(import.meta.dirname, "../../../../docs");

it("docs/config.schema.json is the schema", () => {
  const path = join(docs, "config.schema.json");
  if (process.env["UPDATE_PAGES"] === "1") writeFileSync(path, configJsonSchema());
  expect(readFileSync(path, "utf8")).toBe(configJsonSchema());
});

it("docs/operations.md has every field, with what it takes and its default", () => {
  const rows = configFields().flatMap(({ path, takes, usual, meaning, keys }) =>
    keys.length > 0 ? [] : [[`\`${path}\``, takes, usual === null ? "" : `\`${usual}\``, meaning]],
  );
  const { found, wanted } = tableOf(join(docs, "operations.md"), ["field", "takes", "default", "meaning"], rows);
  expect(found).toBe(wanted);
});

it("every field says what it means", () => {
  expect(configFields().filter(({ meaning }) => meaning === "")).toEqual([]);
});
