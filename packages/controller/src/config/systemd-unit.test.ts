/** ops/trunkline.service against the configuration's defaults, and against systemd itself where it is installed. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readConfig } from "./read-config.ts";

const root = join(import.meta.dirname, "../../../..");
const unit = readFileSync(join(root, "ops/trunkline.service"), "utf8");
const analyze = "/usr/bin/systemd-analyze";

/** The value that counts: the last one. */
const valueOf = (key: string): string | undefined => [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].at(-1)?.[1];

it("gives a stop more time than the service takes for it", () => {
  const stopMs = Number(valueOf("TimeoutStopSec")) * 1_000;
  expect(stopMs).toBeGreaterThanOrEqual(readConfig().shutdown.waitForMovesMs + 15_000);
});

it("keeps the state in the folder that it makes, for nobody else", () => {
  expect(valueOf("StateDirectory")).toBe("trunkline");
  expect(valueOf("StateDirectoryMode")).toBe("0700");
  expect(valueOf("Environment")).toContain("TRUNKLINE_STATE=%S/trunkline");
});

it("gives up what the service does not need", () => {
  for (const [key, value] of [
    ["NoNewPrivileges", "yes"],
    ["ProtectSystem", "strict"],
    ["ProtectHome", "yes"],
    ["CapabilityBoundingSet", ""],
    ["Restart", "on-failure"],
  ] as const)
    expect(valueOf(key)).toBe(value);
  // The owner of the store is looked up in /proc, among all processes; Node writes code at run time.
  expect(valueOf("ProtectProc")).toBeUndefined();
  expect(valueOf("MemoryDenyWriteExecute")).toBeUndefined();
});

it.skipIf(!existsSync(analyze))("is understood by systemd, line by line", () => {
  const folder = mkdtempSync(join(tmpdir(), "tl-unit-"));
  try {
    const verify = (text: string): string => {
      const path = join(folder, "trunkline.service");
      writeFileSync(path, text.replaceAll("/opt/trunkline/trunkline", process.execPath));
      // It says what it does not understand, and ends with 0 all the same.
      return execFileSync("sh", ["-c", '"$0" verify "$1" 2>&1 || true', analyze, path], { encoding: "utf8" });
    };
    expect(verify(unit)).toBe("");
    expect(verify(unit.replace("ProtectHome=yes", "ProtectHoem=yes"))).toContain("ProtectHoem");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
