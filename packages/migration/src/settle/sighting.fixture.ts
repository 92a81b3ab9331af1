/**
 * Sightings as tables and transcripts write them: `absent`, `unreachable`, `running/booted`, `paused/migration`, with
 * `+migration-out` behind it for a job. Unknown words are an error, so that a misspelt row cannot pass.
 */
import type { JobKind, PowerReason, PowerState, Sighting } from "@trunkline/model";

export const powers: readonly PowerState[] = ["running", "paused", "shutoff", "crashed", "other"];
export const reasons: readonly PowerReason[] = [
  "booted",
  "migrated",
  "unpaused",
  "migration-canceled",
  "postcopy",
  "postcopy-failed",
  "migration",
  "user",
  "io-error",
  "starting-up",
  "other",
];
export const jobs: readonly JobKind[] = ["none", "migration-out", "migration-in", "other"];

export function sighting(text: string): Sighting {
  if (text === "absent") return { kind: "absent" };
  if (text === "unreachable") return { kind: "unreachable", why: "connection refused" };
  const [state = "", job = "none"] = text.split("+");
  const [power = "", reason = "other"] = state.split("/");
  return { kind: "present", power: word(powers, power), reason: word(reasons, reason), job: word(jobs, job) };
}

function word<T extends string>(words: readonly T[], text: string): T {
  const found = words.find((candidate) => candidate === text);
  if (found === undefined) throw new TypeError(`not one of ${words.join(", ")}: ${JSON.stringify(text)}`);
  return found;
}
