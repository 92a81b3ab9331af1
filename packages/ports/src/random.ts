/** Chance as an argument: identities and spread. The simulator's is seeded. */
export interface Random {
  uuid(): string;
  /** At least 0, below 1. */
  next(): number;
}
