/** A whole number among the arguments of a benchmark; undefined where it was not given. */
import { TrunklineError } from "@trunkline/model";
import type { BenchOptions } from "./bench-result.ts";
import { limits } from "./limits.ts";

export function numberOf(args: BenchOptions["args"], name: string): number | undefined {
  const given = args[name];
  if (given === undefined) return undefined;
  const number = Number(given);
  if (Number.isInteger(number) && number >= 1 && number <= limits.argument) return number;
  throw new TrunklineError("usage.invalid", `--${name} ${given} is not a whole number from 1 to ${limits.argument}`);
}
