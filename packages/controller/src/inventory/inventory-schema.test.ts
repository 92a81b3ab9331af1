/** docs/inventory.schema.json, which editors read, is made from the schema that checks the file. `UPDATE_PAGES=1` writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { inventoryJsonSchema, parseInventory } from "./read-inventory.ts";

const docs = join(import.meta.dirname, "../../../../docs");

it("docs/inventory.schema.json is the schema", () => {
  const path = join(docs, "inventory.schema.json");
  if (process.env["UPDATE_PAGES"] === "1") writeFileSync(path, inventoryJsonSchema());
  expect(readFileSync(path, "utf8")).toBe(inventoryJsonSchema());
});

it("the example of docs/inventory.md is valid, and every key of it is in the schema", () => {
  const [, example = ""] = /```yaml\n([^]*?)```/.exec(readFileSync(join(docs, "inventory.md"), "utf8")) ?? [];
  expect(parseInventory(example, "example.yaml").hosts).toHaveLength(2);
  const schema = inventoryJsonSchema();
  expect(keysOf(parse(example)).filter((key) => !schema.includes(`"${key}": {`))).toEqual([]);
});

function keysOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysOf);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}
