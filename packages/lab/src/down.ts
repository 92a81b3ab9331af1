/**
 * Removes a lab: every process inside its namespaces, the namespaces, its folder, and nothing else. Works on whatever
 * an `up` left behind, wherever it was killed; a second call finds nothing and is content.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { LabError } from "./lab-error.ts";
import { KILL_TIMEOUT_MS } from "./limits.ts";
import { identify, isListed, signalProcess } from "./process/identity.ts";
import type { ProcessIdentity } from "./process/identity.ts";
import { waitFor } from "./process/wait.ts";
import { labFolder } from "./state/lab-folder.ts";
import { withLock } from "./state/lock.ts";
import { StateFile } from "./state/state-file.ts";
import { namespacePids, removeNamespace } from "./world/namespaces.ts";

export type LabDownOptions = {
  readonly name: string;
  readonly root?: string | undefined;
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
};

export async function labDown(options: LabDownOptions): Promise<void> {
  const folder = labFolder(options.root, options.name);
  if (!existsSync(folder)) return;
  await withLock(folder, async () => {
    const state = StateFile.open(folder);
    if (state !== undefined) await removeWorld(state, options);
    else refuseForeignFolder(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
}

async function removeWorld(file: StateFile, options: LabDownOptions): Promise<void> {
  const { namespaces, processes } = file.state;
  options.log?.(`ending the processes of ${options.name}`);
  const ended = new Map<number, ProcessIdentity>(processes.map((known) => [known.pid, known]));
  const quiet = await waitFor(
    async () => {
      // Again and again until none is found: a daemon may have forked between the look and the signal.
      const inside = (await Promise.all(namespaces.map(namespacePids))).flat();
      for (const identity of inside.map(identify).filter((found) => found !== undefined)) {
        ended.set(identity.pid, identity);
      }
      const left = [...ended.values()].filter(isListed);
      for (const identity of left) signalProcess(identity, "SIGKILL");
      return left.length === 0 && inside.length === 0 ? true : undefined;
    },
    { timeoutMs: KILL_TIMEOUT_MS, signal: options.signal },
  );
  if (quiet !== true) {
    const left = [...ended.values()].filter(isListed).map((identity) => identity.pid);
    throw new LabError("lab.left-over", `Processes of the lab ${options.name} do not end: ${left.join(", ")}`, {
      hint: "See what they wait for with `cat /proc/PID/stack`, then run `trunkline lab down` again.",
      details: { pids: left },
    });
  }
  for (const namespace of namespaces) await removeNamespace(namespace);
}

/** An `up` killed before its first state file leaves an empty folder; anything else is somebody else's. */
function refuseForeignFolder(folder: string): void {
  if (readdirSync(folder).every((name) => name === "state.json.new")) return;
  throw new LabError("lab.state", `${folder} has no state file and holds something: it is not removed`, {
    hint: "Look at what it holds, and remove it by hand if it is a lab's.",
  });
}
