import { expect, test } from "vitest";
import { impuritiesOf } from "./purity.ts";
import { isTypeScript, readFiles } from "./repository.ts";
import { isPure, roomOf } from "./rooms.ts";

const path = "packages/migration/src/predict.ts";
const found = (text: string, where = path) => impuritiesOf({ path: where, text });

test.each([
  `import { readFileSync } from "node:fs";`,
  `import type { Socket } from "net";`,
  `import { facts } from "./facts.fixture.ts";`,
  "const t = Date.now();",
  "const t = new Date();",
  "const t = new Date;",
  "const t = Date();",
  "const t = performance.now();",
  "const r = Math.random();",
  "setTimeout(f, 1);",
  "console.log(1);",
  "const e = process.env;",
  "const get = fetch;",
  "globalThis.alert();",
  "const s = AbortSignal.timeout(5);",
  "`${Date.now()}`;",
])("a pure room may not say: %s", (text) => {
  expect(found(text)).toHaveLength(1);
});

test("the same words are harmless as members, keys, types, in comments and in texts", () => {
  const text = `
    // Date.now() would be wrong here
    const at = new Date(nowMs).toISOString(); let when: Date; port.fetch(); clock.performance?.now();
    type T = { process: string; console?: number; readonly fetch: () => void }; const s = "process.exit";
  `;
  expect(found(text)).toEqual([]);
});

test("other rooms and tests are free, and the complaint names file and line", () => {
  expect(found("Date.now()", "packages/controller/src/clock.ts")).toEqual([]);
  expect(found("Date.now()", "packages/migration/src/predict.test.ts")).toEqual([]);
  expect(found("Date.now()", "packages/migration/src/facts.fixture.ts")).toEqual([]);
  expect(found("\nDate.now()")).toEqual([`${path}:2: Date.now in a pure room`]);
});

test("the pure rooms are pure", () => {
  const sources = readFiles((name) => isTypeScript(name) && isPure(roomOf(name) ?? ""));
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.flatMap(impuritiesOf)).toEqual([]);
});
