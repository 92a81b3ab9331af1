/** Writers that are killed at random moments, one after another on one store, and what is found there afterwards. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { assert, moveId } from "@trunkline/model";
import { openStore } from "./open-store.ts";
import { frozenClock, storeFolder } from "./store.fixture.ts";

const writer = fileURLToPath(new URL("./writer.fixture.ts", import.meta.url));
/** Longer than several writes take. */
const aliveMs = 20;

export interface Remains {
  readonly acknowledged: number;
  /** Acknowledged and not found. */
  readonly lost: readonly string[];
  /** Found without ever having been acknowledged: at most the write during which a writer was killed. */
  readonly unheardOf: number;
  /** Found, and not with exactly one transition. */
  readonly half: readonly string[];
  readonly events: { readonly oldest: number; readonly newest: number };
  readonly found: number;
}

export async function killWriters(rounds: number): Promise<Remains> {
  const folder = storeFolder();
  try {
    const acknowledged: string[] = [];
    for (let round = 0; round < rounds; round += 1) acknowledged.push(...(await killedRound(folder.path, round)));
    return await examine(folder.path, acknowledged);
  } finally {
    folder.remove();
  }
}

async function examine(path: string, acknowledged: readonly string[]): Promise<Remains> {
  const reader = await openStore({ path, clock: frozenClock, readOnly: true });
  const found = new Set((await reader.journal.unfinished()).map((move): string => move.request.id));
  const half: string[] = [];
  for (const id of found) if ((await reader.journal.transitions(moveId(id))).length !== 1) half.push(id);
  const events = await reader.events.range();
  await reader.close();
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((id) => !found.has(id)),
    unheardOf: found.size - acknowledged.length,
    half,
    events,
    found: found.size,
  };
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
  assert(child.signalCode === "SIGKILL", `the writer of round ${round} ended by itself: ${child.exitCode}`);
  return text.split("\n").slice(0, -1);
}
