/** A binary heap of links by the level at which each is full; equal levels come in the order of the links' numbers. */
import { assert } from "@trunkline/model";

export class LevelHeap {
  readonly #links: Int32Array;
  readonly #levels: Float64Array;
  #size = 0;

  /** @param capacity how many may wait at the same time. */
  constructor(capacity: number) {
    this.#links = new Int32Array(capacity);
    this.#levels = new Float64Array(capacity);
  }

  /** The lowest level that waits; Infinity when nothing does. */
  get lowest(): number {
    return this.#size === 0 ? Infinity : (this.#levels[0] ?? Infinity);
  }

  push(link: number, level: number): void {
    assert(this.#size < this.#links.length, "a link waits once");
    let at = this.#size;
    this.#size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(link, level, parent)) break;
      this.#copy(parent, at);
      at = parent;
    }
    this.#put(at, link, level);
  }

  pop(): number {
    assert(this.#size > 0, "something waits");
    const first = this.#links[0] ?? 0;
    this.#size -= 1;
    const [link, level] = [this.#links[this.#size] ?? 0, this.#levels[this.#size] ?? 0];
    let at = 0;
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      const right = child + 1;
      const isRightFirst =
        right < this.#size && this.#isBefore(this.#links[right] ?? 0, this.#levels[right] ?? 0, child);
      const smaller = isRightFirst ? right : child;
      if (this.#isBefore(link, level, smaller)) break;
      this.#copy(smaller, at);
      at = smaller;
    }
    this.#put(at, link, level);
    return first;
  }

  #isBefore(link: number, level: number, other: number): boolean {
    const otherLevel = this.#levels[other] ?? 0;
    return level < otherLevel || (level === otherLevel && link < (this.#links[other] ?? 0));
  }

  #copy(from: number, to: number): void {
    this.#put(to, this.#links[from] ?? 0, this.#levels[from] ?? 0);
  }

  #put(at: number, link: number, level: number): void {
    this.#links[at] = link;
    this.#levels[at] = level;
  }
}
