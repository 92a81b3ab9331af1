import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findControlAddress } from "./find-control.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tl-ovsdbtest-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

it("names the socket after the process id", async () => {
  await writeFile(path.join(folder, "ovs-vswitchd.pid"), "4711\n");
  expect(await findControlAddress(folder)).toBe(`unix:${folder}/ovs-vswitchd.4711.ctl`);
});

it("says so when there is no daemon, and when the file is not what it should be", async () => {
  await expect(findControlAddress(folder)).rejects.toMatchObject({ code: "ovsdb.not-found" });
  await writeFile(path.join(folder, "ovs-vswitchd.pid"), "../../etc/1");
  await expect(findControlAddress(folder)).rejects.toMatchObject({ code: "ovsdb.not-found" });
  await expect(findControlAddress(folder, AbortSignal.abort())).rejects.toMatchObject({ code: "ovsdb.aborted" });
});
