/** Events in the order of their arrival, for one reader. A defect of a sender ends the reading. */
export class Mailbox<T> {
  readonly #letters: T[] = [];
  #wake: (() => void) | undefined;
  #defect: { readonly error: unknown } | undefined;

  put(letter: T): void {
    this.#letters.push(letter);
    this.#wake?.();
  }

  /** The reader's next `take` rejects with this error. */
  fail(error: unknown): void {
    this.#defect ??= { error };
    this.#wake?.();
  }

  async take(): Promise<T> {
    for (;;) {
      if (this.#defect !== undefined) throw this.#defect.error;
      const letter = this.#letters.shift();
      if (letter !== undefined) return letter;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
