/** What became of the packets of a run. */
import type { Examination } from "@trunkline/packets";

/** A packet that showed a defect, with all that it takes to have it again. */
export interface Defect {
  readonly index: number;
  readonly message: string;
  readonly hex: string;
}

export interface Slowest {
  readonly ms: number;
  readonly bytes: number;
  /** Number of the packet in the run, or the name of one that was built to be slow. */
  readonly which: number | string;
}

export type Counts = Readonly<Record<string, number>>;

/** Many of the same defect say no more than a few. */
const keptDefects = 10;

export class Tally {
  readonly #outcomes = new Map<string, number>();
  readonly #problems = new Map<string, number>();
  readonly #layers = new Map<string, number>();
  readonly #sentAgain = new Map<string, number>();
  readonly #defects: Defect[] = [];
  #defectCount = 0;
  #slowest: Slowest = { ms: 0, bytes: 0, which: "none" };

  add({ frame, encoded }: Examination): void {
    const { layers, problem } = frame;
    increment(this.#outcomes, problem?.code ?? "read");
    if (problem !== undefined) increment(this.#problems, problem.protocol);
    for (const { kind } of layers) increment(this.#layers, kind);
    for (const { kind, outcome } of encoded) increment(this.#sentAgain, `${kind} ${outcome}`);
  }

  addDefect(defect: Defect): void {
    this.#defectCount += 1;
    if (this.#defects.length < keptDefects) this.#defects.push(defect);
  }

  /** `again` measures the same packet once more: only what it takes every time is its own. */
  time(ms: number, bytes: number, which: number | string, again: () => number): void {
    if (ms <= this.#slowest.ms) return;
    const own = Math.min(ms, ...Array.from({ length: repeats }, again));
    if (own > this.#slowest.ms) this.#slowest = { ms: own, bytes, which };
  }

  get defects(): readonly Defect[] {
    return this.#defects;
  }

  get figures() {
    return {
      outcomes: sorted(this.#outcomes),
      problemsByProtocol: sorted(this.#problems),
      layers: sorted(this.#layers),
      sentAgain: sorted(this.#sentAgain),
      slowest: this.#slowest,
      untypedErrors: this.#defectCount,
    };
  }
}

const repeats = 5;

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): Counts {
  return Object.fromEntries([...counts].toSorted(([, one], [, other]) => other - one));
}
