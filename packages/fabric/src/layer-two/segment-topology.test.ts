import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { SpanningTree } from "../fabric.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { buildFabric } from "../fabric.fixture.ts";
import { bridgedWay } from "./bridged-way.ts";
import { segmentReach } from "./segment-reach.ts";
import type { SegmentTopology } from "./segment-topology.ts";
import { segmentTopology } from "./segment-topology.ts";

const topologyOf = (words: FabricWords, segment: string): SegmentTopology =>
  segmentTopology(indexFabric(buildFabric(words)), segment);

const closed = (topology: SegmentTopology): readonly string[] => topology.blocked.flatMap(({ links }) => links);

function linksOnWay(words: FabricWords, segment: string, from: string, to: string): readonly string[] {
  const way = bridgedWay(indexFabric(buildFabric(words)), segment, from, to);
  return way.kind === "known" ? way.crossings.map(({ link }) => link) : [];
}

/** sw1, sw2, sw3 in a ring, with MAC addresses in this order. */
function ring(trees: Readonly<Record<string, SpanningTree>>, more: FabricWords = {}): FabricWords {
  const devices = Object.fromEntries(
    Object.entries(trees).map(([name, tree], place) => [name, { spanningTree: { mac: `0${place}`, ...tree } }]),
  );
  return { segments: { web: 10, db: 20 }, devices, links: ["sw1/a sw2/a", "sw2/b sw3/b", "sw3/c sw1/c"], ...more };
}

const rstp: SpanningTree = { mode: "rstp" };
const [ab, bc, ca] = ["sw1/a--sw2/a", "sw2/b--sw3/b", "sw1/c--sw3/c"];

