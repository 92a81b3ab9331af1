/**
 * Fills a real file system under a store, in a process of its own: the folder is a small tmpfs that only this process's
 * mount namespace has, so it goes away with it. Prints what it saw as one line of JSON.
 */
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { initialState, step } from "@trunkline/migration";
import { TrunklineError, moveId } from "@trunkline/model";
import { systemClock } from "../../adapters/system/system-clock.ts";
import { openStore } from "./open-store.ts";
import { requestOf } from "./store.fixture.ts";

const [, , folder = ""] = process.argv;
const path = join(folder, "journal.db");
const ballast = join(folder, "ballast");
const id = moveId("a");
const { state } = step(initialState("client"), { kind: "start" });

const refusal = async (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof TrunklineError ? error.toJSON() : String(error);
  }
};

writeFileSync(ballast, Buffer.alloc(256 * 1024));
const store = await openStore({ path, clock: systemClock });
await store.journal.addMove(requestOf("a"), initialState("client"));
let written = 1;
const filled = await refusal(async () => {
  for (; written < 100_000; written += 1) await store.journal.append(id, { kind: "start" }, state);
});
const backup = await refusal(async () => {
  await store.backup(join(folder, "copy"));
});
const again = await refusal(async () => {
  for (let tries = 0; tries < 10; tries += 1) {
    await store.journal.append(id, { kind: "start" }, state);
    written += 1;
  }
});
const whileFull = {
  transitions: (await store.journal.transitions(id)).length,
  events: (await store.events.range()).newest,
  files: readdirSync(folder).sort(),
};
const writtenWhileFull = written;
rmSync(ballast);
const afterwards = await refusal(async () => {
  await store.journal.append(id, { kind: "start" }, state);
});
await store.close();
const reopened = await openStore({ path, clock: systemClock });
const transitions = (await reopened.journal.transitions(id)).length;
await reopened.close();
process.stdout.write(
  `${JSON.stringify({ written: writtenWhileFull, filled, again, backup, whileFull, afterwards, transitions })}\n`,
);
