/**
 * What a lab owns, on disk before it exists: `down` must find everything after `up` was killed at any moment.
 *
 * Invariants: the namespaces of a lab stand in the file before the first of them is made, and every process of a lab
 * runs inside one of them, so a process that was started but not yet written down is still found. Writing is atomic
 * (a new file renamed over the old one).
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "../lab-error.ts";
import type { ProcessIdentity } from "../process/identity.ts";

const processSchema = z.object({
  node: z.string(),
  role: z.string(),
  pid: z.int().positive(),
  startTime: z.string(),
});

const stateSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  topology: z.string(),
  /** The topology's text is kept, so that status and inventory speak of what was built and not of an edited file. */
  topologyText: z.string(),
  namespaces: z.array(z.string()),
  folders: z.array(z.string()),
  processes: z.array(processSchema),
  /** What probing found; kept so that a second `up` builds guests of the same kind. */
  acceleration: z.enum(["kvm", "tcg"]).optional(),
  datapath: z.enum(["system", "netdev"]).optional(),
});

export type LabState = z.output<typeof stateSchema>;
export type RecordedProcess = z.output<typeof processSchema>;

/**
 * Nothing is kept in memory: a lab opened by one program may be mended by another, and whoever writes must not write
 * back what was true before.
 */
export class StateFile {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static create(folder: string, state: Omit<LabState, "version" | "processes">): StateFile {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    write(folder, { ...state, version: 1, processes: [] });
    return new StateFile(folder);
  }

  /** Undefined when there is no such lab, or when `up` was killed before it had made anything. */
  static open(folder: string): StateFile | undefined {
    return read(folder) === undefined ? undefined : new StateFile(folder);
  }

  get state(): LabState {
    const state = read(this.folder);
    if (state !== undefined) return state;
    throw new LabError("lab.not-found", `The lab in ${this.folder} is gone`, {
      hint: "Somebody took it down meanwhile; build it again with `trunkline lab up`.",
    });
  }

  /** Adds the process, in place of a former one with the same duty. */
  recordProcess(node: string, role: string, identity: ProcessIdentity): void {
    this.update({ processes: [...this.#processesBut(node, role), { node, role, ...identity }] });
  }

  forgetProcess(node: string, role: string): void {
    this.update({ processes: this.#processesBut(node, role) });
  }

  process(node: string, role: string): RecordedProcess | undefined {
    return this.state.processes.find((known) => known.node === node && known.role === role);
  }

  update(change: Partial<Omit<LabState, "version" | "name">>): void {
    write(this.folder, { ...this.state, ...change });
  }

  #processesBut(node: string, role: string): RecordedProcess[] {
    return this.state.processes.filter((known) => known.node !== node || known.role !== role);
  }
}

function read(folder: string): LabState | undefined {
  const path = statePath(folder);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const parsed = stateSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new LabError("lab.state", `The state file ${path} cannot be read: ${z.prettifyError(parsed.error)}`, {
    hint: "It was written by another version or by hand: end the lab's processes (`ip netns pids tl-…`), delete its namespaces and its folder.",
  });
}

function write(folder: string, state: LabState): void {
  const path = statePath(folder);
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function statePath(folder: string): string {
  return join(folder, "state.json");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
