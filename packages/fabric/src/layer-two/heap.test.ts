import fc from "fast-check";
import { expect, it } from "vitest";
import { heapOf } from "./heap.ts";

it("gives back what was pushed, the smallest first, whatever is pushed in between", () => {
  const commands = fc.array(fc.option(fc.integer()), { maxLength: 200 });
  fc.assert(
    fc.property(commands, (list) => {
      const heap = heapOf<number>((left, right) => left < right);
      const waiting: number[] = [];
      const popped: (number | undefined)[] = [];
      const expected: (number | undefined)[] = [];
      // Whatever is left is popped at the end, and once more.
      for (const command of [...list, ...list.map(() => null), null]) {
        if (command === null) {
          popped.push(heap.pop());
          expected.push(waiting.sort((left, right) => left - right).shift());
        } else {
          heap.push(command);
          waiting.push(command);
        }
      }
      expect(popped).toEqual(expected);
    }),
  );
});