describe("spanning tree of a segment", () => {
  it("says which link is closed, where and by which root", () => {
    const topology = topologyOf(ring({ sw1: rstp, sw2: rstp, sw3: rstp }), "web");
    expect(topology).toMatchObject({ roots: ["sw1"], certainty: "yes", loops: [], joins: [] });
    expect(topology.components).toEqual([["sw1", "sw2", "sw3"]]);
    expect(topology.blocked).toEqual([
      {
        links: [bc],
        at: { device: "sw3", port: "b" },
        reason: "spanning-tree",
        root: "sw1",
        message: "sw2/b--sw3/b is closed for web at sw3/b by the spanning tree of root sw1",
      },
    ]);
    expect(topology.edges.map(({ links }) => links)).toEqual([[ab], [ca]]);
  });

  it("is one for each VLAN with rpvst, by the priorities of the VLAN", () => {
    const words = ring({
      sw1: { mode: "rpvst", priorityByVlan: { 10: 4096 } },
      sw2: { mode: "rpvst" },
      sw3: { mode: "rpvst", priorityByVlan: { 20: 4096 } },
    });
    expect([topologyOf(words, "web").roots, closed(topologyOf(words, "web"))]).toEqual([["sw1"], [bc]]);
    expect([topologyOf(words, "db").roots, closed(topologyOf(words, "db"))]).toEqual([["sw3"], [ab]]);
    expect(linksOnWay(words, "web", "sw2", "sw3")).toEqual([ab, ca]);
    expect(linksOnWay(words, "db", "sw2", "sw3")).toEqual([bc]);
  });

  it("is made of the links that carry the VLAN with rpvst, and of all links with rstp", () => {
    const withoutWeb: FabricWords = { ports: { "sw1/c": "trunk 20" } };
    const perVlan = ring({ sw1: { mode: "rpvst" }, sw2: { mode: "rpvst" }, sw3: { mode: "rpvst" } }, withoutWeb);
    expect(closed(topologyOf(perVlan, "web"))).toEqual([]);
    expect(linksOnWay(perVlan, "web", "sw1", "sw3")).toEqual([ab, bc]);
    const common = ring({ sw1: rstp, sw2: rstp, sw3: rstp }, withoutWeb);
    expect(closed(topologyOf(common, "web"))).toEqual([bc]);
    expect(topologyOf(common, "web").components).toEqual([["sw1", "sw2"], ["sw3"]]);
    expect(segmentReach(indexFabric(buildFabric(common)), "web", "sw1", "sw3")).toMatchObject({
      kind: "missing",
      gaps: [{ kind: "port", port: { device: "sw1", port: "c" }, vlan: 10 }],
    });
  });

  it("is one for each instance with mst, whatever the links trunk", () => {
    const instances = [
      { id: 1, vlans: [10] },
      { id: 2, vlans: [20] },
    ];
    const mst = (id: number): SpanningTree => ({
      mode: "mst",
      instances: instances.map((one) => (one.id === id ? { ...one, priority: 4096 } : one)),
    });
    const words = ring({ sw1: mst(1), sw2: mst(0), sw3: mst(2) }, { ports: { "sw1/c": "trunk 20" } });
    expect([topologyOf(words, "web").roots, closed(topologyOf(words, "web"))]).toEqual([["sw1"], [bc]]);
    expect(topologyOf(words, "web").components).toEqual([["sw1", "sw2"], ["sw3"]]);
    expect([topologyOf(words, "db").roots, closed(topologyOf(words, "db"))]).toEqual([["sw3"], [ab]]);
    const torn = ring({ sw1: mst(1), sw2: { mode: "mst" }, sw3: mst(1) });
    expect(topologyOf(torn, "web")).toMatchObject({
      certainty: "unknown",
      doubts: ["web is in different MST instances: 0, 1"],
    });
  });

  it("counts the links of a group together", () => {
    const ports = { "sw2/b": { lag: "x" }, "sw2/b2": { lag: "x" }, "sw3/b": { lag: "x" }, "sw3/b2": { lag: "x" } };
    const words: FabricWords = {
      ...ring({ sw1: rstp, sw2: rstp, sw3: rstp }),
      ports,
      links: [
        ["sw1/a sw2/a", { capacityBps: 10e9 }],
        ["sw2/b sw3/b", { capacityBps: 10e9 }],
        ["sw2/b2 sw3/b2", { capacityBps: 10e9 }],
        ["sw3/c sw1/c", { capacityBps: 4e9 }],
      ],
    };
    // 2,000 and 1,000 by sw2 against 5,000 for the direct way.
    expect(closed(topologyOf(words, "web"))).toEqual([ca]);
  });

  it("is a guess where addresses or speeds are not known, on rings only", () => {
    const nameless = { mode: "rstp", mac: undefined } as unknown as SpanningTree;
    const unknown = topologyOf(ring({ sw1: rstp, sw2: nameless, sw3: rstp }), "web");
    expect(unknown).toMatchObject({ certainty: "unknown", roots: ["sw1"] });
    const speedless = ring({ sw1: rstp, sw2: rstp, sw3: rstp }, {
      links: ["sw1/a sw2/a", "sw2/b sw3/b", ["sw3/c sw1/c", { capacityBps: undefined }]],
    } as unknown as FabricWords);
    expect(topologyOf(speedless, "web").doubts).toEqual([
      "the speed of sw1/c--sw3/c, which gives its path cost, is not known",
    ]);
    const chain = ring({ sw1: nameless, sw2: nameless, sw3: nameless }, { links: ["sw1/a sw2/a", "sw2/b sw3/b"] });
    expect(topologyOf(chain, "web")).toMatchObject({ certainty: "yes", doubts: [] });
  });

  it("proves nothing about a VLAN that some links of a doubtful ring lack", () => {
    const nameless = { mode: "rstp", mac: undefined } as unknown as SpanningTree;
    const trees = { sw1: nameless, sw2: nameless, sw3: nameless };
    const index = indexFabric(buildFabric(ring(trees, { ports: { "sw2/b": "trunk 20" } })));
    // Were sw3 the root, it would be another link that is closed.
    expect(segmentReach(index, "web", "sw1", "sw2")).toMatchObject({
      kind: "unknown",
      unread: [],
      why: expect.stringContaining("the same priority"),
    });
    expect(bridgedWay(index, "web", "sw1", "sw2").kind).toBe("unknown");
    expect(segmentReach(index, "db", "sw1", "sw2").kind).toBe("reached");
    expect(bridgedWay(index, "db", "sw1", "sw2")).toMatchObject({ kind: "known", certainty: "unknown" });
  });

  it("has doubts where modes are mixed", () => {
    const words = ring({ sw1: rstp, sw2: { mode: "rpvst" }, sw3: rstp });
    expect(topologyOf(words, "web").doubts).toEqual([
      "bridges with different modes of spanning tree hear each other: rpvst, rstp",
    ]);
  });
});

