/**
 * The files that the rules of the house are held against: what git tracks, and what it would track if it were added,
 * so that a rule speaks up before the commit.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export type SourceFile = {
  /** Relative to the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
};

export const repositoryRoot = join(import.meta.dirname, "..");

/** Longest list of paths that git may print. */
const LISTING_BYTES_MAX = 16 * 1024 * 1024;

/** Paths of all files of the repository, sorted. */
function listFiles(): readonly string[] {
  // A clone made by one user and tested by another (a container, sudo) is no danger to a listing.
  const options = ["-c", `safe.directory=${repositoryRoot}`];
  const listing = execFileSync("git", [...options, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: repositoryRoot,
    encoding: "utf8",
    maxBuffer: LISTING_BYTES_MAX,
  });
  const paths = new Set(listing.split("\0").filter((path) => path !== ""));
  return [...paths].filter(isFile).toSorted();
}

/** The files of the repository whose path `select` accepts, with their text. */
export function readFiles(select: (path: string) => boolean): readonly SourceFile[] {
  return listFiles()
    .filter(select)
    .map((path) => ({ path, text: readFileSync(join(repositoryRoot, path), "utf8") }));
}

export function isTypeScript(path: string): boolean {
  return /\.[cm]?tsx?$/.test(path);
}

export function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path);
}

function isFile(path: string): boolean {
  return statSync(join(repositoryRoot, path), { throwIfNoEntry: false })?.isFile() === true;
}
