/**
 * Puts a backup in the place of a store. The order is such that a process that dies in between leaves either the old
 * store or the new one under the name, and the old one's copy beside it.
 *
 * SQLite finds a file's log by its name (sqlite.org/howtocorrupt.html, "Unlinking or renaming a database file while in
 * use"), so the old log is out of the way before the new file comes.
 */
import { copyFileSync, constants, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { TrunklineError } from "@trunkline/model";
import type { Clock } from "@trunkline/ports";
import { copyTo, flush } from "./backup.ts";
import { attempt, openReadOnly, openWritable, storeFailed } from "./connection.ts";
import { refuseHeld, seizeLease } from "./lease.ts";
import { inspectFile } from "./schema.ts";

export interface RestoreOptions {
  readonly from: string;
  readonly to: string;
  readonly clock: Clock;
}

/**
 * @returns where the replaced store is kept; null where there was none.
 * @throws store.locked while a process holds the target, store.foreign and store.failed for a file that is no whole store.
 */
export async function restoreStore({ from, to, clock }: RestoreOptions): Promise<{ readonly replaced: string | null }> {
  const at = clock.timestamp();
  const staged = `${to}.restoring`;
  try {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    stage(from, staged, at);
    const replaced = setAside(to, at);
    renameSync(staged, to);
    flush(dirname(to));
    return { replaced };
  } catch (cause) {
    rmSync(staged, { force: true });
    throw storeFailed(`the store ${to} could not be restored from ${from}`, cause);
  }
}

/** A checked copy, with what may still stand in the backup's own log. */
function stage(from: string, staged: string, at: string): void {
  if (!existsSync(from))
    throw new TrunklineError("store.failed", `there is no backup ${from}`, { hint: "Check the name of the file." });
  if (inspectFile(from).isEmpty)
    throw new TrunklineError("store.foreign", `${from} is empty, and no store of Trunkline`);
  const database = attempt("opened", () => openReadOnly(from));
  try {
    const [row] = attempt("read", () => database.prepare("pragma integrity_check(1)").all()) as {
      readonly integrity_check: string;
    }[];
    if (row?.integrity_check !== "ok")
      throw new TrunklineError(
        "store.failed",
        `the backup ${from} is damaged: ${row?.integrity_check ?? "no answer"}`,
        {
          hint: "Take an older backup; nothing was replaced.",
        },
      );
    copyTo(database, staged, at);
  } finally {
    database.close();
  }
}

function setAside(path: string, at: string): string | null {
  if (!existsSync(path)) return null;
  holdAgainstOthers(path);
  const kept = `${path}.replaced-${at.replaceAll(":", "-")}`;
  copyFileSync(path, kept, constants.COPYFILE_EXCL);
  flush(kept);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${kept}-wal`);
  rmSync(`${path}-shm`, { force: true });
  flush(dirname(path));
  return kept;
}

/** This process takes the lease of what it replaces, so that nobody begins to write to it now. A damaged file has none. */
function holdAgainstOthers(path: string): void {
  let database: ReturnType<typeof openReadOnly>;
  try {
    inspectFile(path);
    database = openReadOnly(path);
  } catch {
    return;
  }
  try {
    seizeLease(openWritable(path), () => {
      refuseHeld(database, path);
    });
  } finally {
    database.close();
  }
}
