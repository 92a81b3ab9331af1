/** What outlives the process: the state folder, the store in it, who owns it, and the service that may run on it. */
import { constants, existsSync } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { inspectStore, isNewestSchema, journalHolder } from "@trunkline/controller";
import { TrunklineError, messageOf } from "@trunkline/model";
import { limits } from "../limits.ts";
import type { Finding, Question } from "./finding.ts";

export function stateQuestions(journal: string, serviceUrl: string | undefined): readonly Question[] {
  const folder = resolve(dirname(journal));
  return [
    { area: "state", name: "folder", ask: async () => [await folderFinding(folder)] },
    { area: "state", name: "free space", ask: async () => [await spaceFinding(folder)] },
    { area: "state", name: "store", ask: async () => storeFindings(journal) },
    { area: "service", name: "controller", ask: async (signal) => [await serviceFinding(journal, serviceUrl, signal)] },
  ];
}

async function folderFinding(folder: string): Promise<Finding> {
  const about = { area: "state", name: "folder", isNeeded: true } as const;
  const existing = await nearestExisting(folder);
  try {
    await access(existing, constants.W_OK | constants.X_OK);
  } catch {
    const consequence = "nothing can be recorded, so no VM is moved";
    const fix = `make it writable for this user, or choose another folder with --state`;
    return { ...about, state: "missing", message: `${existing} cannot be written`, consequence, fix };
  }
  if (existing !== folder) return { ...about, state: "ok", message: `${folder} will be made` };
  const { mode } = await stat(folder);
  if ((mode & 0o077) === 0) return { ...about, state: "ok", message: folder };
  return {
    ...about,
    state: "degraded",
    message: `${folder} is open to other users (mode ${(mode & 0o777).toString(8)})`,
    consequence: "they can read what was moved where, and the hashes of passwords and tokens",
    fix: `chmod 700 ${folder}`,
  };
}

async function spaceFinding(folder: string): Promise<Finding> {
  const about = { area: "state", name: "free space", isNeeded: true } as const;
  const existing = await nearestExisting(folder);
  const { bavail, bsize } = await statfs(existing);
  const freeBytes = bavail * bsize;
  const message = `${Math.floor(freeBytes / 1024 ** 2)} MiB free at ${existing}`;
  if (freeBytes >= limits.freeSpaceTightBytes) return { ...about, state: "ok", message };
  const consequence = "when the disk is full nothing can be recorded, and no VM is moved";
  const isEnough = freeBytes >= limits.freeSpaceNeededBytes;
  return { ...about, state: isEnough ? "degraded" : "missing", message, consequence, fix: "free some space there" };
}

function storeFindings(journal: string): readonly Finding[] {
  const about = { area: "state", name: "store", isNeeded: true } as const;
  try {
    if (!existsSync(journal)) return [{ ...about, state: "ok", message: "none yet; the first move makes it" }];
    const { version } = inspectStore(journal);
    const message = `${journal}, schema ${version}`;
    const store: Finding = isNewestSchema(version)
      ? { ...about, state: "ok", message }
      : {
          ...about,
          state: "degraded",
          message: `${message}, which an older version of Trunkline wrote`,
          consequence: "commands that only look cannot read it",
          fix: "the next trunkline migrate or trunkline serve brings it up to date; copy the file before",
        };
    return [store, leaseFinding(journal)];
  } catch (error) {
    const consequence = "no VM is moved with this state folder";
    const fix = error instanceof TrunklineError ? error.hint : "look at the permissions of the file";
    return [{ ...about, state: "missing", message: messageOf(error), consequence, fix }];
  }
}

function leaseFinding(journal: string): Finding {
  const about = { area: "state", name: "lease", isNeeded: false } as const;
  const holder = journalHolder(journal);
  if (holder === undefined) return { ...about, state: "ok", message: "nobody owns the store now" };
  const since = holder.since === undefined ? "" : ` since ${holder.since}`;
  return { ...about, state: "ok", message: `process ${holder.pid} (${holder.command}) owns the store${since}` };
}

/** The service that was named, else the one that owns the store and said in its lease where it answers. */
async function serviceFinding(journal: string, named: string | undefined, signal: AbortSignal): Promise<Finding> {
  const about = { area: "service", name: "controller", isNeeded: false } as const;
  const url = named ?? announcedUrl(journal);
  if (url === undefined)
    return { ...about, state: "ok", message: "none runs on this state folder; commands do without" };
  try {
    const answer = await fetch(new URL("/health", url), { signal, redirect: "error" });
    await answer.body?.cancel();
    if (answer.ok) return { ...about, state: "ok", message: `${url} answers` };
    throw new Error(`it answers ${answer.status}`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
    return {
      ...about,
      state: "degraded",
      message: `${url} does not answer: ${cause}`,
      consequence: "nobody watches the hosts, and queued moves wait",
      fix: "systemctl status trunkline; journalctl -u trunkline",
    };
  }
}

function announcedUrl(journal: string): string | undefined {
  try {
    return journalHolder(journal)?.url;
  } catch {
    // What is wrong with the store is said by the question about the store.
    return undefined;
  }
}

async function nearestExisting(folder: string): Promise<string> {
  const isThere = await access(folder, constants.F_OK).then(
    () => true,
    () => false,
  );
  return isThere || dirname(folder) === folder ? folder : await nearestExisting(dirname(folder));
}
