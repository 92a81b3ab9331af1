import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { buildFabric } from "../fabric.fixture.ts";
import { bridgedStrand, bridgedWay } from "./bridged-way.ts";
import { segmentReach } from "./segment-reach.ts";
import { segmentTopology } from "./segment-topology.ts";

/** Three leaves as VTEPs, two spines between them, routed links that carry no VLAN. */
const leafSpine = {
  segments: { web: { vlan: 10, vni: 10_010 }, db: 20 },
  devices: {
    l1: { vtep: { address: "10.0.0.1" } },
    l2: { vtep: { address: "10.0.0.2" } },
    l3: { vtep: { address: "2001:db8::3" } },
  },
  ports: Object.fromEntries(
    ["l1", "l2", "l3"].flatMap((leaf) => [
      [`${leaf}/s1`, { vlans: { kind: "trunk" as const, trunks: [] }, mtu: 9000 }],
      [`${leaf}/s2`, { vlans: { kind: "trunk" as const, trunks: [] }, mtu: 9000 }],
    ]),
  ),
  links: [
    ...["l1", "l2", "l3"].flatMap((leaf) => [`${leaf}/s1 s1/${leaf}`, `${leaf}/s2 s2/${leaf}`]),
    "h1/up0 l1/h1",
    "h2/up0 l2/h2",
    "h3/up0 l3/h3",
  ],
} satisfies FabricWords;

const crossingsIn = (words: FabricWords, from: string, to: string): readonly string[] => {
  const way = bridgedWay(indexFabric(buildFabric(words)), "web", from, to);
  return way.kind === "known" ? way.crossings.map(({ link, vlan, share }) => `${link} ${vlan} ${share}`) : [way.kind];
};

