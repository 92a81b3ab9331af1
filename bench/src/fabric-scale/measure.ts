/** Runs one measurement in a child and hands out what it measured. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TrunklineError } from "@trunkline/model";
import type { Answer, Measured, Order } from "./worker.ts";

export async function measure(order: Order, signal: AbortSignal): Promise<Measured> {
  const program = fileURLToPath(new URL("./worker.ts", import.meta.url));
  const child = fork(program, [], { execArgv: process.execArgv, signal });
  try {
    return await new Promise<Measured>((resolve, reject) => {
      child.once("message", (answer: Answer) => {
        if ("failure" in answer) reject(failed(order, answer.failure));
        else resolve(answer);
      });
      child.once("error", reject);
      child.once("exit", () => {
        reject(failed(order, "it ended without a word"));
      });
      child.send(order);
    });
  } finally {
    child.kill();
  }
}

const failed = ({ task }: Order, why: string): TrunklineError =>
  new TrunklineError("lab.failed", `the measurement "${task}" failed: ${why}`, {
    hint: "Run the benchmark again; if it stays, it is a defect of packages/fabric or of the benchmark.",
  });
