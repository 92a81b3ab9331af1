/**
 * Real captures, those that network.md of the reference lists: a folder `tcpdump` of its project's tests, with the text that
 * tcpdump prints for some of them, and a folder `synthetic`. They are not part of this repository, for their licences and
 * their size. They are looked for beside it, in ../shared/data/pcaps; TRUNKLINE_CAPTURES names another folder. Tests that
 * need them are skipped where there are none, and say so.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const beside = join(repository, "../shared/data/pcaps");
const named = process.env["TRUNKLINE_CAPTURES"];
const wanted = named ?? beside;

const areThere = existsSync(wanted);

/** For the name of the tests. */
export const capturesReason = areThere
  ? `from ${named === undefined ? "beside the repository" : "TRUNKLINE_CAPTURES"}`
  : `skipped: no folder ../shared/data/pcaps beside the repository, and TRUNKLINE_CAPTURES names none that is there`;

/** To be called by a file of tests when it is loaded. @returns whether they have to be skipped, after saying so. */
export function lacksCaptures(): boolean {
  if (!areThere) process.stderr.write(`captures ${capturesReason}\n`);
  return !areThere;
}

/** A file of the folder, as `tcpdump/vrrp.pcap`. */
export function capturePath(file: string): string {
  return join(wanted, file);
}

export function captureBytes(file: string): Uint8Array {
  return readFileSync(capturePath(file));
}

/** Names of all captures, sorted. Empty when there are none. */
export function captureFiles(): readonly string[] {
  if (!areThere) return [];
  return readdirSync(wanted, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.pcap(?:ng)?$/.test(file))
    .toSorted();
}
