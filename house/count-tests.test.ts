import { expect, test } from "vitest";
import { countRun, countSkipped, failuresOf } from "./count-tests.ts";

const file = (status: string, ...results: readonly string[]) => ({
  status,
  assertionResults: results.map((result) => ({ status: result })),
});
const report = (...testResults: readonly object[]) => JSON.stringify({ testResults });

test("passed, failed and skipped tests are summed over all files", () => {
  const text = report(
    file("passed", "passed", "passed", "skipped"),
    file("failed", "failed", "passed", "todo", "pending"),
  );
  expect(countRun(text, 1)).toEqual({ passed: 3, failed: 1, skipped: 3 });
});

test("a file that does not load counts as one failure", () => {
  expect(countRun(report(file("failed"), file("passed", "passed")), 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
});

test("an exit code without a failed test, and a missing or torn report, count as one failure", () => {
  expect(countRun(report(file("passed", "passed")), 1)).toEqual({ passed: 1, failed: 1, skipped: 0 });
  for (const text of [undefined, "", `{"testResults":[`, "{}"]) {
    expect(countRun(text, 0)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  }
});

test("a list of tests that do not run counts as skipped, no list as a failure", () => {
  expect(countSkipped(JSON.stringify([{ name: "a" }, { name: "b" }]))).toEqual({ passed: 0, failed: 0, skipped: 2 });
  expect(countSkipped(undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test("failures are named with their file and the first line of their error", () => {
  const text = JSON.stringify({
    testResults: [
      { name: "/somewhere/packages/a/src/fine.test.ts", status: "passed", assertionResults: [{ status: "passed" }] },
      {
        name: "/somewhere/packages/a/src/b.test.ts",
        status: "failed",
        assertionResults: [
          { status: "failed", fullName: "adds up", failureMessages: ["Error: 3 is not 4\n    at b.test.ts:3"] },
          { status: "passed", fullName: "is empty" },
        ],
      },
      {
        name: "/somewhere/house/c.test.ts",
        status: "failed",
        message: "SyntaxError: what\nmore",
        assertionResults: [],
      },
    ],
  });
  expect(failuresOf(text)).toEqual([
    "packages/a/src/b.test.ts > adds up: Error: 3 is not 4",
    "house/c.test.ts: SyntaxError: what",
  ]);
  expect(failuresOf(undefined)).toEqual([]);
});
