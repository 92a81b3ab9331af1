import { accessSync, constants, cpSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeMachine, type FakeMachine } from "./fake-machine.ts";
import { repositoryRoot } from "./repository.ts";

/**
 * ./test itself, with tools that pass or fail as told. `breaks` names the static tools that fail; the reports of the
 * two Vitest projects lie in unit.json and lab.json and are copied to where Vitest was told to write them.
 */
const npx = `
shift
echo "npx $*" >>"$FAKE/log"
case "$*" in
  "vitest list"*) for argument; do :; done; cp "$FAKE/list.json" "\${argument#--json=}" ;;
  *vitest*)
    for argument; do
      case $argument in --outputFile.json=*) cp "$FAKE/$4.json" "\${argument#*=}" ;; esac
    done
    exit "$(cat "$FAKE/$4.exit")" ;;
  *) ! grep -qxF "$1" "$FAKE/breaks" ;;
esac`;

/** Benchmarks print what `bench` holds, and end as it says; everything else is the real Node's. */
const node = `
case "$*" in
  --version) echo v20.19.0 ;;
  *bench/src/main.ts*) cat "$FAKE/bench"; exit "$(cat "$FAKE/bench.exit")" ;;
  *) exec ${process.execPath} "$@" ;;
esac`;

let machine: FakeMachine;
beforeEach(() => {
  machine = makeMachine();
  const { repository } = machine;
  cpSync(join(repositoryRoot, "test"), join(repository, "test"));
  for (const name of ["house", "node_modules"]) symlinkSync(join(repositoryRoot, name), join(repository, name));
  writeFileSync(join(repository, "package-lock.json"), "{}");
  writeFileSync(join(repository, "install/packages.list"), "tgt tgtd # why\n");
  utimesSync(join(repository, "package-lock.json"), 0, 0);
  machine.command("npx", npx);
  machine.command("node", node);
  machine.command("tgtd", "exit 0");
  machine.set("installed", "tgt");
  machine.set("breaks");
  setBench(0, "holds   ratio");
  setReport("unit", 0, "passed", "passed", "skipped");
  setReport("lab", 0, "passed");
  machine.set("list.json", JSON.stringify([{ name: "a" }, { name: "b" }]));
});
afterEach(() => machine.remove());

function setReport(project: string, exitCode: number, ...statuses: readonly string[]): void {
  const assertionResults = statuses.map((status) => ({ status }));
  const status = statuses.includes("failed") ? "failed" : "passed";
  machine.set(`${project}.json`, JSON.stringify({ testResults: [{ status, assertionResults }] }));
  machine.set(`${project}.exit`, String(exitCode));
}

function setBench(exitCode: number, output: string): void {
  machine.set("bench", output);
  machine.set("bench.exit", String(exitCode));
}

function runTest(...parts: readonly string[]) {
  const ran = machine.run(`"$root/test" ${parts.join(" ")}`);
  return { ...ran, lastLine: ran.stdout.trimEnd().split("\n").at(-1) };
}

test("everything passes: four static stages, the tests of both projects and eight benchmarks are summed", () => {
  expect(runTest()).toMatchObject({ exitCode: 0, lastLine: "tests: 15 passed, 0 failed, 1 skipped" });
});

test("a ratio beyond its bar fails nothing; a second copy, a lost event, an untyped error and a broken benchmark do", () => {
  setBench(1, "BROKEN  ratio");
  expect(runTest("bench")).toMatchObject({ exitCode: 1, lastLine: "tests: 7 passed, 1 failed, 0 skipped" });
  for (const output of ["BROKEN  events that were lost", "BROKEN  untyped errors: 1 (limit 0)", "error: no lab"]) {
    setBench(1, output);
    expect(runTest("bench")).toMatchObject({ exitCode: 1, lastLine: "tests: 0 passed, 8 failed, 0 skipped" });
  }
});

test("every stage runs although earlier ones failed, and the exit code tells", () => {
  machine.set("breaks", "tsc", "oxlint", "oxfmt", "knip");
  setReport("unit", 1, "passed", "failed", "failed");
  expect(runTest()).toMatchObject({ exitCode: 1, lastLine: "tests: 10 passed, 6 failed, 0 skipped" });
  expect(machine.lines("log").map((line) => line.split(" ").slice(1, 2).join())).toEqual([
    "run",
    "tsc",
    "oxlint",
    "oxfmt",
    "knip",
    "vitest",
    "vitest",
  ]);
});

test("Vitest's exit code counts where its report is silent", () => {
  setReport("unit", 1, "passed");
  expect(runTest("unit")).toMatchObject({ exitCode: 1, lastLine: "tests: 1 passed, 1 failed, 0 skipped" });
});

test("counting that breaks counts as a failure", () => {
  machine.command("node", `if [ "$1" = --version ]; then echo v20.19.0; else exit 1; fi`);
  expect(runTest("unit")).toMatchObject({ exitCode: 1, lastLine: "tests: 0 passed, 1 failed, 0 skipped" });
});

test("without root the lab's tests are skipped, counted and explained; nothing else is", () => {
  machine.set("uid", "1000");
  const { exitCode, stdout, lastLine } = runTest("lab", "bench");
  expect({ exitCode, lastLine }).toEqual({ exitCode: 0, lastLine: "tests: 4 passed, 0 failed, 6 skipped" });
  expect(stdout).toMatch(/^-- vitest lab: SKIPPED, it needs root/m);
});

test("packages that nobody may install skip the lab; an installation that fails ends the run", () => {
  machine.set("installed");
  machine.set("uid", "1000");
  expect(runTest("unit", "lab")).toMatchObject({ exitCode: 0, lastLine: "tests: 2 passed, 0 failed, 3 skipped" });
  machine.set("uid", "0");
  machine.set("known", "tgt");
  machine.set("fails");
  const { exitCode, stdout } = runTest("unit", "lab");
  expect(exitCode).toBe(1);
  expect(stdout).not.toMatch(/^tests:/m);
});

test("a part runs alone and installs only what it needs", () => {
  machine.set("installed");
  expect(runTest("static").lastLine).toBe("tests: 4 passed, 0 failed, 0 skipped");
  expect(runTest("unit").lastLine).toBe("tests: 2 passed, 0 failed, 1 skipped");
  expect(machine.lines("log").filter((line) => line.startsWith("apt-get"))).toEqual([]);
  expect(runTest("everything").exitCode).toBe(2);
});

test("the scripts are executable", () => {
  for (const name of ["quickstart", "test", ".ci/run", "trunkline", "install/apt-as-root"]) {
    expect(() => accessSync(join(repositoryRoot, name), constants.X_OK)).not.toThrow();
  }
});