describe("loops", () => {
  const off: SpanningTree = { mode: "off" };

  it("are certain where every bridge says that it has no spanning tree", () => {
    const [loop, ...others] = topologyOf(ring({ sw1: off, sw2: off, sw3: off }), "web").loops;
    expect(others).toEqual([]);
    expect(loop).toMatchObject({ links: [ab, ca, bc], devices: ["sw1", "sw2", "sw3"], certainty: "yes" });
  });

  it("are possible where nothing is said, or BPDUs may pass all the same", () => {
    const silent = ring({}, { links: ["sw1/a sw2/a", "sw2/b sw1/b"] });
    expect(topologyOf(silent, "web").loops).toMatchObject([
      { certainty: "unknown", message: expect.stringContaining("nothing is said of spanning tree on sw1") },
    ]);
    expect(topologyOf(ring({ sw1: rstp, sw2: off, sw3: rstp }), "web").loops).toMatchObject([
      { certainty: "unknown", message: expect.stringContaining("sw2 may pass on the BPDUs of sw1") },
    ]);
  });

  it("are none where the VLAN is not all around", () => {
    const words = ring({ sw1: off, sw2: off, sw3: off }, { ports: { "sw1/a": "trunk 20" } });
    expect(topologyOf(words, "web").loops).toEqual([]);
    expect(topologyOf(words, "db").loops).toHaveLength(1);
  });
});

describe("an interconnect", () => {
  /** Two sites of two switches; both switches of a site have a link to the other one. */
  const sites = (dci: "dark-fibre" | "otv", bpdus?: "yes" | "no" | "unknown"): FabricWords => ({
    segments: { web: 10 },
    devices: Object.fromEntries(
      ["a1", "b1", "a2", "b2"].map((name, place) => [
        name,
        { site: name.startsWith("a") ? "dc1" : "dc2", spanningTree: { mode: "rstp", mac: `0${place}` } },
      ]),
    ),
    links: [
      "a1/x a2/x",
      "b1/x b2/x",
      ...["1", "2"].map((n): [string, object] => [
        `a${n}/dci b${n}/dci`,
        { kind: "dci", dci: { technology: dci, ...(bpdus === undefined ? {} : { carriesBpdus: bpdus }) } },
      ]),
    ],
  });

  it("belongs to one tree when it carries BPDUs", () => {
    expect(topologyOf(sites("dark-fibre"), "web")).toMatchObject({
      roots: ["a1"],
      blocked: [{ links: ["a2/dci--b2/dci"] }],
      loops: [],
      certainty: "yes",
    });
  });

  it("splits the tree when it does not, and two of them are a loop", () => {
    expect(topologyOf(sites("dark-fibre", "no"), "web")).toMatchObject({
      roots: ["a1", "b1"],
      blocked: [],
      loops: [{ certainty: "yes", devices: ["a1", "a2", "b1", "b2"] }],
      certainty: "unknown",
    });
    expect(topologyOf(sites("otv"), "web")).toMatchObject({
      roots: ["a1", "b1"],
      loops: [{ certainty: "unknown", message: expect.stringContaining("election") }],
    });
  });

  it("leaves doubts when nothing says whether it does", () => {
    expect(topologyOf(sites("dark-fibre", "unknown"), "web")).toMatchObject({
      roots: ["a1"],
      loops: [],
      certainty: "unknown",
    });
  });

  it("counts its crossings as between sites", () => {
    const way = bridgedWay(indexFabric(buildFabric(sites("dark-fibre"))), "web", "a2", "b2");
    expect(way.kind === "known" ? way.crossings.map(({ link, isBetweenSites }) => [link, isBetweenSites]) : []).toEqual(
      [
        ["a1/x--a2/x", false],
        ["a1/dci--b1/dci", true],
        ["b1/x--b2/x", false],
      ],
    );
  });
});

