import { expect, test } from "vitest";
import { loosePinsOf, missingReasonsOf } from "./dependencies.ts";
import { readFiles } from "./repository.ts";

const manifest = (dependencies: object, path = "package.json") => ({ path, text: JSON.stringify({ dependencies }) });
const page = (...rows: readonly string[]) => ({ path: "docs/dependencies.md", text: rows.join("\n") });

test.each(["^1.2.3", "~1.2.3", "1.2", "*", "latest", ">=1.0.0", "https://example.org/a.tgz", "file:../a"])(
  "%s is not an exact version",
  (version) => {
    expect(loosePinsOf([manifest({ yaml: version })])).toHaveLength(1);
  },
);

test("one package has one version in the whole repository", () => {
  const other = manifest({ yaml: "2.9.0", "@trunkline/model": "0.1.0" }, "packages/lab/package.json");
  expect(loosePinsOf([manifest({ yaml: "2.9.1", vite: "8.0.0-beta.1" }), other])).toEqual([
    "packages/lab/package.json: yaml 2.9.0, but package.json has 2.9.1",
  ]);
});

test("each package has one row with a reason, each row a package", () => {
  const used = [manifest({ yaml: "2.9.1", zod: "4.6.7", "@trunkline/model": "0.1.0" })];
  expect(missingReasonsOf(used, page("| `yaml` | lab | keeps comments |", "| `zod` | lab | one language |"))).toEqual(
    [],
  );
  expect(
    missingReasonsOf(used, page("| `yaml` | lab | |", "| `ink` | cli | pretty |", "| `ink` | lab | pretty |")),
  ).toEqual([
    "docs/dependencies.md: no row for zod",
    "docs/dependencies.md: nothing uses ink",
    "docs/dependencies.md: two rows for ink",
    "docs/dependencies.md: no reason for yaml",
  ]);
});

test("the packages of this repository are pinned and have their reasons", () => {
  const manifests = readFiles((path) => path === "package.json" || path.endsWith("/package.json"));
  const pages = readFiles((path) => path === "docs/dependencies.md");
  expect(manifests.length).toBeGreaterThan(1);
  expect(pages).toHaveLength(1);
  expect([...loosePinsOf(manifests), ...pages.flatMap((found) => missingReasonsOf(manifests, found))]).toEqual([]);
});
