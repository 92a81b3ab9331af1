/**
 * Runs a system tool to its end and returns what it printed. Every call has a deadline and an abort signal, and
 * a failure carries the command and the tool's own words.
 */
import { spawn } from "node:child_process";
import { LabError } from "../lab-error.ts";
import { TOOL_OUTPUT_BYTES, TOOL_TIMEOUT_MS } from "../limits.ts";

export type RunOptions = {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

export type RunResult = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** Runs and demands success. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await runUnchecked(command, options);
  if (result.exitCode !== 0) {
    const words = (result.stderr.trim() || result.stdout.trim()).slice(-2000);
    throw new LabError("lab.command", `\`${command.join(" ")}\` failed with exit code ${result.exitCode}: ${words}`, {
      hint: "Run the command by hand to see more; `trunkline lab down` removes what was built so far.",
      details: { command, exitCode: result.exitCode, stderr: result.stderr },
    });
  }
  return result.stdout;
}

/** Runs and reports the exit code; throws only when the tool cannot be run, is too slow, or is cancelled. */
export async function runUnchecked(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  throwIfCancelled(options.signal);
  const [file, ...argv] = command;
  if (file === undefined) throw new TypeError("an empty command");
  const timeoutMs = options.timeoutMs ?? TOOL_TIMEOUT_MS;
  const child = spawn(file, argv, {
    stdio: ["pipe", "pipe", "pipe"],
    env: toolEnvironment(options.environment),
  });
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[], bytes: 0 };
  const collect = (into: Buffer[]) => (chunk: Buffer) => {
    output.bytes += chunk.length;
    if (output.bytes > TOOL_OUTPUT_BYTES) child.kill("SIGKILL");
    else into.push(chunk);
  };
  child.stdout.on("data", collect(output.stdout));
  child.stderr.on("data", collect(output.stderr));
  // A tool may end without reading its input; that is its business.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");

  let end: "timeout" | "cancelled" | undefined;
  const stop = (why: "timeout" | "cancelled") => {
    end ??= why;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => stop("timeout"), timeoutMs);
  const onAbort = () => stop("cancelled");
  options.signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1));
    });
    if (end === "cancelled") throw cancelled(options.signal);
    if (end === "timeout" || output.bytes > TOOL_OUTPUT_BYTES) {
      const what = end === "timeout" ? `gave no answer within ${timeoutMs} ms` : "printed more than the lab keeps";
      throw new LabError("lab.command", `\`${command.join(" ")}\` ${what}`, {
        hint: "Look at the load of the machine and at the log files in the lab's folder.",
        details: { command },
      });
    }
    const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString("utf8");
    return { exitCode, stdout: text(output.stdout), stderr: text(output.stderr) };
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError("lab.tool-missing", `\`${file}\` cannot be run: ${(error as Error).message}`, {
      hint: "`trunkline doctor` names what is missing and the package that brings it.",
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

/** Tools in plain English, and found also where `su` left the administrator's folders off the PATH. */
export function toolEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin`;
  return { ...process.env, PATH: path, LC_ALL: "C", ...extra };
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw cancelled(signal);
}

function cancelled(signal: AbortSignal | undefined): LabError {
  return new LabError("lab.cancelled", "The lab's work was cancelled before its end", {
    hint: "Run `trunkline lab up` again to finish it or `trunkline lab down` to remove it.",
    cause: signal?.reason,
  });
}
