/** docs/fabric.schema.json and docs/fabric-document.md against the code. `UPDATE_PAGES=1` writes the schema anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fabricJsonSchema } from "./json-schema.ts";
import { parseFabricDocument } from "./parse.ts";

const docs = join(import.meta.dirname, "../../../../docs");
const page = readFileSync(join(docs, "fabric-document.md"), "utf8");
const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = ""]) => text);

test("docs/fabric.schema.json is the schema", () => {
  const path = join(docs, "fabric.schema.json");
  if (process.env["UPDATE_PAGES"] === "1") writeFileSync(path, fabricJsonSchema());
  expect(readFileSync(path, "utf8")).toBe(fabricJsonSchema());
});

test("every key of the schema is described on the page", () => {
  const described = new Set(
    [...page.matchAll(/`([\w.]+)`|^### (\w+)$/gm)].map(([, field, section]) => field ?? section),
  );
  expect([...keysOf(JSON.parse(fabricJsonSchema()))].filter((key) => !described.has(key))).toEqual([]);
});

test("the examples of the page mean what it says", () => {
  const [whole = "", vlans = "", ...rest] = examples;
  expect(rest).toHaveLength(1);
  const fabric = parseFabricDocument(whole, "example.yaml");
  expect(fabric.links).toHaveLength(3);
  expect(fabric.devices[3]?.ports[0]?.vlans.kind).toBe("unknown");
  expect(fabric.links[2]).toMatchObject({ kind: "dci", filters: { hello: "yes", virtualMac: "unknown" } });
  const [sw1, sw2] = parseFabricDocument(vlans, "example.yaml").devices;
  const trunks = [sw1, sw2].map((device) => device?.ports[0]?.vlans);
  const range = Array.from({ length: 100 }, (_, index) => 200 + index);
  expect(trunks).toEqual([
    { kind: "trunk", trunks: [10, 110, ...range] },
    { kind: "trunk", trunks: [110] },
  ]);
});

test("the errors of the page are those of its document", () => {
  const shown = /^ {4}error: (net\.yaml [^]*?)\n {6}Correct/m.exec(page)?.[1]?.replaceAll("\n      ", "\n  ");
  expect(shown).toMatch(/4 errors/);
  expect(() => parseFabricDocument(examples[2] ?? "", "net.yaml")).toThrow(
    expect.objectContaining({ code: "fabric.invalid", message: shown }),
  );
});

function keysOf(value: unknown): ReadonlySet<string> {
  if (typeof value !== "object" || value === null) return new Set();
  const own = "properties" in value && typeof value.properties === "object" ? Object.keys(value.properties ?? {}) : [];
  return new Set([...own, ...Object.values(value).flatMap((inner) => [...keysOf(inner)])]);
}
