import { expect, test } from "vitest";
import { importsOf } from "./imports.ts";
import { isTypeScript, readFiles } from "./repository.ts";
import { wrongArrowsOf, wrongDependenciesOf } from "./rooms.ts";

const file = (path: string, text: string) => ({ path, text });

test("every form of import is seen, and none in comments, strings or Array.from", () => {
  const source = `
    import a from "a"; import type { B } from 'b'; import "c"; export * from "d"; export { e } from "e";
    const f = await import("f"); type G = import("g").G; const h = require("h"); await import(\`i\`);
    // import "no1"; /* from "no2" */ const text = 'import "no3"'; Array.from("no4"); const from = { import: "no5" };
  `;
  expect(importsOf(source).map(({ specifier }) => specifier)).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
});

test("an arrow that the architecture does not draw is found, with file and line", () => {
  const wrong = (path: string, text: string) => wrongArrowsOf(file(path, text));
  expect(wrong("packages/model/src/host.ts", `\nimport { x } from "@trunkline/fabric";`)).toEqual([
    "packages/model/src/host.ts:2: no arrow leads from model to fabric",
  ]);
  expect(wrong("packages/lab/src/up.ts", `export * from "@trunkline/cli";`)).toHaveLength(1);
  expect(wrong("packages/libvirt/src/xdr.ts", `import type { Vm } from "@trunkline/model";`)).toHaveLength(1);
  expect(wrong("packages/attic/src/box.ts", "")).toEqual([
    "packages/attic/src/box.ts: package attic has no row in house/rooms.ts",
  ]);
});

test("only the controller's adapters know libvirt and the Open vSwitch database", () => {
  const source = `import { connect } from "@trunkline/libvirt";`;
  expect(wrongArrowsOf(file("packages/controller/src/act/perform.ts", source))).toHaveLength(1);
  expect(wrongArrowsOf(file("packages/controller/src/adapters.ts", source))).toHaveLength(1);
  expect(wrongArrowsOf(file("packages/controller/src/adapters/hypervisor.ts", source))).toEqual([]);
});

test("relative imports stay in their package, and packages are entered by the front door", () => {
  const path = "packages/cli/src/lab/demo.ts";
  expect(wrongArrowsOf(file(path, `import "../main.ts"; import "../../package.json";`))).toEqual([]);
  expect(wrongArrowsOf(file(path, `import "../../../lab/src/index.ts";`))).toEqual([
    `${path}:1: the relative import of ../../../lab/src/index.ts leaves the package`,
  ]);
  expect(wrongArrowsOf(file(path, `import "@trunkline/lab/src/up.ts";`))).toEqual([
    `${path}:1: @trunkline/lab/src/up.ts is an inner file: import @trunkline/lab`,
  ]);
});

test("a dependency in package.json needs an arrow as well", () => {
  const manifest = (dependencies: object) =>
    file("packages/fabric/package.json", JSON.stringify({ devDependencies: dependencies }));
  expect(wrongDependenciesOf(manifest({ "@trunkline/model": "0.1.0", yaml: "2.9.1" }))).toEqual([]);
  expect(wrongDependenciesOf(manifest({ "@trunkline/ports": "0.1.0" }))).toEqual([
    "packages/fabric/package.json: no arrow leads from fabric to ports",
  ]);
});

test("the packages keep to the arrows", () => {
  const sources = readFiles((path) => /^packages\/[^/]+\/src\//.test(path) && isTypeScript(path));
  const manifests = readFiles((path) => /^packages\/[^/]+\/package\.json$/.test(path));
  expect(sources.length).toBeGreaterThanOrEqual(manifests.length);
  expect(manifests.length).toBeGreaterThan(0);
  expect([...sources.flatMap(wrongArrowsOf), ...manifests.flatMap(wrongDependenciesOf)]).toEqual([]);
});
