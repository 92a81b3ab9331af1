/** Programs that are run beside the benchmark: to their end, or until they have said something. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "./limits.ts";

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** True when it said it, false when it ended without. */
  readonly says: (words: RegExp) => Promise<boolean>;
  readonly kill: () => Promise<void>;
}

export function start(command: readonly string[], signal: AbortSignal): Running {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], timeout: limits.commandMs });
  const said = { stdout: "", stderr: "", isOver: false };
  const collect = (name: "stdout" | "stderr") => (text: string) => {
    if (said[name].length < limits.commandOutputBytes) said[name] += text;
  };
  child.stdout.setEncoding("utf8").on("data", collect("stdout"));
  child.stderr.setEncoding("utf8").on("data", collect("stderr"));
  const onAbort = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", onAbort, { once: true });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => {
      said.isOver = true;
      signal.removeEventListener("abort", onAbort);
      resolve({ exitCode, stdout: said.stdout, stderr: said.stderr });
    });
  });
  return {
    ended,
    says: async (words) => {
      // The child's own deadline bounds this.
      while (!words.test(said.stderr)) {
        if (said.isOver) return false;
        await sleep(limits.pauseMs, undefined, { signal });
      }
      return true;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export async function until(condition: () => Promise<boolean>, what: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + limits.patienceMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`it did not come true within ${limits.patienceMs} ms: ${what}`);
    await sleep(limits.pauseMs, undefined, { signal });
  }
}
