import { expect, test } from "vitest";
import { readFiles } from "./repository.ts";
import { strayPlacesOf } from "./text-rules.ts";

const found = (text: string) => strayPlacesOf({ path: "notes.md", text });

/** Fixtures are put together here, or this file would break the rules that it tests. */
const join = (...parts: readonly string[]) => parts.join("");

test.each([
  join("see /", "work/main/README.md"),
  join(`root: "/`, `work/`, `x"`),
  join("file:///", "home/", "ada/x").replace("file://", "at "),
  join("https://registry", ".npmjs.org/"),
  join("registry", "=https://packages.example/"),
  join("npm ci --", "registry x"),
  join("https://mirror.example/artifactory/api/", "npm", "/left-pad"),
  join(`      "resolved": "`, `https://mirror.example/left-pad-1.0.0.tgz",`),
  join("//mirror.example/:_auth", "Token=abc"),
])("refused: %s", (text) => {
  expect(found(`first line\n${text}`)).toContainEqual(expect.stringMatching(/^notes\.md:2: /));
});

test.each([
  "packages/lab/work/guest",
  "${folder}/work/guest",
  "./work/guest",
  `      "resolved": "packages/model",`,
  "https://docs.npmjs.com/cli",
  "the host registry of the controller",
])("fine: %s", (text) => {
  expect(found(text)).toEqual([]);
});

test("no file of the repository names a place that only its authors have", () => {
  const files = readFiles(() => true);
  expect(files.some((file) => file.path === "package-lock.json")).toBe(true);
  expect(files.flatMap(strayPlacesOf)).toEqual([]);
});
