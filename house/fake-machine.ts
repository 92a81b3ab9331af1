/**
 * A machine that the installation scripts can be tried on: a folder with a PATH of its own, in which apt, dpkg, sudo,
 * systemd, Node and npm are small scripts over text files, and everything else is the real tool.
 *
 * The scripts under test are the real ones. Nothing outside of the folder is read or written.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { repositoryRoot } from "./repository.ts";

export type FakeMachine = {
  readonly folder: string;
  /** Folder with copies of the scripts, the root of a repository as they see it. */
  readonly repository: string;
  /** Where the system has its policy for starting services. */
  readonly policy: string;
  /** Writes the lines of one of the machine's state files: installed, known, after-update, enabled… */
  readonly set: (name: string, ...lines: readonly string[]) => void;
  readonly lines: (name: string) => readonly string[];
  /** Puts a shell script on the PATH, or takes a command off it. */
  readonly command: (name: string, script: string | undefined) => void;
  /** Runs bash code with the installation library loaded. */
  readonly run: (code: string, environment?: Readonly<Record<string, string>>) => Outcome;
  readonly remove: () => void;
};

export type Outcome = { readonly exitCode: number | null; readonly stdout: string; readonly stderr: string };

const RUN_MS_MAX = 30_000;

const realTools =
  "awk bash cat chmod cp dirname env flock grep mkdir mktemp printf readlink rm sleep tee touch true".split(" ");

const fakes: Readonly<Record<string, string>> = {
  id: `echo "\${FAKE_UID:-$(cat "$FAKE/uid")}"`,
  sudo: `[ -e "$FAKE/sudo" ] || exit 1; echo "sudo $*" >>"$FAKE/log"; shift; export FAKE_UID=0; exec "$@"`,
  "dpkg-query": `for name; do :; done; grep -qxF "$name" "$FAKE/installed" && printf installed`,
  "apt-cache": `if grep -qxF "$2" "$FAKE/known"; then printf '%s:\\n  Candidate: 1.0\\n' "$2"; else printf '%s:\\n  Candidate: (none)\\n' "$2"; fi`,
  "apt-get": `
echo "apt-get $*" >>"$FAKE/log"
if [ "$1" = update ]; then
  cat "$FAKE/after-update" >>"$FAKE/known"
  mkdir -p "$TRUNKLINE_SYSTEM_ROOT/var/lib/apt/lists"
  touch "$TRUNKLINE_SYSTEM_ROOT/var/lib/apt/lists/mirror_Packages.lz4"
  exit 0
fi
echo "frontend $DEBIAN_FRONTEND" >>"$FAKE/log"
"$TRUNKLINE_SYSTEM_ROOT/usr/sbin/policy-rc.d" libvirtd start
echo "policy $?" >>"$FAKE/log"
cat "$FAKE/newly-enabled" >>"$FAKE/enabled"
[ ! -e "$FAKE/terminates" ] || kill -TERM "$PPID"
[ ! -e "$FAKE/fails" ] || exit 100
shift
for name; do echo "$name" >>"$FAKE/installed"; done`,
  systemctl: `
for name; do :; done
if [ "$1" = is-enabled ]; then grep -qxF "$name" "$FAKE/enabled"; else echo "systemctl $1 $name" >>"$FAKE/log"; fi`,
  node: "echo v20.19.0",
  git: "exit 0",
  npm: `echo "npm $*" >>"$FAKE/log"`,
};

/** A machine of root on a distribution with apt, with nothing installed. */
export function makeMachine(): FakeMachine {
  const folder = mkdtempSync(join(tmpdir(), "trunkline-house-"));
  const bin = join(folder, "bin");
  const repository = join(folder, "repository");
  const system = join(folder, "system");
  for (const path of [bin, repository, join(system, "usr/sbin"), join(system, "var/lib/apt/lists")]) {
    mkdirSync(path, { recursive: true });
  }
  cpSync(join(repositoryRoot, "install"), join(repository, "install"), { recursive: true });
  for (const tool of realTools) symlinkSync(whereIs(tool), join(bin, tool));

  const command = (name: string, script: string | undefined): void => {
    const path = join(bin, name);
    rmSync(path, { force: true });
    if (script === undefined) return;
    writeFileSync(path, `#!${join(bin, "bash")}\n${script}\n`);
    chmodSync(path, 0o755);
  };
  const set = (name: string, ...lines: readonly string[]): void => {
    writeFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(""));
  };
  for (const [name, script] of Object.entries(fakes)) command(name, script);
  for (const name of ["installed", "known", "after-update", "enabled", "newly-enabled", "log"]) set(name);
  set("uid", "0");
  writeFileSync(join(system, "var/lib/apt/lists/mirror_Packages"), "");

  return {
    folder,
    repository,
    policy: join(system, "usr/sbin/policy-rc.d"),
    set,
    lines: (name) => {
      const path = join(folder, name);
      return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
    },
    command,
    run: (code, environment = {}) => {
      const library = `root=${repository}; for part in say node distribution; do source "$root/install/$part.sh"; done`;
      const ran = spawnSync(join(bin, "bash"), ["--norc", "-euo", "pipefail", "-c", `${library}; ${code}`], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: { PATH: bin, FAKE: folder, TRUNKLINE_SYSTEM_ROOT: system, TRUNKLINE_UPDATE_PAUSE_S: "0", ...environment },
        timeout: RUN_MS_MAX,
      });
      return { exitCode: ran.status, stdout: ran.stdout, stderr: ran.stderr };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function whereIs(tool: string): string {
  const found = (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, tool))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${tool} is not on the PATH: the tests of the installation need it`);
  return found;
}
