/** A priority queue as a binary heap: the shortest-path searches of this folder take the cheapest step first. */
export interface Heap<Item> {
  readonly push: (item: Item) => void;
  /** The item that is before all others; of equals, any. */
  readonly pop: () => Item | undefined;
}

export function heapOf<Item>(isBefore: (left: Item, right: Item) => boolean): Heap<Item> {
  const items: Item[] = [];
  return {
    push: (item) => {
      items.push(item);
      rise(items, isBefore);
    },
    pop: () => {
      const [first] = items;
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        sink(items, isBefore);
      }
      return first;
    },
  };
}

/** Lifts the last item until its parent is not behind it. */
function rise<Item>(items: Item[], isBefore: (left: Item, right: Item) => boolean): void {
  let at = items.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const [item, above] = [items[at], items[parent]];
    if (item === undefined || above === undefined || !isBefore(item, above)) return;
    items[at] = above;
    items[parent] = item;
    at = parent;
  }
}

/** Lowers the first item until no child is before it. */
function sink<Item>(items: Item[], isBefore: (left: Item, right: Item) => boolean): void {
  let at = 0;
  while (at < items.length) {
    const [left, right] = [items[2 * at + 1], items[2 * at + 2]];
    if (left === undefined) return;
    const child = right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
    const [item, below] = [items[at], items[child]];
    if (item === undefined || below === undefined || !isBefore(below, item)) return;
    items[at] = below;
    items[child] = item;
    at = child;
  }
}