describe("an overlay", () => {
  it("joins the VTEPs of a segment over all equal ways of the underlay", () => {
    expect(crossingsIn(leafSpine, "h1", "h2")).toEqual([
      "h1/up0--l1/h1 10 1",
      "l1/s1--s1/l1 10 0.5",
      "l1/s2--s2/l1 10 0.5",
      "l2/s1--s1/l2 10 0.5",
      "l2/s2--s2/l2 10 0.5",
      "h2/up0--l2/h2 10 1",
    ]);
    const way = bridgedWay(indexFabric(buildFabric(leafSpine)), "web", "h1", "h2");
    expect(way).toMatchObject({ certainty: "yes", latencyUs: { known: true, value: 20 }, mtu: 8950 });
    expect(bridgedWay(indexFabric(buildFabric(leafSpine)), "web", "h3", "h2")).toMatchObject({ mtu: 8930 });
    const strand = bridgedStrand(indexFabric(buildFabric(leafSpine)), "web", "h1", "h2", (ways) => ways - 1);
    expect(strand.kind === "known" ? strand.crossings.map(({ link }) => link) : []).toEqual([
      "h1/up0--l1/h1",
      "l1/s2--s2/l1",
      "l2/s2--s2/l2",
      "h2/up0--l2/h2",
    ]);
  });

  it("is there only for a segment with a VNI, at VTEPs that have its VLAN", () => {
    const index = indexFabric(buildFabric(leafSpine));
    expect(segmentReach(index, "db", "h1", "h2")).toMatchObject({ kind: "missing" });
    expect(segmentTopology(index, "web").components).toEqual([["h1", "h2", "h3", "l1", "l2", "l3"]]);
    expect(segmentTopology(index, "web").edges.filter(({ kind }) => kind === "overlay")).toEqual([
      { links: [], a: ["l1"], b: ["l2", "l3"], kind: "overlay", carries: "yes" },
      { links: [], a: ["l2"], b: ["l1", "l3"], kind: "overlay", carries: "yes" },
      { links: [], a: ["l3"], b: ["l1", "l2"], kind: "overlay", carries: "yes" },
    ]);
    const lacking = { ...leafSpine.devices, l2: { vtep: { address: "10.0.0.2" }, vlans: [20] } };
    expect(segmentTopology(indexFabric(buildFabric({ ...leafSpine, devices: lacking })), "web").components).toEqual([
      ["h1", "h3", "l1", "l3"],
    ]);
  });

  it("is not broken by a spine that is down, but by an underlay in two parts", () => {
    const withoutSpine = (...spines: string[]): FabricWords => ({
      ...leafSpine,
      links: leafSpine.links.filter((link) => !spines.some((spine) => link.includes(` ${spine}/l2`))),
    });
    expect(crossingsIn(withoutSpine("s1"), "h1", "h2")).toEqual([
      "h1/up0--l1/h1 10 1",
      "l1/s2--s2/l1 10 1",
      "l2/s2--s2/l2 10 1",
      "h2/up0--l2/h2 10 1",
    ]);
    expect(crossingsIn(withoutSpine("s1", "s2"), "h1", "h2")).toEqual(["no-reach"]);
  });

  it("has one end for an MLAG domain with one address, and the peer-link only for an orphan", () => {
    const words: FabricWords = {
      ...leafSpine,
      devices: {
        l1: { vtep: { address: "10.0.0.1" } },
        l2: { vtep: { address: "10.0.0.9" }, mlag: "pair" },
        l3: { vtep: { address: "10.0.0.9" }, mlag: "pair" },
      },
      ports: {
        ...leafSpine.ports,
        "h4/up0": { lag: "b" },
        "h4/up1": { lag: "b" },
        "l2/h4": { lag: "p" },
        "l3/h4": { lag: "p" },
      },
      links: [...leafSpine.links, ["l2/p l3/p", { kind: "peer-link" }], "h4/up0 l2/h4", "h4/up1 l3/h4"],
    };
    expect(crossingsIn(words, "h1", "h4")).toEqual([
      "h1/up0--l1/h1 10 1",
      "l1/s1--s1/l1 10 0.5",
      "l1/s2--s2/l1 10 0.5",
      "l2/s1--s1/l2 10 0.25",
      "l2/s2--s2/l2 10 0.25",
      "l3/s1--s1/l3 10 0.25",
      "l3/s2--s2/l3 10 0.25",
      "h4/up0--l2/h4 10 0.5",
      "h4/up1--l3/h4 10 0.5",
    ]);
    expect(crossingsIn(words, "h1", "h2").slice(-2)).toEqual(["l2/p--l3/p 10 0.5", "h2/up0--l2/h2 10 1"]);
    expect(crossingsIn(words, "h2", "h3")).toEqual(["h2/up0--l2/h2 10 1", "l2/p--l3/p 10 1", "h3/up0--l3/h3 10 1"]);
  });

  it("does not use a host as a passage of the underlay, but ends at one", () => {
    const words: FabricWords = {
      segments: { web: { vlan: 10, vni: 10_010 } },
      devices: {
        h1: { kind: "host", vtep: { address: "10.0.0.1" } },
        h2: { kind: "host", vtep: { address: "10.0.0.2" } },
      },
      ports: { "h1/up0": "trunk none", "h2/up0": "trunk none" },
      links: ["h1/up0 s1/h1", "h2/up0 s2/h2", "s1/x s3/x", "s3/y s2/y", "s1/h9 h9/up0", "h9/up1 s2/h9"],
    };
    expect(crossingsIn(words, "h1", "h2")).toEqual([
      "h1/up0--s1/h1 10 1",
      "s1/x--s3/x 10 1",
      "s2/y--s3/y 10 1",
      "h2/up0--s2/h2 10 1",
    ]);
  });

  it("goes behind a link that joins two VTEPs directly", () => {
    const words = { ...leafSpine, links: [...leafSpine.links, "l1/x l2/x"] };
    expect(crossingsIn(words, "h1", "h2")).toEqual(["h1/up0--l1/h1 10 1", "l1/x--l2/x 10 1", "h2/up0--l2/h2 10 1"]);
    expect(segmentTopology(indexFabric(buildFabric(words)), "web").loops).toMatchObject([
      { links: ["l1/x--l2/x"], certainty: "unknown", message: expect.stringContaining("overlay") },
    ]);
  });
});
