/** Runs commands on a host behind a prefix that the operator gave: `ssh root@h1`, or a lab host's namespaces. */
import { execFile } from "node:child_process";
import { TrunklineError } from "@trunkline/model";
import type { HostShell, ShellResult } from "@trunkline/ports";
import { limits } from "../../limits.ts";

export function commandShell(host: string, prefix: readonly string[]): HostShell {
  return {
    run: async (command, { timeoutMs, signal }) => {
      const [program, ...args] = [...prefix, ...command];
      if (program === undefined)
        throw new TrunklineError("host.unreachable", `the shell of ${host} is an empty command`);
      return await new Promise<ShellResult>((resolve, reject) => {
        const options = { timeout: timeoutMs, signal, maxBuffer: limits.shellOutputBytes, encoding: "utf8" as const };
        execFile(program, args, options, (error, stdout, stderr) => {
          if (error === null) resolve({ status: 0, stdout, stderr });
          else if (typeof error.code === "number") resolve({ status: error.code, stdout, stderr });
          else
            reject(
              new TrunklineError(
                "host.unreachable",
                `${command[0] ?? ""} could not be run on ${host}: ${error.message}`,
                {
                  cause: error,
                },
              ),
            );
        });
      });
    },
  };
}
