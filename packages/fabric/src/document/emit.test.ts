import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { emitYaml } from "./emit.ts";

/** Every text, lone surrogates excepted: no encoding has them, and names refuse them. */
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.stringMatching(/^[-+.:#&*!|>'"%@`,[\]{}?~ a-z0-9_]{1,8}$/),
  fc.constantFrom(
    "yes",
    "null",
    "NULL",
    "true",
    "1e3",
    "0x1f",
    "0o7",
    "1.",
    ".5",
    ".inf",
    "<<",
    "---",
    "...",
    "a:",
    "1:2",
  ),
);
const scalar = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
const keyed = <Value>(value: fc.Arbitrary<Value>) =>
  fc.dictionary(
    text.filter((key) => key !== "__proto__"),
    value,
    { maxKeys: 4, noNullPrototype: true },
  );
const inner = keyed(fc.oneof(scalar, fc.array(scalar, { maxLength: 30 }), fc.array(keyed(scalar), { maxLength: 3 })));
const entry = keyed(fc.oneof(scalar, inner, fc.array(inner, { maxLength: 3 })));
const document = keyed(fc.oneof(fc.array(entry, { maxLength: 4 }), fc.array(scalar, { maxLength: 4 }), entry));

/** YAML has one zero. */
const withoutSigns = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("the yaml package reads what was emitted", () => {
  fc.assert(
    fc.property(document, fc.boolean(), (value, isTall) => {
      const read: unknown = parse(emitYaml(value, new Set(isTall ? Object.keys(value) : [])));
      expect(withoutSigns(read)).toEqual(withoutSigns(value));
    }),
    { numRuns: 500 },
  );
});

test("short entries take one line, long ones a line for each key", () => {
  const ports = [{ name: "up0", trunk: [10, 20] }, { name: "up1" }];
  const written = emitYaml(
    {
      sites: ["dc1"],
      devices: [{ name: "h1", ports }],
      notes: [{ text: "x".repeat(150), more: { a: 1 } }],
      clusters: [{ hosts: [] }],
    },
    new Set(),
  );
  expect(written).toBe(
    [
      "sites: [dc1]",
      "devices:",
      "  - name: h1",
      "    ports:",
      "      - { name: up0, trunk: [10, 20] }",
      "      - { name: up1 }",
      "notes:",
      `  - text: ${"x".repeat(150)}`,
      "    more: { a: 1 }",
      "clusters:",
      "  - { hosts: [] }",
      "",
    ].join("\n"),
  );
});
