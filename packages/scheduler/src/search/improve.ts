/**
 * The placement that a bounded number of moves leads to. First the move that helps most, again and again. Then each VM that
 * is to move is put back and the best move of all without it is looked for: it often is another one, because what was best
 * first is not what is best beside the others. At last a few VMs at a time, drawn by chance, are put back together. What
 * does not make the placement better is undone. No VM moves twice, however often the search changes its mind. Pure, and
 * the same for the same input and the same draws.
 */
import { BestMoves } from "./best-moves.ts";
import type { ScoreTable } from "./score-table.ts";

export interface SearchBounds {
  /** VMs that may end elsewhere than they began; without it, all of them. */
  readonly maxMoves?: number;
  /** What a move is to gain at least, in points of the score. */
  readonly minGain?: number;
  /** How many single moves are looked at, roughly: a look takes well under a microsecond. */
  readonly looks: number;
  /** Without it, the search ends when no single move helps any more. */
  readonly polish?: Polish;
}

export interface Polish {
  /** Of `looks`, how many are spent on it at most. */
  readonly looks: number;
  /** At least 0, below 1. */
  readonly draw: () => number;
}

export interface Improvement {
  readonly looks: number;
  /** The looks were used up while single moves still helped: there may be something left to gain. */
  readonly isCutShort: boolean;
}

/** Leaves the table as it is best. */
export function improve(table: ScoreTable, bounds: SearchBounds): Improvement {
  const search = new Search(table, bounds);
  search.descend();
  const isCutShort = search.isOver;
  if (bounds.polish !== undefined) search.polish(bounds.polish);
  return { looks: search.moves.looks, isCutShort };
}

class Search {
  readonly moves: BestMoves;
  readonly #table: ScoreTable;
  readonly #origins: Int32Array;
  readonly #maxMoves: number;
  readonly #minGain: number;
  readonly #moved = new Set<number>();
  #looks: number;
  /** What was placed since the last attempt began, and where from. */
  #undo: { readonly vm: number; readonly host: number }[] = [];

  constructor(table: ScoreTable, { maxMoves = Infinity, minGain = 0, looks }: SearchBounds) {
    this.#table = table;
    this.#origins = Int32Array.from({ length: table.vmCount }, (_, vm) => table.hostOf(vm));
    this.#maxMoves = maxMoves;
    this.#minGain = Math.max(minGain, noise);
    this.#looks = looks;
    this.moves = new BestMoves(table, this.#minGain);
  }

  get isOver(): boolean {
    return this.moves.looks > this.#looks;
  }

  /** Until no move gains enough, of all that there are. */
  descend(): void {
    for (;;) {
      this.#takeBest();
      if (this.#moved.size >= this.#maxMoves || this.isOver) return;
      this.moves.lookAtAll();
      if ((this.moves.best()?.gain ?? 0) < this.#minGain) return;
    }
  }

  polish({ looks, draw }: Polish): void {
    this.#looks = Math.min(this.#looks, this.moves.looks + looks);
    this.#reconsider();
    this.#shake(draw);
  }

  /** Until no single one of the moves is better replaced, or left out. */
  #reconsider(): void {
    let hasChanged = true;
    while (hasChanged && !this.isOver) {
      hasChanged = false;
      for (const vm of [...this.#moved].toSorted(ascending)) {
        if (this.isOver) break;
        if (this.#moved.has(vm) && this.#attempt([vm])) hasChanged = true;
      }
      if (hasChanged) this.descend();
    }
  }

  /** Until nothing was found for so long that little is left to be found. */
  #shake(draw: () => number): void {
    for (let fruitless = 0; fruitless < patience && !this.isOver; fruitless += 1) {
      const moved = [...this.#moved].toSorted(ascending);
      const count = Math.min(moved.length, fewest + Math.floor(draw() * (most - fewest + 1)));
      if (count === 0) return;
      const taken = Array.from({ length: count }, () => moved.splice(Math.floor(draw() * moved.length), 1)).flat();
      if (this.#attempt(taken)) fruitless = 0;
    }
    if (!this.isOver) this.descend();
  }

  /** @returns false when everything is as it was, because nothing better was found without these VMs' moves. */
  #attempt(vms: readonly number[]): boolean {
    const before = this.#table.score();
    const countBefore = this.#moved.size;
    const known = this.moves.known();
    this.#undo = [];
    for (const vm of vms) this.#place(vm, this.#origins[vm] ?? 0);
    this.#takeBest();
    const gain = before - this.#table.score();
    // Fewer moves for what is as good, but for what so many moves are to gain.
    const spared = countBefore - this.#moved.size;
    if (gain > noise + Math.max(0, -spared) * this.#minGain || (spared > 0 && gain > -spared * this.#minGain))
      return true;
    for (const { vm, host } of this.#undo.toReversed()) {
      this.#table.place(vm, host);
      this.#count(vm, host);
    }
    this.moves.recall(known);
    return false;
  }

  #takeBest(): void {
    while (!this.isOver) {
      const { vm, target, gain } = this.moves.best() ?? nothing;
      if (gain < this.#minGain || (this.#moved.size >= this.#maxMoves && !this.#moved.has(vm))) return;
      this.#place(vm, target);
    }
  }

  #place(vm: number, host: number): void {
    this.#undo.push({ vm, host: this.#table.hostOf(vm) });
    this.moves.place(vm, host);
    this.#count(vm, host);
  }

  #count(vm: number, host: number): void {
    if (host === this.#origins[vm]) this.#moved.delete(vm);
    else this.#moved.add(vm);
  }
}

const ascending = (one: number, other: number): number => one - other;

const nothing = { vm: 0, target: 0, gain: -Infinity } as const;

/** Differences below it are rounding; without it a search could go round in circles. */
const noise = 1e-9;

/** VMs that are put back together. */
const [fewest, most] = [2, 5];
/** Attempts in a row that led to nothing. */
const patience = 300;
