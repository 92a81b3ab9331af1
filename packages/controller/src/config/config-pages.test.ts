/** What is made from the schema and committed. `UPDATE_PAGES=1` writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configFields } from "./config-field.ts";
import { configJsonSchema } from "./config-schema.ts";

const docs = join(import.meta.dirname, "../../../../docs");

it("docs/config.schema.json is the schema", () => {
  const path = join(docs, "config.schema.json");
  if (process.env["UPDATE_PAGES"] === "1") writeFileSync(path, configJsonSchema());
  expect(readFileSync(path, "utf8")).toBe(configJsonSchema());
});

it("every field says what it means", () => {
  expect(configFields().filter(({ meaning }) => meaning === "")).toEqual([]);
});
