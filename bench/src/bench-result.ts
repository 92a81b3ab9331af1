/**
 * What every benchmark is and what it hands back. A folder of bench/src with an index.ts that exports `description` and
 * `run` is a benchmark; `npm run bench` finds it by looking.
 */

export interface BenchOptions {
  /** A form of at most a minute, for people who wait. */
  readonly quick: boolean;
  /** What followed the name as `--key value`. */
  readonly args: Readonly<Record<string, string>>;
  /** Progress, for the eyes; it never reaches standard output. */
  readonly log: (line: string) => void;
  /** Aborted at an interrupt: clean up and reject. */
  readonly signal: AbortSignal;
}

export interface BenchResult {
  /** Everything that was measured, for a program. Names carry their units. */
  readonly figures: Readonly<Record<string, unknown>>;
  readonly bars: readonly Bar[];
  /** The same for people: lines as they are printed. */
  readonly table: string;
}

/** A figure with a limit, which makes it a statement that can be false. */
export interface Bar {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
  readonly holds: boolean;
}

export interface Benchmark {
  readonly description: string;
  run(options: BenchOptions): Promise<BenchResult>;
}

/** A figure that could not be measured is NaN and holds nothing. */
export function atMost(what: string, value: number, unit: string, limit: number): Bar {
  return { what, value, unit, limit, holds: value <= limit };
}

export function atLeast(what: string, value: number, unit: string, limit: number): Bar {
  return { what: `${what} (at least)`, value, unit, limit, holds: value >= limit };
}