describe("VLAN numbers", () => {
  const twoSites = (technology: "dark-fibre" | "vpls" | "vxlan"): FabricWords => ({
    segments: {
      web: { vlan: 120, sites: ["dc1"] },
      voice: { vlan: 120, sites: ["dc2"] },
      db: { vlan: 20, vlanBySite: { dc2: 220 }, vni: 10_020 },
    },
    devices: {
      a1: { site: "dc1" },
      b1: { site: "dc2" },
      h1: { kind: "host", site: "dc1" },
      h2: { kind: "host", site: "dc2" },
    },
    links: ["h1/up0 a1/h1", ["a1/dci b1/dci", { kind: "dci", dci: { technology } }], "b1/h2 h2/up0"],
  });

  it("mean different segments in different sites, which a trunk between them makes one", () => {
    const index = indexFabric(buildFabric(twoSites("dark-fibre")));
    expect(segmentReach(index, "web", "h1", "h2")).toEqual({
      kind: "disconnected",
      why: "web does not exist in dc2, where h2 is",
    });
    expect(segmentTopology(index, "web")).toMatchObject({
      components: [["a1", "h1"]],
      joins: [
        {
          link: "a1/dci--b1/dci",
          cause: "number-reused",
          here: { end: { device: "a1", port: "dci" }, vlan: 120 },
          there: { end: { device: "b1", port: "dci" }, vlan: 120, segment: "voice" },
          isBlocked: false,
        },
      ],
    });
    const apart = { ...twoSites("dark-fibre"), ports: { "b1/dci": "trunk 20,220" } };
    expect(topologyOf(apart, "web").joins).toEqual([]);
  });

  it("are mapped by an interconnect that knows segments, and kept by a fibre", () => {
    const mapped = bridgedWay(indexFabric(buildFabric(twoSites("vpls"))), "db", "h1", "h2");
    expect(mapped.kind === "known" ? mapped.crossings.map(({ vlan }) => vlan) : []).toEqual([20, 20, 220]);
    const kept = indexFabric(buildFabric(twoSites("dark-fibre")));
    expect(segmentReach(kept, "db", "h1", "h2").kind).toBe("disconnected");
    expect(topologyOf(twoSites("vxlan"), "db").components).toEqual([["a1", "b1", "h1", "h2"]]);
  });
});

