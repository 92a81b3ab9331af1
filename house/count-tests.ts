/**
 * Prints "PASSED FAILED SKIPPED" for ./test.
 *
 *     count-tests.ts REPORT EXIT_CODE     what Vitest's JSON report says of a run
 *     count-tests.ts --skip LIST          the tests of `vitest list --json`, all of them skipped
 *     count-tests.ts --failures REPORT    not the counts but a line for each failure: file, test, the error's first line
 *
 * A run can fail without a failed test: a file that does not load, an error outside of any test, no report at all. Each
 * such thing counts as one failure, or the line would read as if all were well.
 */
import { readFileSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";

export type Counts = { readonly passed: number; readonly failed: number; readonly skipped: number };

/** Counts a run from the text of its report (undefined: there is none) and Vitest's exit code. */
export function countRun(report: string | undefined, exitCode: number): Counts {
  const files = membersOf(parse(report), "testResults");
  if (files === undefined) return { passed: 0, failed: 1, skipped: 0 };
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const file of files) {
    const statuses = (membersOf(file, "assertionResults") ?? []).map((result) => memberOf(result, "status"));
    const failures = statuses.filter((status) => status === "failed").length;
    passed += statuses.filter((status) => status === "passed").length;
    skipped += statuses.filter((status) => status !== "passed" && status !== "failed").length;
    failed += failures === 0 && memberOf(file, "status") === "failed" ? 1 : failures;
  }
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

/** A line for each test that failed and each file that failed outside of its tests. */
export function failuresOf(report: string | undefined): readonly string[] {
  return (membersOf(parse(report), "testResults") ?? []).flatMap((file) => {
    const name = textOf(file, "name").replace(/^.*\/(?=packages\/|bench\/|house\/)/, "");
    const failed = (membersOf(file, "assertionResults") ?? []).filter((test) => memberOf(test, "status") === "failed");
    if (failed.length === 0 && memberOf(file, "status") === "failed")
      return [`${name}: ${firstLine(textOf(file, "message"))}`];
    return failed.map((test) => {
      const [message] = membersOf(test, "failureMessages") ?? [];
      return `${name} > ${textOf(test, "fullName")}: ${firstLine(typeof message === "string" ? message : "")}`;
    });
  });
}

/** Counts the tests of a list that were not run. A list that could not be made is a failure: files did not load. */
export function countSkipped(list: string | undefined): Counts {
  const tests = parse(list);
  return Array.isArray(tests) ? { passed: 0, failed: 0, skipped: tests.length } : { passed: 0, failed: 1, skipped: 0 };
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown, name: string): string {
  const found = memberOf(value, name);
  return typeof found === "string" ? found : "";
}

const firstLine = (text: string): string => text.trimStart().split("\n", 1)[0]?.slice(0, LINE_CHARACTERS) ?? "";
const LINE_CHARACTERS = 300;

function membersOf(value: unknown, name: string): readonly unknown[] | undefined {
  const found = memberOf(value, name);
  return Array.isArray(found) ? found : undefined;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function main([first = "", second = ""]: readonly string[]): void {
  if (first === "--failures") {
    for (const line of failuresOf(readText(second))) process.stdout.write(`FAILED ${line}\n`);
    return;
  }
  const counts = first === "--skip" ? countSkipped(readText(second)) : countRun(readText(first), Number(second));
  process.stdout.write(`${counts.passed} ${counts.failed} ${counts.skipped}\n`);
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1] ?? ".")).href) main(process.argv.slice(2));
