/**
 * When a controller process is killed in a simulated run: at a record of the journal (its state is written, its effect
 * has not begun), or at a call (the host has done it and its answer has not left, or has not got it yet).
 */
import type { Random } from "@trunkline/ports";
import type { CallName } from "@trunkline/simulator";

export type Strike =
  | { readonly kind: "record"; readonly number: number }
  | { readonly kind: "call"; readonly name: CallName; readonly when: "before" | "after"; readonly number: number }
  | { readonly kind: "time"; readonly afterMs: number };

/** What a strike hit, in words that a test can ask for: `record copying`, `after finish`. */
export type Hit = string;

const callsThatAct = [
  "begin",
  "prepare",
  "perform",
  "perform-peer-to-peer",
  "finish",
  "confirm",
  "finish-cancelled",
  "confirm-cancelled",
  "abort",
  "resume",
  "destroy",
  "sight",
] as const satisfies readonly CallName[];

/** Bounds of what is drawn: a move writes some ten records, a life lasts some ten seconds. */
const drawn = { records: 24, calls: 3, lifeMs: 12_000 } as const;

export function drawStrike(random: Random): Strike {
  const kind = random.next();
  if (kind < 0.45) return { kind: "record", number: 1 + Math.floor(random.next() * drawn.records) };
  if (kind < 0.9) {
    const name = callsThatAct[Math.floor(random.next() * callsThatAct.length)] ?? "finish";
    const when = random.next() < 0.7 ? "after" : "before";
    return { kind: "call", name, when, number: 1 + Math.floor(random.next() * drawn.calls) };
  }
  return { kind: "time", afterMs: random.next() * drawn.lifeMs };
}

export function strikeText(strike: Strike): string {
  switch (strike.kind) {
    case "record":
      return `killed at its record ${strike.number}`;
    case "call":
      return `killed ${strike.when} its call ${strike.number} of ${strike.name}`;
    case "time":
      return `killed after ${Math.round(strike.afterMs)} ms`;
  }
}

/** Counts what happens in one life and says when it is over. */
export class StrikeWatch {
  /** How often each moment came: `record`, `before begin`, … */
  readonly seen = new Map<string, number>();
  readonly #strike: Strike | undefined;
  readonly #onHit: (hit: Hit) => void;

  constructor(strike: Strike | undefined, onHit: (hit: Hit) => void) {
    this.#strike = strike;
    this.#onHit = onHit;
  }

  record(state: string): void {
    const number = this.#count("record");
    if (this.#strike?.kind === "record" && number === this.#strike.number) this.#onHit(`record ${state}`);
  }

  call(name: CallName, when: "before" | "after"): void {
    const number = this.#count(`${when} ${name}`);
    const strike = this.#strike;
    if (strike?.kind !== "call" || strike.name !== name || strike.when !== when) return;
    if (number === strike.number) this.#onHit(`${when} ${name}`);
  }

  #count(moment: string): number {
    const number = (this.seen.get(moment) ?? 0) + 1;
    this.seen.set(moment, number);
    return number;
  }
}

/** Every moment of a life that was seen, as a strike: at each record, before and after each call's effect. */
export function strikesAt(seen: Readonly<Record<string, number>>): readonly Strike[] {
  const upTo = (moment: string): readonly number[] => Array.from({ length: seen[moment] ?? 0 }, (_, at) => at + 1);
  return [
    ...upTo("record").map((number): Strike => ({ kind: "record", number })),
    ...callsThatAct.flatMap((name) =>
      (["before", "after"] as const).flatMap((when) =>
        upTo(`${when} ${name}`).map((number): Strike => ({ kind: "call", name, when, number })),
      ),
    ),
  ];
}
