/**
 * The rooms of the house and the arrows between them, as docs/architecture.md draws them. This table is the only place
 * where they stand in code: a new package fails the test until it has a row.
 */
import { posix } from "node:path";
import { importsOf } from "./imports.ts";
import { dependenciesOf } from "./manifest.ts";
import type { SourceFile } from "./repository.ts";

type Room = {
  /** Rooms that every file of this one may import. */
  readonly mayUse: readonly string[];
  /** Rooms that only files below the given folder of src/ may import besides. */
  readonly folders?: Readonly<Record<string, readonly string[]>>;
  /** Knows no clock, no randomness, no file and no network: see purity.ts. */
  readonly isPure: boolean;
};

const decisions = ["migration", "fabric", "model"] as const;

const rooms: Readonly<Record<string, Room>> = {
  model: { mayUse: [], isPure: true },
  fabric: { mayUse: ["model"], isPure: true },
  migration: { mayUse: ["fabric", "model"], isPure: true },
  ports: { mayUse: decisions, isPure: true },
  scheduler: { mayUse: decisions, isPure: true },
  api: { mayUse: decisions, isPure: false },
  simulator: { mayUse: ["ports", ...decisions], isPure: false },
  libvirt: { mayUse: [], isPure: false },
  openflow: { mayUse: [], isPure: false },
  ovsdb: { mayUse: [], isPure: false },
  packets: { mayUse: [], isPure: true },
  lab: { mayUse: ["ports", "fabric", "model", "libvirt", "ovsdb", "packets"], isPure: false },
  controller: {
    mayUse: ["api", "ports", "scheduler", ...decisions],
    folders: { adapters: ["libvirt", "openflow", "ovsdb", "packets"] },
    isPure: false,
  },
  web: { mayUse: ["api", "ports", "scheduler", ...decisions], isPure: false },
  cli: {
    mayUse: ["controller", "lab", "simulator", "api", "ports", "scheduler", "libvirt", "ovsdb", "web", ...decisions],
    isPure: false,
  },
};

const scope = "@trunkline/";

export function isPure(room: string): boolean {
  return rooms[room]?.isPure === true;
}

/** The name of the package that a file belongs to, or undefined for bench, house and other files around the rooms. */
export function roomOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** One sentence for each import of a source file of a package that goes where no arrow leads. */
export function wrongArrowsOf(file: SourceFile): readonly string[] {
  const name = roomOf(file.path);
  if (name === undefined) return [];
  const room = rooms[name];
  if (room === undefined) return [`${file.path}: package ${name} has no row in house/rooms.ts`];
  const allowed = new Set([...room.mayUse, ...folderExtras(room, file.path)]);
  return importsOf(file.text).flatMap(({ specifier, line }) => {
    const wrong = specifier.startsWith(".")
      ? leavesPackage(file.path, specifier)
      : wrongPackage(name, allowed, specifier);
    return wrong === undefined ? [] : [`${file.path}:${line}: ${wrong}`];
  });
}

/** One sentence for each package of ours that a package.json depends on where no arrow leads. */
export function wrongDependenciesOf(manifest: SourceFile): readonly string[] {
  const name = roomOf(manifest.path);
  if (name === undefined) return [];
  const room = rooms[name];
  if (room === undefined) return [`${manifest.path}: package ${name} has no row in house/rooms.ts`];
  const allowed = new Set([...room.mayUse, ...Object.values(room.folders ?? {}).flat()]);
  return dependenciesOf(manifest)
    .filter((dependency) => dependency.name.startsWith(scope))
    .map((dependency) => dependency.name.slice(scope.length))
    .filter((used) => !allowed.has(used))
    .map((used) => `${manifest.path}: no arrow leads from ${name} to ${used}`);
}

function folderExtras(room: Room, path: string): readonly string[] {
  const folder = /^packages\/[^/]+\/src\/([^/]+)\//.exec(path)?.[1];
  return folder === undefined ? [] : (room.folders?.[folder] ?? []);
}

function leavesPackage(path: string, specifier: string): string | undefined {
  const home = path.split("/").slice(0, 2).join("/");
  const target = posix.normalize(posix.join(posix.dirname(path), specifier));
  return target.startsWith(`${home}/`) ? undefined : `the relative import of ${specifier} leaves the package`;
}

function wrongPackage(from: string, allowed: ReadonlySet<string>, specifier: string): string | undefined {
  if (!specifier.startsWith(scope)) return undefined;
  const [used = "", ...inner] = specifier.slice(scope.length).split("/");
  if (inner.length > 0) return `${specifier} is an inner file: import ${scope}${used}`;
  return allowed.has(used) ? undefined : `no arrow leads from ${from} to ${used}`;
}
