/** Starts the client under load, hands it its load, waits for its figures. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";
import type { Load, LoadFigures } from "./load.ts";

export async function loadFigures(load: Load, signal: AbortSignal): Promise<LoadFigures> {
  const program = fileURLToPath(new URL("./load.ts", import.meta.url));
  const child = fork(program, [], { execArgv: [...process.execArgv, "--expose-gc"], signal, timeout: limits.loadMs });
  try {
    return await new Promise<LoadFigures>((resolve, reject) => {
      child.once("message", (answer: LoadFigures | { readonly failure: string }) => {
        if ("failure" in answer) reject(failed(answer.failure));
        else resolve(answer);
      });
      child.once("error", reject);
      child.once("exit", () => {
        reject(failed("it ended without a word"));
      });
      child.send(load);
    });
  } finally {
    child.kill();
  }
}

const failed = (why: string): TrunklineError =>
  new TrunklineError("lab.failed", `the client under load failed: ${why}`, {
    hint: "Look at the log of the lab's libvirtd.",
  });
