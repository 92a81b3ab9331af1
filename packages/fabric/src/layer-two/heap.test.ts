import fc from "fast-check";
import { expect, it } from "vitest";
import { heapOf } from "./heap.ts";

it("gives back what was pushed, the smallest first, whatever is pushed in between", () => {
  const commands = fc.array(fc.option(fc.integer()), { maxLength: 200 });
  fc.assert(
    fc.property(commands, (list) => {
      const heap = heapOf<number>((left, right) => left < right);
      const expected: number[] = [];
      for (const command of list) {
        if (command === null) expect(heap.pop()).toBe(expected.sort((left, right) => left - right).shift());
        else {
          heap.push(command);
          expected.push(command);
        }
      }
      for (const item of expected.sort((left, right) => left - right)) expect(heap.pop()).toBe(item);
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
