/** Runs a program to its end and says how long that took, its start included. */
import { execFile } from "node:child_process";
import { TrunklineError } from "@trunkline/model";
import { limits } from "./limits.ts";

export interface CommandResult {
  readonly stdout: string;
  readonly wallMs: number;
}

export async function runCommand(command: readonly string[], signal: AbortSignal): Promise<CommandResult> {
  const [program = "", ...args] = command;
  const startedMs = performance.now();
  const stdout = await new Promise<string>((resolve, reject) => {
    const options = {
      signal,
      timeout: limits.commandMs,
      maxBuffer: limits.commandOutputBytes,
      // Tools answer in English, so that what they print can be read.
      env: { ...process.env, LC_ALL: "C" },
    };
    execFile(program, args, options, (error, out, err) => {
      if (error === null) resolve(out);
      else {
        const said = [err, out].map((text) => text.trim().slice(-limits.excerptChars)).filter((text) => text !== "");
        reject(failure(command, said.length === 0 ? error.message : said.join("\n"), error));
      }
    });
  });
  return { stdout, wallMs: performance.now() - startedMs };
}

function failure(command: readonly string[], said: string, cause: Error): TrunklineError {
  return new TrunklineError("lab.failed", `\`${command.join(" ")}\` failed: ${said}`, {
    hint: "Run the command by hand to see more.",
    cause,
  });
}