describe("native VLANs that differ", () => {
  const mismatch = (tree: SpanningTree): FabricWords => ({
    segments: { web: 10, db: 20 },
    devices: { sw1: { spanningTree: tree }, sw2: { spanningTree: tree } },
    ports: { "sw1/p": "trunk 10,20,30 native 10", "sw2/p": "trunk 10,20,30 native 20" },
    links: ["sw1/p sw2/p", "h1/up0 sw1/h", "h2/up0 sw2/h"],
  });

  it("join two VLANs and cut both of them off", () => {
    const topology = topologyOf(mismatch({ mode: "rstp" }), "web");
    expect(topology.components).toEqual([
      ["h1", "sw1"],
      ["h2", "sw2"],
    ]);
    expect(topology.joins).toEqual([
      {
        link: "sw1/p--sw2/p",
        cause: "native-mismatch",
        here: { end: { device: "sw1", port: "p" }, vlan: 10 },
        there: { end: { device: "sw2", port: "p" }, vlan: 20, segment: "db" },
        isBlocked: false,
      },
    ]);
    const index = indexFabric(buildFabric(mismatch({ mode: "rstp" })));
    expect(segmentReach(index, "web", "h1", "h2")).toMatchObject({
      kind: "missing",
      gaps: [{ kind: "native", port: { device: "sw2", port: "p" }, vlan: 10 }],
      repair: [{ kind: "set-native", port: { device: "sw2", port: "p" }, vlan: 10, before: { native: 20 } }],
    });
  });

  it("are noticed by rapid PVST+, which closes the link for them", () => {
    expect(topologyOf(mismatch({ mode: "rpvst" }), "web")).toMatchObject({
      joins: [{ isBlocked: true }],
      blocked: [{ reason: "native-mismatch", links: ["sw1/p--sw2/p"] }],
    });
  });

  it("lead frames through another VLAN and back where it happens twice", () => {
    const words: FabricWords = {
      ...mismatch({ mode: "rstp" }),
      ports: {
        "sw1/p": "trunk 10,20 native 10",
        "sw2/p": "trunk 10,20 native 20",
        "sw2/q": "trunk 10,20 native 20",
        "sw3/q": "trunk 10,20 native 10",
      },
      links: ["sw1/p sw2/p", "sw2/q sw3/q", "h1/up0 sw1/h", "h3/up0 sw3/h"],
    };
    const index = indexFabric(buildFabric(words));
    const way = bridgedWay(index, "web", "h1", "h3");
    expect(way.kind === "known" ? way.crossings.map(({ link, vlan }) => `${link} ${vlan}`) : way).toEqual([
      "h1/up0--sw1/h 10",
      "sw1/p--sw2/p 10",
      "sw2/q--sw3/q 20",
      "h3/up0--sw3/h 10",
    ]);
    expect(segmentReach(index, "web", "h1", "h3").kind).toBe("reached");
  });

  it("lose frames where one end tags and the other does not", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      ports: { "sw1/p": "trunk 10", "sw2/p": "trunk 10 native 10" },
      links: ["sw1/p sw2/p"],
    };
    const index = indexFabric(buildFabric(words));
    expect(segmentReach(index, "web", "sw1", "sw2")).toMatchObject({
      kind: "missing",
      gaps: [{ kind: "native", port: { device: "sw1", port: "p" }, vlan: 10 }],
    });
    expect(segmentTopology(index, "web").joins).toEqual([]);
  });
});

describe("components", () => {
  it("hold what has a foot in the segment, and no port that could not be read", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      devices: { r1: { kind: "router", interfaces: [{ segment: "web", address: "10.1.10.1/24" }] } },
      ports: { "sw2/up": "unknown" },
      links: ["h1/up0 sw1/h1", "sw1/x sw2/up", "sw2/h2 h2/up0"],
      endpoints: { vm9: "h9 web" },
      gateways: { gw: { segment: "web", kind: "static", address: "10.1.10.1", members: ["r1", "r2"] } },
    };
    const withAll = { ...words, devices: { ...words.devices, h9: "host" as const, r2: "router" as const } };
    const topology = topologyOf(withAll, "web");
    expect(topology.components).toEqual([["h1", "sw1"], ["h2", "sw2"], ["h9"], ["r1"], ["r2"]]);
    expect(topology.edges.find(({ links }) => links[0] === "sw1/x--sw2/up")?.carries).toBe("unknown");
  });

  it("are not joined by a host with two uplinks", () => {
    const words: FabricWords = { segments: { web: 10 }, links: ["h1/up0 sw1/h1", "h1/up1 sw2/h1"] };
    expect(topologyOf(words, "web").components).toEqual([["h1", "sw1"], ["sw2"]]);
  });

  it("hold an MLAG domain and its peer-link", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      devices: { leaf1: { mlag: "pair" }, leaf2: { mlag: "pair" } },
      links: [["leaf1/p leaf2/p", { kind: "peer-link" }]],
    };
    expect(topologyOf(words, "web")).toMatchObject({
      components: [["leaf1", "leaf2"]],
      edges: [{ kind: "peer-link", a: ["leaf1"], b: ["leaf2"] }],
    });
  });
});
