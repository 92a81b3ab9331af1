import { expect, test } from "vitest";
import { fillGaps, gapsOf } from "./lockfile.ts";
import { readFiles } from "./repository.ts";

const lockfile = (packages: object) => JSON.stringify({ name: "trunkline", lockfileVersion: 3, packages });
const torn = lockfile({
  "": {},
  "node_modules/tool": {
    version: "1.0.0",
    dev: true,
    optionalDependencies: {
      "@tool/linux-x64-gnu": "1.0.0",
      "@tool/linux-arm64-musl": "1.0.0",
      "tool-win32-ia32": "1.0.0",
    },
  },
  "node_modules/@tool/linux-x64-gnu": { version: "1.0.0" },
  "node_modules/other": { version: "2.0.0", optionalDependencies: { inner: "3.0.0" } },
  "node_modules/other/node_modules/inner": { version: "3.0.0" },
});

test("optional packages that the lockfile lacks are found; nested ones count", () => {
  expect(gapsOf(torn)).toEqual(["@tool/linux-arm64-musl@1.0.0", "tool-win32-ia32@1.0.0"]);
});

test("a filled lockfile has no gaps, and names the platforms so that nobody fetches another's packages", () => {
  const filled = fillGaps(torn);
  expect(gapsOf(filled)).toEqual([]);
  expect(JSON.parse(filled)).toMatchObject({
    name: "trunkline",
    packages: {
      "node_modules/@tool/linux-arm64-musl": {
        version: "1.0.0",
        cpu: ["arm64"],
        dev: true,
        libc: ["musl"],
        optional: true,
        os: ["linux"],
      },
      "node_modules/tool-win32-ia32": { version: "1.0.0", cpu: ["ia32"], dev: true, optional: true, os: ["win32"] },
    },
  });
});

test("npm ci accepts package-lock.json on every platform (else: npm run lockfile)", () => {
  const found = readFiles((path) => path === "package-lock.json");
  expect(found).toHaveLength(1);
  expect(found.flatMap(({ text }) => gapsOf(text))).toEqual([]);
});
