/**
 * Makes package-lock.json whole: `npm run lockfile`, after adding a package.
 *
 * Tools with native parts depend on one optional package for each platform. npm leaves those out of the
 * lockfile that the package mirror does not carry, and `npm ci` then refuses the lockfile everywhere, also on a platform
 * that has all it needs. An entry with version and platform is enough for it: other platforms' entries are never fetched. There
 * is no checksum to write for a package that could not be seen; npm adds it where it installs from a full mirror.
 */
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { repositoryRoot } from "./repository.ts";

type Entry = {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dev?: boolean;
  readonly [field: string]: unknown;
};
type Lockfile = { readonly packages: Readonly<Record<string, Entry>>; readonly [field: string]: unknown };
type Gap = { readonly by: Entry; readonly name: string; readonly version: string };

/** The optional packages, as name@version, that a package of the lockfile asks for and the lockfile does not have. */
export function gapsOf(text: string): readonly string[] {
  return findGaps(parse(text)).map(({ name, version }) => `${name}@${version}`);
}

/** The lockfile with an entry for each gap, in npm's order and layout. */
export function fillGaps(text: string): string {
  const lockfile = parse(text);
  const added = findGaps(lockfile).map((gap) => [`node_modules/${gap.name}`, entryFor(gap)] as const);
  const packages = [...Object.entries(lockfile.packages), ...added].toSorted(([a], [b]) => a.localeCompare(b, "en"));
  return `${JSON.stringify({ ...lockfile, packages: Object.fromEntries(packages) }, undefined, 2)}\n`;
}

function findGaps({ packages }: Lockfile): readonly Gap[] {
  return Object.entries(packages).flatMap(([path, by]) =>
    Object.entries(by.optionalDependencies ?? {})
      .filter(
        ([name]) => !foldersAbove(path).some((folder) => Object.hasOwn(packages, `${folder}node_modules/${name}`)),
      )
      .map(([name, version]) => ({ by, name, version })),
  );
}

/** Where Node looks for a dependency of the package at `path`: its own folder first, the root last. */
function foldersAbove(path: string): readonly string[] {
  const parts = path.split("/node_modules/");
  return [...parts.map((_, index) => `${parts.slice(0, parts.length - index).join("/node_modules/")}/`), ""];
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "loong64", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** The platform stands in the name by the custom of all such packages: …-linux-arm64-musl. */
function entryFor({ by, name, version }: Gap): Entry {
  const words = name.split(/[/-]/);
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  const os = SYSTEMS.filter((system) => words.includes(system));
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(by.dev === true ? { dev: true } : {}),
    ...(words.includes("linux") && words.some((word) => word.startsWith("musl")) ? { libc: ["musl"] } : {}),
    ...(words.includes("linux") && words.some((word) => word.startsWith("gnu")) ? { libc: ["glibc"] } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

function parse(text: string): Lockfile {
  const value: unknown = JSON.parse(text);
  if (!isLockfile(value)) throw new Error("package-lock.json has no packages: is it of lockfileVersion 3?");
  return value;
}

function isLockfile(value: unknown): value is Lockfile {
  return typeof value === "object" && value !== null && "packages" in value && typeof value.packages === "object";
}

function main(): void {
  const path = join(repositoryRoot, "package-lock.json");
  const text = readFileSync(path, "utf8");
  const gaps = gapsOf(text);
  if (gaps.length > 0) writeFileSync(path, fillGaps(text));
  process.stdout.write(`package-lock.json: ${gaps.length} optional packages added\n`);
}

if (import.meta.url === pathToFileURL(realpathSync(process.argv[1] ?? ".")).href) main();
