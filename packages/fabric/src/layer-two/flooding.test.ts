import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { Interconnect } from "../fabric.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { buildFabric } from "../fabric.fixture.ts";
import type { FloodedFrame } from "./flooding.ts";
import { floodedCrossings } from "./flooding.ts";

function flooded(words: FabricWords, from: string, frame?: FloodedFrame): readonly string[] {
  const crossings = floodedCrossings(indexFabric(buildFabric(words)), "web", from, frame);
  return crossings.map(({ link, from: near, share }) => (share === 1 ? `${near} ${link}` : `${near} ${link} ${share}`));
}

describe("a flooded frame", () => {
  const tree: FabricWords = {
    segments: { web: 10 },
    ports: { "sw2/h3": "trunk 20" },
    links: ["h1/up0 sw1/h1", "h2/up0 sw1/h2", "sw1/x sw2/x", "h3/up0 sw2/h3", "h4/up0 sw2/h4"],
  };

  it("takes every link that carries the segment once, away from its origin", () => {
    expect(flooded(tree, "h1")).toEqual([
      "h1 h1/up0--sw1/h1",
      "sw1 h2/up0--sw1/h2",
      "sw1 sw1/x--sw2/x",
      "sw2 h4/up0--sw2/h4",
    ]);
    expect(flooded(tree, "sw2")).toEqual([
      "sw2 h4/up0--sw2/h4",
      "sw2 sw1/x--sw2/x",
      "sw1 h1/up0--sw1/h1",
      "sw1 h2/up0--sw1/h2",
    ]);
    expect(flooded(tree, "nowhere")).toEqual([]);
  });

  it("does not take what spanning tree closes", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      devices: Object.fromEntries(["a", "b", "c"].map((name) => [name, { spanningTree: { mode: "rstp", mac: name } }])),
      links: ["a/1 b/1", "b/2 c/2", "c/3 a/3"],
    };
    expect(flooded(words, "b")).toEqual(["b a/1--b/1", "a a/3--c/3"]);
  });

  it("crosses an interconnect that floods, and OTV only as a broadcast", () => {
    const over = (dci: Interconnect): FabricWords => ({
      ...tree,
      links: ["h1/up0 sw1/h1", ["sw1/x sw2/x", { kind: "dci", dci }], "h4/up0 sw2/h4"],
    });
    expect(flooded(over({ technology: "vpls" }), "h1")).toHaveLength(3);
    expect(flooded(over({ technology: "otv" }), "h1")).toEqual(["h1 h1/up0--sw1/h1"]);
    expect(flooded(over({ technology: "otv", floodsUnknownUnicast: "yes" }), "h1")).toHaveLength(3);
    expect(flooded(over({ technology: "vpls", floodsUnknownUnicast: "no" }), "h1")).toHaveLength(1);
    expect(flooded(over({ technology: "otv" }), "h1", "broadcast")).toHaveLength(3);
  });

  it("is one copy over a group and one over a peer-link", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      devices: { l1: { mlag: "pair" }, l2: { mlag: "pair" } },
      ports: {
        "h1/up0": { lag: "b" },
        "h1/up1": { lag: "b" },
        "l1/h1": { lag: "p" },
        "l2/h1": { lag: "p" },
      },
      links: ["h1/up0 l1/h1", "h1/up1 l2/h1", ["l1/p l2/p", { kind: "peer-link" }], "h2/up0 l2/h2", "h3/up0 l1/h3"],
    };
    expect(flooded(words, "h1").toSorted()).toEqual([
      "h1 h1/up0--l1/h1 0.5",
      "h1 h1/up1--l2/h1 0.5",
      "l1 h3/up0--l1/h3",
      "l1 l1/p--l2/p 0.5",
      "l2 h2/up0--l2/h2",
      "l2 l1/p--l2/p 0.5",
    ]);
    expect(flooded(words, "h3").toSorted()).toEqual([
      "h3 h3/up0--l1/h3",
      "l1 h1/up0--l1/h1",
      "l1 l1/p--l2/p",
      "l2 h2/up0--l2/h2",
    ]);
    const apart = { ...words, ports: { ...words.ports, "l1/p": "trunk 20" } };
    expect(flooded(apart, "h3")).toEqual(["h3 h3/up0--l1/h3", "l1 h1/up0--l1/h1"]);
  });

  it("is copied to each other VTEP", () => {
    const words: FabricWords = {
      segments: { web: { vlan: 10, vni: 10_010 } },
      devices: Object.fromEntries(
        ["l1", "l2", "l3"].map((name, at) => [name, { vtep: { address: `10.0.0.${at + 1}` } }]),
      ),
      ports: { "l1/s": "trunk none", "l2/s": "trunk none", "l3/s": "trunk none" },
      links: ["l1/s s1/l1", "l2/s s1/l2", "l3/s s1/l3", "h1/up0 l1/h1", "h2/up0 l2/h2", "h3/up0 l3/h3"],
    };
    expect(flooded(words, "h1")).toEqual([
      "h1 h1/up0--l1/h1",
      "l1 l1/s--s1/l1 2",
      "s1 l2/s--s1/l2",
      "s1 l3/s--s1/l3",
      "l2 h2/up0--l2/h2",
      "l3 h3/up0--l3/h3",
    ]);
    const hosts = {
      ...words,
      devices: { ...words.devices, h1: { kind: "host" as const, vtep: { address: "10.0.0.9" } } },
    };
    expect(flooded(hosts, "h1")).toEqual([
      "h1 h1/up0--l1/h1 3",
      "l1 l1/s--s1/l1 2",
      "s1 l2/s--s1/l2",
      "s1 l3/s--s1/l3",
      "l2 h2/up0--l2/h2",
      "l3 h3/up0--l3/h3",
    ]);
  });
});
