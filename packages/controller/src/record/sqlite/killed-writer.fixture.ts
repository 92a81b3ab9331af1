/** Writers that are killed at random moments, one after another on one store, and what must be found there afterwards. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { moveId } from "@trunkline/model";
import { openStore } from "./open-store.ts";
import { frozenClock, storeFolder } from "./store.fixture.ts";

const writer = fileURLToPath(new URL("./writer.fixture.ts", import.meta.url));
/** Longer than several writes take. */
const aliveMs = 20;

export async function killWriters(rounds: number): Promise<void> {
  const folder = storeFolder();
  try {
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round += 1) acknowledged.push(...(await killedRound(folder.path, round)));
    await examine(folder.path, acknowledged, rounds);
  } finally {
    folder.remove();
  }
}

async function examine(path: string, acknowledged: readonly string[], rounds: number): Promise<void> {
  expect(acknowledged.length).toBeGreaterThan(rounds);
  const reader = await openStore({ path, clock: frozenClock, readOnly: true });
  const found = new Set((await reader.journal.unfinished()).map((move): string => move.request.id));
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([]);
  for (const id of found) expect(await reader.journal.transitions(moveId(id))).toHaveLength(1);
  expect(await reader.events.range()).toEqual({ oldest: 1, newest: found.size });
  // One write of each round may be on the disk without its writer having lived to say so.
  expect(found.size - acknowledged.length).toBeLessThanOrEqual(rounds);
  await reader.close();

  const heir = await openStore({ path, clock: frozenClock });
  expect(heir.lastHolder).toMatchObject({ releasedAt: null });
  await heir.close();
}

/** @returns what a writer acknowledged before it was killed. */
async function killedRound(path: string, round: number): Promise<readonly string[]> {
  const loader = ["--conditions=source", "--import", import.meta.resolve("tsx")];
  const child = spawn(process.execPath, [...loader, writer, path, String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  let text = "";
  child.stdout.setEncoding("utf8");
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), Math.random() * aliveMs));
  child.stdout.on("data", (chunk: string) => {
    text += chunk;
  });
  await closed;
  expect(child.signalCode).toBe("SIGKILL");
  return text.split("\n").slice(0, -1);
}
