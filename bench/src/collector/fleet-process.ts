/** Starts the simulated hosts, hands out where they listen, and ends them. */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TrunklineError, hostName } from "@trunkline/model";
import type { Inventory } from "@trunkline/model";
import type { FleetAnswer, FleetOrder } from "./fleet.ts";

export async function withFleet<T>(
  size: Omit<FleetOrder, "folder">,
  signal: AbortSignal,
  work: (inventory: Inventory) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "trunkline-fleet-"));
  const program = fileURLToPath(new URL("./fleet.ts", import.meta.url));
  const child = fork(program, [], { execArgv: process.execArgv, signal });
  try {
    const paths = await new Promise<readonly string[]>((resolve, reject) => {
      child.once("message", (answer: FleetAnswer) => {
        if ("failure" in answer) reject(failed(answer.failure));
        else resolve(answer.paths);
      });
      child.once("error", reject);
      child.once("exit", () => {
        reject(failed("they ended without a word"));
      });
      child.send({ ...size, folder } satisfies FleetOrder);
    });
    return await work(inventoryOf(paths));
  } finally {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function inventoryOf(paths: readonly string[]): Inventory {
  const hosts = paths.map((path, host) => ({
    name: hostName(`host${host}`),
    uri: `qemu+unix:///system?socket=${path}`,
  }));
  return { hosts, switches: [], links: [], probes: [], services: [] };
}

const failed = (why: string): TrunklineError =>
  new TrunklineError("lab.failed", `the simulated hosts failed: ${why}`, {
    hint: "Each of them needs three open files; see how many are allowed with: ulimit -n",
  });
