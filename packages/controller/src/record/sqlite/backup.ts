/**
 * A copy of the store, whole or not there: it is written beside its name, flushed, and named when it is complete. Until
 * then an empty file keeps the name, so that nobody else's file is overwritten.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "libsql";
import { TrunklineError } from "@trunkline/model";
import { openWritable, quoted, storeFailed } from "./connection.ts";

export async function backUp(database: Database.Database, path: string, at: string): Promise<void> {
  reserve(path);
  try {
    copyTo(database, `${path}.part`, at);
    renameSync(`${path}.part`, path);
    flush(dirname(path));
  } catch (cause) {
    rmSync(`${path}.part`, { force: true });
    rmSync(path, { force: true });
    throw storeFailed(`the backup ${path} could not be written, and no part of it is left`, cause);
  }
}

/** The database as of now, in a file that is replaced if it exists; its lease belongs to nobody. */
export function copyTo(database: Database.Database, path: string, at: string): void {
  rmSync(path, { force: true });
  closeSync(openSync(path, "wx", 0o600));
  database.exec(`vacuum into ${quoted(path)}`);
  const copy = openWritable(path);
  try {
    // The copy would else be held by the process that made it. `exec` leaves no statement open, which would keep the file open.
    copy.exec(`update lease set pid = 0, started = '', command = command || ' (copied ' || ${quoted(at)} || ')'`);
  } finally {
    copy.close();
  }
  flush(path);
}

export function flush(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function reserve(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    if (!isThere) throw storeFailed(`the backup ${path} could not be written`, cause);
    throw new TrunklineError("store.failed", `${path} exists, and a backup replaces no file`, {
      hint: "Give another name, or remove that file first.",
      cause,
    });
  }
}
