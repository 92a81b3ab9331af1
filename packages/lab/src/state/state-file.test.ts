import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LabError } from "../lab-error.ts";
import { identify } from "../process/identity.ts";
import { labFolder } from "./lab-folder.ts";
import { withLock } from "./lock.ts";
import { StateFile } from "./state-file.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "trunkline-state-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const content = { name: "demo", topology: "two-hosts", topologyText: "…", namespaces: ["tl-demo-h1"], folders: ["/l"] };

describe("the state file", () => {
  test("gives back what was written, to another process too", () => {
    const written = StateFile.create(join(root, "demo"), content);
    written.recordProcess("h1", "keeper", { pid: 11, startTime: "100" });
    written.recordProcess("h1", "keeper", { pid: 12, startTime: "200" });
    written.recordProcess("h2", "keeper", { pid: 13, startTime: "300" });
    written.update({ acceleration: "tcg" });
    const read = StateFile.open(join(root, "demo"));
    expect(read?.state).toEqual(written.state);
    expect(read?.process("h1", "keeper")?.pid).toBe(12);
    expect(read?.state.processes).toHaveLength(2);
    read?.forgetProcess("h1", "keeper");
    expect(StateFile.open(join(root, "demo"))?.process("h1", "keeper")).toBeUndefined();
  });

  test("opened twice, neither writes back what the other has changed", () => {
    const mine = StateFile.create(join(root, "demo"), content);
    const other = StateFile.open(join(root, "demo"));
    other?.recordProcess("h1", "keeper", { pid: 11, startTime: "100" });
    mine.recordProcess("h2", "keeper", { pid: 12, startTime: "200" });
    expect(other?.state.processes.map(({ pid }) => pid)).toEqual([11, 12]);
  });

  test("is for root's eyes only, like its folder: libvirt's socket in there asks for no password", () => {
    StateFile.create(join(root, "demo"), content);
    expect(statSync(join(root, "demo")).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, "demo/state.json")).mode & 0o777).toBe(0o600);
  });

  test("is absent when nothing was built", () => {
    expect(StateFile.open(join(root, "demo"))).toBeUndefined();
  });

  test.each(["", "{", "null", '{"version":2}', '{"version":1,"name":"demo","processes":[{"pid":-1}]}'])(
    "is refused when it is damaged: %j",
    (text) => {
      StateFile.create(join(root, "demo"), content);
      writeFileSync(join(root, "demo/state.json"), text);
      expect(() => StateFile.open(join(root, "demo"))).toThrow(LabError);
    },
  );
});

describe("the lock of a lab", () => {
  const lock = () => join(root, "demo.lock");

  test("is held by one at a time, and freed also after a failure", async () => {
    const order: string[] = [];
    await expect(
      withLock(join(root, "demo"), async () => {
        await expect(withLock(join(root, "demo"), async () => order.push("second"))).rejects.toThrow(/process \d+/);
        order.push("first");
        throw new Error("the work failed");
      }),
    ).rejects.toThrow("the work failed");
    expect(order).toEqual(["first"]);
    expect(readdirSync(root)).toEqual([]);
  });

  test("of a dead owner is free, also when its pid lives on in another process", async () => {
    writeFileSync(lock(), JSON.stringify({ pid: process.pid, startTime: "1" }));
    expect(identify(process.pid)?.startTime).not.toBe("1");
    await withLock(join(root, "demo"), async () => expect(existsSync(lock())).toBe(true));
    expect(existsSync(lock())).toBe(false);
  });
});

test.each(["", "Demo", "../demo", "a/b", "9lives", "a".repeat(32)])("%j is no name for a lab", (name) => {
  expect(() => labFolder(root, name)).toThrow(LabError);
});

test("a root that the hosts cannot see is refused, a relative one is made whole", () => {
  expect(() => labFolder("/var/run/labs", "demo")).toThrow(/cannot hold labs/);
  expect(() => labFolder("/etc/../run", "demo")).toThrow(/cannot hold labs/);
  expect(labFolder("/running", "demo")).toBe("/running/demo");
  expect(labFolder("labs", "demo")).toBe(join(process.cwd(), "labs/demo"));
});
