/**
 * The lab that a benchmark works on: one of its own, built and taken down with it, or with `--lab NAME` one that is up
 * and stays up.
 */
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { BenchOptions } from "./bench-result.ts";

export async function withLab<T>(
  { args, log, signal }: BenchOptions,
  work: (lab: Lab) => Promise<T>,
  topology = "two-hosts",
): Promise<T> {
  const borrowed = args["lab"];
  if (borrowed !== undefined) return await work(openLab(borrowed, { signal }));
  // Two benchmarks at a time need two names; the process id makes them.
  const name = `bench-${process.pid}`;
  try {
    await labUp({ name, topology, log, signal });
    return await work(openLab(name, { signal }));
  } finally {
    await labDown({ name, log });
  }
}
