import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KnownWay } from "./compose.ts";
import { andThen, at, inRow } from "./compose.ts";
import { split, splitEqually } from "./split.ts";
import type { Way } from "./way.ts";

/** `a b c`: bridged from each to the next over one link, 10 µs each; ends at a waypoint. */
function chain(text: string, mtu?: number): KnownWay {
  const devices = text.split(" ");
  return {
    kind: "known",
    waypoints: devices.slice(1).map((device) => ({ device, role: "router" })),
    legs: devices.slice(1).map((to, place) => {
      const from = devices[place] ?? "";
      const crossing = { link: `${from}--${to}`, from, to, vlan: 1, share: 1, isBetweenSites: false };
      return { segment: "t", from, to, crossings: [crossing] };
    }),
    latencyUs: { known: true, value: 10 * (devices.length - 1) },
    ...(mtu === undefined ? {} : { mtu }),
  };
}

const broken: Way = {
  kind: "broken",
  waypoints: [],
  legs: [],
  why: { kind: "no-route", device: "x", message: "x has no route" },
};

const shares = (way: Way): Readonly<Record<string, number>> =>
  way.kind === "known"
    ? Object.fromEntries(way.legs.flatMap(({ crossings }) => crossings.map(({ link, share }) => [link, share])))
    : {};

describe("split traffic", () => {
  it("of one way is that way", () => {
    const way = chain("a b");
    expect(splitEqually([way], "")).toBe(way);
  });

  it("shares the links that the ways do not have in common", () => {
    const way = splitEqually([chain("a s1 b c"), chain("a s2 b c")], "");
    expect(shares(way)).toEqual({ "a--s1": 0.5, "a--s2": 0.5, "s1--b": 0.5, "s2--b": 0.5, "b--c": 1 });
    expect(way.kind === "known" ? way.waypoints : []).toEqual([
      { device: "s1", role: "router", probability: 0.5 },
      { device: "s2", role: "router", probability: 0.5 },
      { device: "b", role: "router" },
      { device: "c", role: "router" },
    ]);
  });

  it("within split traffic multiplies", () => {
    const inner = splitEqually([chain("s1 t1 b"), chain("s1 t2 b")], "");
    const left = inRow([chain("a s1"), inner]);
    const right = chain("a s2 t3 b");
    expect(shares(splitEqually([left, right], ""))).toEqual({
      "a--s1": 0.5,
      "a--s2": 0.5,
      "s1--t1": 0.25,
      "s1--t2": 0.25,
      "s2--t3": 0.5,
      "t1--b": 0.25,
      "t2--b": 0.25,
      "t3--b": 0.5,
    });
  });

  it("adds thirds and sixths up to one", () => {
    for (const count of [3, 6, 7, 49]) {
      const ways = Array.from({ length: count }, (_, number) => chain(`a s${number} b c`));
      const way = splitEqually(ways, "");
      expect(shares(way)["b--c"]).toBe(1);
      expect(way.kind === "known" ? way.waypoints.at(-1) : way).toEqual({ device: "c", role: "router" });
    }
  });

  it("has the mean latency and the smallest MTU", () => {
    const slow: KnownWay = { ...chain("a s2 b", 1500), latencyUs: { known: true, value: 50 } };
    expect(
      split(
        [
          { probability: 0.75, way: chain("a s1 b", 9000) },
          { probability: 0.25, way: slow },
        ],
        "",
      ),
    ).toMatchObject({
      latencyUs: { known: true, value: 27.5 },
      mtu: 1500,
    });
  });

  it("stays alternatives where the ways do not arrive after as many hops, or one does not", () => {
    expect(splitEqually([chain("a b"), chain("a c b")], "uneven")).toMatchObject({ kind: "open", why: "uneven" });
    const way = andThen(at({ device: "a", role: "endpoint" }), () =>
      splitEqually([chain("a b"), broken], "half of it"),
    );
    expect(way.kind === "open" ? way.ways.map((branch) => [branch.probability, branch.way.kind]) : way).toEqual([
      [0.5, "known"],
      [0.5, "broken"],
    ]);
    // What was travelled before stands in front of each.
    expect(
      way.kind === "open" ? way.ways.map((branch) => (branch.way.kind === "broken" ? branch.way.waypoints : [])) : [],
    ).toEqual([[], [{ device: "a", role: "endpoint" }]]);
  });

  it("loses nothing at any number of stages", () => {
    const stages = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(stages, (widths) => {
        let way: Way = at({ device: "a0", role: "endpoint" });
        for (const [stage, width] of widths.entries()) {
          const ways = Array.from({ length: width }, (_, number) =>
            chain(`a${stage} m${stage}-${number} a${stage + 1}`),
          );
          way = andThen(way, () => splitEqually(ways, ""));
        }
        for (const [stage] of widths.entries()) {
          const sum = Object.entries(shares(way))
            .filter(([link]) => link.startsWith(`a${stage}--`))
            .reduce((total, [, share]) => total + share, 0);
          expect(sum).toBeCloseTo(1, 9);
        }
        expect(way).toMatchObject({ kind: "known", latencyUs: { value: 20 * widths.length } });
      }),
    );
  });
});
