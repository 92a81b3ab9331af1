/** Events in the order of their arrival, for one reader. */
export class Mailbox<T> {
  readonly #letters: T[] = [];
  #wake: (() => void) | undefined;

  put(letter: T): void {
    this.#letters.push(letter);
    this.#wake?.();
  }

  async take(): Promise<T> {
    for (;;) {
      const letter = this.#letters.shift();
      if (letter !== undefined) return letter;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
