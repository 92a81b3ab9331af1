/** A snapshot that `trunkline snapshot save` wrote, read back for planning. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseSnapshot } from "@trunkline/api";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { Snapshot } from "@trunkline/model";

/** @throws snapshot.invalid. */
export function readSnapshot(path: string): Snapshot {
  try {
    const text = readFileSync(path, "utf8");
    return parseSnapshot(path.endsWith(".json") ? JSON.parse(text) : parse(text));
  } catch (cause) {
    if (cause instanceof TrunklineError) throw cause;
    throw new TrunklineError("snapshot.invalid", `${path} could not be read: ${messageOf(cause)}`, { cause });
  }
}
