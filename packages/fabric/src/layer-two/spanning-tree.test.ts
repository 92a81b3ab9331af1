import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TreeBridge, TreeLink } from "./spanning-tree.ts";
import { pathCost, spanningTree } from "./spanning-tree.ts";

const bridge = (name: string, priority = 32_768, mac: string | undefined = name): TreeBridge => ({
  name,
  priority,
  ...(mac === undefined ? {} : { mac }),
});

const link = (id: string, a: TreeBridge, b: TreeBridge, cost = 2000): TreeLink => ({ id, a, b, cost });

describe("path cost", () => {
  it.each([
    [10e6, 2_000_000],
    [100e6, 200_000],
    [1e9, 20_000],
    [10e9, 2000],
    [40e9, 500],
    [100e9, 200],
    [1e12, 20],
    [10e12, 2],
    [1e15, 1],
    [1, 200_000_000],
  ])("of %d bit/s is %d (IEEE 802.1D-2004, table 17-3)", (speed, cost) => {
    expect(pathCost(speed)).toBe(cost);
  });
});

describe("spanning tree", () => {
  const [a, b, c] = [bridge("a", 4096), bridge("b"), bridge("c")];
  const ring = [link("ab", a, b), link("bc", b, c), link("ca", c, a)];

  it("closes the far link of a ring, at the bridge that comes later", () => {
    const outcome = spanningTree([c, b, a], ring);
    expect(outcome?.root).toBe(a);
    expect([...(outcome?.blocked ?? [])]).toEqual([["bc", c]]);
    expect(outcome?.doubts).toEqual([]);
  });

  it("prefers the way around to a slow link", () => {
    const slow = [link("ab", a, b, 20_000), ring[1], ring[2]].filter((one) => one !== undefined);
    expect([...(spanningTree([a, b, c], slow)?.blocked.keys() ?? [])]).toEqual(["ab"]);
  });

  it("has the lowest address as root among equal priorities, and doubts a root by name", () => {
    const [first, second] = [bridge("x", 32_768, "000002"), bridge("y", 32_768, "000001")];
    expect(spanningTree([first, second], [link("xy", first, second)])).toMatchObject({ root: second, doubts: [] });
    const [third, fourth] = [
      { name: "x", priority: 8192 },
      { name: "y", priority: 8192 },
    ];
    expect(spanningTree([fourth, third], [link("xy", third, fourth)])).toMatchObject({
      root: third,
      doubts: [expect.stringContaining("x and y have the same priority")],
    });
    const lower = { name: "y", priority: 4096 };
    expect(spanningTree([lower, third], [link("xy", third, lower)])).toMatchObject({ root: lower, doubts: [] });
  });

  it("doubts a choice between neighbours whose addresses are not known, and between parallel links", () => {
    const [d, e, f] = [bridge("d", 0), { name: "e", priority: 32_768 }, { name: "f", priority: 32_768 }];
    const diamond = [link("de", d, e), link("df", d, f), link("eg", e, b), link("fg", f, b)];
    expect(spanningTree([d, e, f, b], diamond)?.doubts).toEqual([
      "b has equal ways to the root by e and f, and a MAC address that would decide is not known",
    ]);
    expect(spanningTree([a, b], [link("1", a, b), link("2", a, b)])).toMatchObject({
      blocked: new Map([["2", b]]),
      doubts: ["1 and 2 are equal for b, and port numbers that would decide are not known"],
    });
  });

  it("leaves a tree of shortest ways to the root, the same whatever the order of the input", () => {
    const costs = fc.constantFrom(500, 2000, 20_000);
    const names = ["a", "b", "c", "d", "e", "f"];
    const graphs = fc.record({
      priorities: fc.array(fc.constantFrom(4096, 32_768), { minLength: 6, maxLength: 6 }),
      known: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      extra: fc.array(fc.tuple(fc.nat(5), fc.nat(5), costs), { maxLength: 8 }),
      chain: fc.array(costs, { minLength: 5, maxLength: 5 }),
      order: fc.array(fc.nat(), { minLength: 13, maxLength: 13 }),
    });
    fc.assert(
      fc.property(graphs, ({ priorities, known, extra, chain, order }) => {
        const bridges = names.map((name, at): TreeBridge => ({
          name,
          priority: priorities[at] ?? 0,
          ...(known[at] === true ? { mac: `m${9 - at}` } : {}),
        }));
        const at = (place: number): TreeBridge => bridges[place] ?? bridge("none");
        const links = [
          ...chain.map((cost, place) => link(`chain ${place}`, at(place), at(place + 1), cost)),
          ...extra.filter(([x, y]) => x !== y).map(([x, y, cost], place) => link(`extra ${place}`, at(x), at(y), cost)),
        ];
        const outcome = spanningTree(bridges, links);
        if (outcome === undefined) throw new Error("there are bridges");
        expect(outcome.root.priority).toBe(Math.min(...priorities));
        const open = links.filter(({ id }) => !outcome.blocked.has(id));
        expect(open).toHaveLength(bridges.length - 1);
        const [byTree, byAll] = [open, links].map((some) => distances(outcome.root, some));
        expect(byTree).toEqual(byAll);
        const shuffle = <Thing>(things: readonly Thing[]): readonly Thing[] =>
          things
            .map((thing, place) => ({ thing, key: order[place] ?? 0 }))
            .toSorted((left, right) => left.key - right.key)
            .map(({ thing }) => thing);
        const turned = shuffle(links).map((one, place) => (place % 2 === 0 ? { ...one, a: one.b, b: one.a } : one));
        const again = spanningTree(shuffle(bridges), turned);
        expect(again?.doubts).toEqual(outcome.doubts);
        expect(new Map(again?.blocked)).toEqual(new Map(outcome.blocked));
      }),
      { numRuns: 500 },
    );
  });
});

/** Bellman-Ford: the cost from the root, by bridge. */
function distances(root: TreeBridge, links: readonly TreeLink[]): Record<string, number> {
  const found: Record<string, number> = { [root.name]: 0 };
  for (let round = 0; round < 10; round += 1)
    for (const { a, b, cost } of links)
      for (const [x, y] of [
        [a.name, b.name],
        [b.name, a.name],
      ] as const)
        found[y] = Math.min(found[y] ?? Number.POSITIVE_INFINITY, (found[x] ?? Number.POSITIVE_INFINITY) + cost);
  return found;
}
