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
  readonly #strike: Strike | undefined;
  readonly #onHit: (hit: Hit) => void;
  #records = 0;
  #calls = 0;
  #isOver = false;

  constructor(strike: Strike | undefined, onHit: (hit: Hit) => void) {
    this.#strike = strike;
    this.#onHit = onHit;
  }

  record(state: string): void {
    this.#records += 1;
    if (this.#strike?.kind === "record" && this.#records === this.#strike.number) this.#hit(`record ${state}`);
  }

  call(name: CallName, when: "before" | "after"): void {
    const strike = this.#strike;
    if (strike?.kind !== "call" || strike.name !== name || strike.when !== when) return;
    this.#calls += 1;
    if (this.#calls === strike.number) this.#hit(`${when} ${name}`);
  }

  #hit(hit: Hit): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onHit(hit);
  }
}
