import fc from "fast-check";
import { expect, test } from "vitest";
import { contracted, vlanItems, vlanSet } from "./vlan-list.ts";

test("three in a row become a range", () => {
  expect(contracted([1, 2, 3, 5, 6, 9])).toEqual(["1-3", 5, 6, 9]);
  expect(contracted([9, 3, 2, 1, 3])).toEqual(["1-3", 9]);
  expect(contracted([])).toEqual([]);
});

test("a contracted list is read as the same set", () => {
  const vlan = fc.integer({ min: 1, max: 4094 });
  const runs = fc.array(fc.tuple(vlan, fc.nat(9)), { maxLength: 8 });
  fc.assert(
    fc.property(runs, (runs) => {
      const vlans = runs.flatMap(([first, more]) =>
        Array.from({ length: more + 1 }, (_, i) => Math.min(4094, first + i)),
      );
      const items = vlanItems.parse(contracted(vlans));
      const read = items.flatMap((item) =>
        item.kind === "segment" ? [] : Array.from({ length: item.last - item.first + 1 }, (_, i) => item.first + i),
      );
      expect(read).toEqual(vlanSet(vlans));
    }),
  );
});
