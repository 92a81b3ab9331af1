/** What a lab leaves on the machine, and an `up` that is killed on its way: for tests on real parts. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { labDown } from "./index.ts";
import { identify, isListed } from "./process/identity.ts";
import type { ProcessIdentity } from "./process/identity.ts";
import { run } from "./process/run.ts";
import { namespacePids } from "./world/namespaces.ts";

async function namespacesOf(name: string): Promise<readonly string[]> {
  const listed = (await run(["ip", "netns", "list"])).split("\n").map((line) => line.split(" ")[0] ?? "");
  return listed.filter((namespace) => namespace.startsWith(`tl-${name}-`));
}

export async function processesOf(name: string): Promise<readonly ProcessIdentity[]> {
  const pids = await Promise.all((await namespacesOf(name)).map(namespacePids));
  return pids
    .flat()
    .map(identify)
    .filter((identity) => identity !== undefined);
}

/** Takes the lab down and looks for whatever it may have left. */
export async function expectNothingLeft(root: string, name: string): Promise<void> {
  const processes = await processesOf(name);
  await labDown({ name, root });
  expect(await namespacesOf(name)).toEqual([]);
  expect(processes.filter(isListed)).toEqual([]);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(name);
  expect(readdirSync(root).filter((file) => file.startsWith(name))).toEqual([]);
}

/**
 * Runs `up` in a process of its own that kills itself with SIGKILL at the first progress line that matches. Killed from
 * here it might have come up before this process, on a busy machine, had read the line.
 */
export async function killUp(
  options: { readonly name: string; readonly topology: string; readonly root: string },
  moment: RegExp,
): Promise<void> {
  const index = new URL("./index.ts", import.meta.url).href;
  const program = `import { labUp } from ${JSON.stringify(index)};
    const log = (line) => { if (${moment}.test(line)) process.kill(process.pid, "SIGKILL"); };
    await labUp({ ...${JSON.stringify(options)}, log });`;
  const child = spawn(
    process.execPath,
    ["--conditions=source", "--import", "tsx", "--input-type=module", "--eval", program],
    { cwd: fileURLToPath(new URL("../../..", import.meta.url)), stdio: ["ignore", "ignore", "inherit"] },
  );
  const ended = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.once("exit", (_code, signal) => resolve(signal));
  });
  expect(ended).toBe("SIGKILL");
}
