/** `trunkline serve --detach` and `--stop`: a service without a service manager, for trying things out. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { journalHolder } from "@trunkline/controller";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";
import { note, printJson } from "../output/print.ts";
import { servedJournal } from "./serve.ts";
import type { ServeOptions } from "./serve.ts";

/** Idempotent: one that runs already is named, and left alone. */
export async function detach(options: ServeOptions): Promise<void> {
  const { folder, path } = servedJournal(options);
  const before = journalHolder(path)?.url;
  if (before !== undefined) {
    tell(options, { url: before, folder, isNew: false });
    return;
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const logPath = join(folder, "serve.log");
  const log = openSync(logPath, "w", 0o600);
  const args = process.argv.slice(1).filter((word) => word !== "--detach" && word !== "--json");
  const child = spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      reject(new TrunklineError("service.unreachable", `the service ended at once:\n${lastLines(logPath)}`));
    });
  });
  const url = await Promise.race([urlOf(path, logPath), ended]);
  child.removeAllListeners();
  child.unref();
  tell(options, { url, folder, isNew: true });
}

/** Asks the service of the state folder to stop, and waits until it has. */
export async function stop(options: ServeOptions): Promise<void> {
  const { path } = servedJournal(options);
  const holder = journalHolder(path);
  if (holder?.url === undefined) {
    if (options.json === true) printJson({ stopped: false });
    else note("no service runs on this state folder");
    return;
  }
  process.kill(holder.pid, "SIGTERM");
  for (let waited = 0; waited < limits.stopMs; waited += limits.stopAskMs) {
    if (journalHolder(path)?.pid !== holder.pid) {
      if (options.json === true) printJson({ stopped: true, pid: holder.pid });
      else note(`process ${holder.pid} has stopped`);
      return;
    }
    await delay(limits.stopAskMs);
  }
  throw new TrunklineError("service.unavailable", `process ${holder.pid} is still stopping: moves are under way`, {
    hint: "See them with: trunkline move list --waiting; asking again calls off what can still be called off.",
  });
}

async function urlOf(path: string, logPath: string): Promise<string> {
  for (let waited = 0; waited < limits.startMs; waited += limits.stopAskMs) {
    const url = journalHolder(path)?.url;
    if (url !== undefined) return url;
    await delay(limits.stopAskMs);
  }
  throw new TrunklineError("service.unreachable", `the service did not start in time:\n${lastLines(logPath)}`);
}

function tell(options: ServeOptions, { url, folder, isNew }: { url: string; folder: string; isNew: boolean }): void {
  const log = join(folder, "serve.log");
  if (options.json === true) {
    printJson({ url, stateFolder: folder, log, started: isNew });
    return;
  }
  note(`${isNew ? "A controller runs now" : "A controller runs already"} and answers at ${url}; its log is ${log}.`);
  note(`Commands on its hosts find it by themselves. It ends with: trunkline serve --stop --state ${folder}`);
}

const shownLines = 5;

function lastLines(path: string): string {
  return readFileSync(path, "utf8").trim().split("\n").slice(-shownLines).join("\n");
}
