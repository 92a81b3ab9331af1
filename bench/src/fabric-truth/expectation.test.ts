import type { Crossing, FlowPath, Way } from "@trunkline/fabric";
import { describe, expect, it } from "vitest";
import { compare, directionKey, expectationOf } from "./expectation.ts";
import type { Frames } from "./expectation.ts";

const way = (...crossings: readonly (readonly [string, string])[]): Way => ({
  kind: "known",
  waypoints: [],
  legs: [
    {
      segment: "web",
      from: "a",
      to: "b",
      crossings: crossings.map(([from, to]): Crossing => ({
        link: "l",
        from,
        to,
        vlan: 10,
        share: 1,
        isBetweenSites: false,
      })),
    },
  ],
  latencyUs: { known: false, why: "" },
});
const path = (forward: Way, reverse: Way): FlowPath => ({
  flow: "f",
  forward,
  reverse,
  isAsymmetric: "no",
  siteCrossings: { forward: 0, reverse: 0 },
});
const frames = (there: number, back: number): Frames =>
  new Map([
    [directionKey("l", "a", "b", 10), there],
    [directionKey("l", "b", "a", 10), back],
  ]);

describe("what a way says of counters", () => {
  it("is one frame a packet in each direction, and twice where a packet comes by twice", () => {
    const trombone = path(way(["a", "b"], ["b", "a"]), way(["a", "b"], ["b", "a"]));
    expect(expectationOf(trombone, 100)).toEqual({ kind: "arrives", alternatives: [frames(200, 200)] });
  });

  it("is all combinations where both directions are open", () => {
    const open: Way = {
      kind: "open",
      why: "two actives",
      ways: [0.5, 0.5].map((probability) => ({ probability, way: way(["a", "b"]) })),
    };
    const expectation = expectationOf(path(open, open), 10);
    expect(expectation).toMatchObject({ kind: "arrives" });
    expect("alternatives" in expectation ? expectation.alternatives : []).toHaveLength(4);
  });

  it("is nothing for what nobody knows, and a loss for what does not arrive", () => {
    expect(expectationOf(path({ kind: "unknown", why: "no idea" }, way()), 10)).toEqual({
      kind: "none",
      why: "no idea",
    });
    const broken: Way = {
      kind: "broken",
      waypoints: [],
      legs: [],
      why: { kind: "no-gateway", gateway: "g", message: "nobody" },
    };
    expect(expectationOf(path(broken, way()), 10)).toEqual({ kind: "lost", why: "nobody" });
  });
});

describe("a comparison", () => {
  it("allows a twentieth, and no more", () => {
    expect(compare([frames(100, 100)], frames(104, 96), 100, 0.05)).toMatchObject({ agrees: true });
    expect(compare([frames(100, 100)], frames(106, 100), 100, 0.05)).toMatchObject({
      agrees: false,
      differing: ["l a>b VLAN 10: 100 predicted, 106 seen"],
    });
  });

  it("sees a link that nobody predicted", () => {
    const more = new Map([...frames(100, 0), [directionKey("m", "c", "d", 10), 50] as const]);
    expect(compare([frames(100, 0)], more, 100, 0.05).agrees).toBe(false);
  });

  it("takes a mixture of two open ways for agreement, and nothing outside of them", () => {
    const open = [frames(100, 0), frames(0, 100)];
    expect(compare(open, frames(30, 70), 100, 0.05).agrees).toBe(true);
    expect(compare(open, frames(100, 100), 100, 0.05).agrees).toBe(false);
    expect(compare(open, frames(0, 0), 100, 0.05).agrees).toBe(false);
  });
});
