/** Runs Ganeti's balancer and reads what it prints: the score before, and after each of its moves. */
import { execFile } from "node:child_process";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";

export interface PeerRun {
  readonly scoreBefore: number;
  readonly steps: readonly PeerStep[];
  /** Of the whole process, as the shell counts it. */
  readonly cpuS: number;
}

export interface PeerStep {
  readonly instance: string;
  readonly node: string;
  readonly score: number;
}

/** @param maxMoves without it, until nothing helps. */
export async function runHbal(
  files: { readonly cluster: string; readonly loads: string },
  maxMoves: number | undefined,
  signal: AbortSignal,
): Promise<PeerRun> {
  const bound = maxMoves === undefined ? [] : ["-l", String(maxMoves)];
  const words = ["hbal", "-t", files.cluster, "-U", files.loads, "-v", "-v", ...bound];
  // The shell's own `time` is everywhere; what Node tells of a child is no processor time.
  const { stdout, stderr } = await ended(["bash", "-c", 'TIMEFORMAT="cpu %U %S"; time "$@"', "bash", ...words], signal);
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  const before = /Initial coefficients: overall ([\d.]+)/.exec(stdout)?.[1];
  if (user === undefined || system === undefined || before === undefined)
    throw new TrunklineError(
      "lab.failed",
      `hbal printed something else than expected: ${stdout.slice(-limits.excerptChars)}`,
    );
  const lines = stdout.matchAll(/^ *\d+\. (\S+) +\S+ +=> (\S+) +([\d.]+) a=/gm);
  const steps = [...lines].map(([, instance = "", node = "", score]) => ({ instance, node, score: Number(score) }));
  return { scoreBefore: Number(before), steps, cpuS: Number(user) + Number(system) };
}

async function ended(
  [program = "", ...words]: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  return await new Promise((resolve, reject) => {
    const options = {
      signal,
      timeout: limits.hbalMs,
      maxBuffer: limits.commandOutputBytes,
      env: { ...process.env, LC_ALL: "C" },
    };
    execFile(program, words, options, (error, stdout, stderr) => {
      if (error === null) {
        resolve({ stdout, stderr });
        return;
      }
      const hint =
        "Install the package ganeti-htools (install/packages.list); `hbal --version` shows that it is there.";
      const said = stderr.trim() === "" ? error.message : stderr.trim().slice(-limits.excerptChars);
      reject(new TrunklineError("lab.failed", `hbal failed: ${said}`, { hint, cause: error }));
    });
  });
}
