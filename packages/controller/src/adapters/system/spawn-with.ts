/** Starts a program at a place that a command prefix leads to: a namespace, another machine. */
import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { createInterface } from "node:readline";
import type { Interface } from "node:readline";
import { Readable } from "node:stream";

export function spawnWith(prefix: readonly string[], command: readonly string[], options: SpawnOptions): ChildProcess {
  const [program = "", ...args] = [...prefix, ...command];
  return spawn(program, args, options);
}

/** A stream's lines; a stream that was not opened has none. */
export function linesOf(stream: Readable | null): Interface {
  return createInterface({ input: stream ?? Readable.from([]) });
}
