import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cyclicGroups, disjointSets } from "./cycles.ts";

interface Edge {
  readonly a: number;
  readonly b: number;
}

const graphs = fc.array(fc.record({ a: fc.nat(7), b: fc.nat(7) }), { maxLength: 14 });

/** Without the given edge, is there still a way between its ends? */
function isOnCycle(edges: readonly Edge[], edge: Edge): boolean {
  const seen = new Set([edge.a]);
  for (const node of seen)
    for (const other of edges)
      if (other !== edge && (other.a === node || other.b === node)) seen.add(other.a).add(other.b);
  return seen.has(edge.b);
}

describe("edges on cycles", () => {
  it("are those whose ends stay connected without them", () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        const found = new Set(cyclicGroups(edges).flat());
        for (const edge of edges) expect(found.has(edge)).toBe(isOnCycle(edges, edge));
      }),
      { numRuns: 500 },
    );
  });

  it("are grouped by what hangs together without bridges", () => {
    const two = [
      { a: 1, b: 2 },
      { a: 2, b: 3 },
      { a: 3, b: 1 },
      { a: 3, b: 4 },
      { a: 4, b: 5 },
      { a: 4, b: 5 },
    ];
    expect(cyclicGroups(two).map((group) => group.length)).toEqual([3, 2]);
  });

  it("are found in a chain of twenty thousand", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => ({ a: at, b: at + 1 }));
    expect(cyclicGroups(chain)).toEqual([]);
    expect(cyclicGroups([...chain, { a: 20_000, b: 0 }])[0]).toHaveLength(20_001);
  });
});

it("joined sets have one representative", () => {
  const sets = disjointSets<string>();
  expect([sets.join("a", "b"), sets.join("c", "d"), sets.join("b", "d"), sets.join("a", "c")]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(sets.find("a")).toBe(sets.find("d"));
  expect(sets.find("e")).toBe("e");
});
