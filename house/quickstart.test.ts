import { cpSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeMachine, type FakeMachine } from "./fake-machine.ts";
import { repositoryRoot } from "./repository.ts";

let machine: FakeMachine;
beforeEach(() => {
  machine = makeMachine();
  const { repository, folder } = machine;
  cpSync(join(repositoryRoot, "quickstart"), join(repository, "quickstart"));
  writeFileSync(join(repository, "package-lock.json"), "{}");
  utimesSync(join(repository, "package-lock.json"), 0, 0);
  mkdirSync(join(repository, "node_modules"));
  writeFileSync(join(repository, "node_modules/.package-lock.json"), "{}");
  writeFileSync(join(repository, "install/packages.list"), "tgt tgtd # why\n");
  machine.set("known", "tgt");
  machine.command("trunkline", `echo "trunkline $* as \${FAKE_UID:-root}" >>"$FAKE/log"; [ ! -e "$FAKE/breaks" ]`);
  symlinkSync(join(folder, "bin/trunkline"), join(repository, "trunkline"));
  symlinkSync(join(repository, "quickstart"), join(folder, "linked"));
});
afterEach(() => machine.remove());

const demos = () => machine.lines("log").filter((line) => line.startsWith("trunkline"));
const nextCommands = (stdout: string) => stdout.split("\n").filter((line) => /^ {2}\S/.test(line));

test("from another folder and through a link it installs, shows the demo, leaves a controller and names the next commands", () => {
  const { exitCode, stdout, stderr } = machine.run("cd /; $FAKE/linked");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(machine.lines("installed")).toContain("tgt");
  expect(demos()).toEqual(["trunkline lab demo as root", "trunkline serve --lab demo --detach as root"]);
  expect(nextCommands(stdout)).toHaveLength(4);
  expect(stdout).toContain(join(machine.repository, "trunkline"));
});

test("in the folder of the repository the commands are short", () => {
  expect(nextCommands(machine.run(`cd "$root"; ./quickstart`).stdout)[0]).toMatch(/^ {2}\.\/trunkline lab status /);
});

test("--no-demo only installs; --help and a wrong option do nothing", () => {
  expect(machine.run("./linked --help").exitCode).toBe(0);
  expect(machine.run("./linked --demo").exitCode).toBe(2);
  expect(machine.lines("log")).toEqual([]);
  expect(machine.run("./linked --no-demo").exitCode).toBe(0);
  expect(machine.lines("installed")).toContain("tgt");
  expect(demos()).toEqual([]);
});

test("a demo that fails fails the quickstart", () => {
  machine.set("breaks");
  const { exitCode, stdout } = machine.run("./linked");
  expect(exitCode).toBe(1);
  expect(nextCommands(stdout)).toEqual([]);
});

test("with sudo the lab runs as root and the next commands say sudo; without, one line says what to do", () => {
  machine.set("uid", "1000");
  const refused = machine.run("./linked");
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(/^Missing, .*\n$/);
  machine.set("installed", "tgt");
  expect(machine.run("./linked").stderr).toMatch(/^Everything is installed, but the lab needs root: sudo .*\n$/);
  machine.set("sudo");
  const { exitCode, stdout } = machine.run("./linked");
  expect(exitCode).toBe(0);
  expect(demos()).toEqual(["trunkline lab demo as 0", "trunkline serve --lab demo --detach as 0"]);
  expect(nextCommands(stdout)[0]).toMatch(/^ {2}sudo env PATH="\$PATH" \S*trunkline lab status /);
});
