/** One document on standard output, everything else on standard error; exit codes as docs/cli.md says. */
import pc from "picocolors";
import { LabError } from "@trunkline/lab";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { ErrorDetails } from "@trunkline/model";

export const exitCode = { success: 0, failed: 1, usage: 2 } as const;

export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

export function printText(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Any failure as the contract's error document, or as a sentence with its next step. */
export function printError(error: unknown, json: boolean): void {
  const shown = presentable(error);
  if (json) printJson({ error: shown });
  else note(`${pc.red("error")}: ${shown.message}\n  ${shown.hint}\n  ${pc.dim(`(${shown.code})`)}`);
}

function presentable(error: unknown): { code: string; message: string; hint: string; details: ErrorDetails } {
  if (error instanceof TrunklineError) return error.toJSON();
  if (error instanceof LabError) return { code: error.code, message: error.message, hint: error.hint, details: {} };
  const defect = new TrunklineError("internal.defect", messageOf(error), { cause: error });
  return defect.toJSON();
}
