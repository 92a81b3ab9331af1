/**
 * One `up` or `down` at a time per lab. The lock is a file beside the lab's folder that names its owner by pid and
 * start time; the lock of a dead owner is free for the taking.
 */
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { LabError } from "../lab-error.ts";
import { identify, isAlive } from "../process/identity.ts";

const ownerSchema = z.object({ pid: z.int().positive(), startTime: z.string() });

/** Attempts to take a lock whose dead owner was just removed; a living competitor ends the loop at once. */
const ATTEMPTS = 5;

export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = `${folder}.lock`;
  acquire(path);
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function acquire(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  sweep(path);
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        // link(2) is the atomic "create if absent" that also carries the content.
        linkSync(own, path);
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
      const owner = readOwner(path);
      if (owner !== undefined && isAlive(owner)) throw busy(path, owner.pid);
      rmSync(path, { force: true });
    }
    throw busy(path, undefined);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Removes what a process left that was killed while it took the lock. */
function sweep(path: string): void {
  for (const file of readdirSync(dirname(path))) {
    const own = join(dirname(path), file);
    const pid = own.startsWith(`${path}.`) ? Number(own.slice(path.length + 1)) : Number.NaN;
    if (pid > 0 && identify(pid) === undefined) rmSync(own, { force: true });
  }
}

function readOwner(path: string): z.output<typeof ownerSchema> | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(readFileSync(path, "utf8"))).data;
  } catch {
    return undefined;
  }
}

function busy(path: string, pid: number | undefined): LabError {
  const who = pid === undefined ? "another process" : `process ${pid}`;
  return new LabError("lab.busy", `The lab is being built or removed by ${who} (${path})`, {
    hint: "Wait until that command has ended, or end it, and try again.",
    details: { pid },
  });
}
