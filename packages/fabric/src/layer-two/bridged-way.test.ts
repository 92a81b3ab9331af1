import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { buildFabric } from "../fabric.fixture.ts";
import type { BridgedWay } from "./bridged-way.ts";
import { bridgedStrand, bridgedWay } from "./bridged-way.ts";

const wayIn = (words: FabricWords, segment: string, from: string, to: string): BridgedWay =>
  bridgedWay(indexFabric(buildFabric(words)), segment, from, to);

/** `h1/up0--sw1/p1 1/2` for each crossing, without the share where it is 1. */
function drawn(way: BridgedWay): string | readonly string[] {
  if (way.kind !== "known") return way.kind === "unknown" ? `unknown: ${way.why}` : `no-reach: ${way.reach.kind}`;
  return way.crossings.map(({ link, share }) => (share === 1 ? link : `${link} ${share}`));
}

describe("a chain of switches", () => {
  const chain: FabricWords = {
    segments: { web: 10, db: 20 },
    ports: { "h1/up0": "trunk 10,20", "sw1/p1": "trunk 10,20", "sw2/p1": "access 10", "h2/up0": "access 10" },
    links: ["h1/up0 sw1/p1", "sw1/p9 sw2/p9", "sw2/p1 h2/up0"],
  };

  it("carries a segment along, tagged and untagged", () => {
    expect(wayIn(chain, "web", "h1", "h2")).toEqual({
      kind: "known",
      crossings: [
        { link: "h1/up0--sw1/p1", from: "h1", to: "sw1", vlan: 10, share: 1, isBetweenSites: false },
        { link: "sw1/p9--sw2/p9", from: "sw1", to: "sw2", vlan: 10, share: 1, isBetweenSites: false },
        { link: "h2/up0--sw2/p1", from: "sw2", to: "h2", vlan: 10, share: 1, isBetweenSites: false },
      ],
      latencyUs: { known: true, value: 15 },
      certainty: "yes",
      doubts: [],
      assumed: [],
    });
    expect(wayIn(chain, "web", "h1", "h1")).toMatchObject({ crossings: [], latencyUs: { value: 0 }, certainty: "yes" });
  });

  it("does not carry one that a port lacks", () => {
    expect(drawn(wayIn(chain, "db", "h1", "h2"))).toBe("no-reach: missing");
    expect(drawn(wayIn(chain, "db", "h1", "sw2"))).toEqual(["h1/up0--sw1/p1", "sw1/p9--sw2/p9"]);
  });

  it("takes the smallest MTU and adds up latencies by direction", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      ports: { "h1/up0": { mtu: 9000 }, "sw1/p1": { mtu: 9216 }, "sw2/p9": { mtu: 1600 } },
      links: [
        ["h1/up0 sw1/p1", { latencyUs: 1 }],
        [
          "sw1/p9 sw2/p9",
          { kind: "dci", latencyUs: 4000, latencyBackUs: 4100, dci: { technology: "otv", overheadBytes: 42 } },
        ],
      ],
    };
    expect(wayIn(words, "web", "h1", "sw2")).toMatchObject({ mtu: 1558, latencyUs: { known: true, value: 4001 } });
    expect(wayIn(words, "web", "sw2", "h1")).toMatchObject({ mtu: 1558, latencyUs: { known: true, value: 4101 } });
    const silent = { ...words, links: ["h1/up0 sw1/p1", ["sw1/p9 sw2/p9", { latencyUs: undefined }]] } as FabricWords;
    expect(wayIn(silent, "web", "h1", "sw2")).toMatchObject({ latencyUs: { known: false } });
  });

  it("does not pass over links that are down or ports that are off", () => {
    const words = { segments: { web: 10 }, links: [["h1/up0 sw1/p1", { isUp: false }]] } satisfies FabricWords;
    expect(drawn(wayIn(words, "web", "h1", "sw1"))).toBe("no-reach: disconnected");
    const off: FabricWords = { ...chain, ports: { ...chain.ports, "sw2/p9": { isEnabled: false } } };
    expect(drawn(wayIn(off, "web", "h1", "h2"))).toBe("no-reach: disconnected");
  });

  it("is not known across a port that nobody could read", () => {
    const words: FabricWords = { ...chain, ports: { ...chain.ports, "sw2/p9": "unknown" } };
    expect(drawn(wayIn(words, "web", "h1", "h2"))).toBe("unknown: could not be read: sw2/p9");
  });

  it("does not lead through a host, unless the host runs spanning tree", () => {
    const words: FabricWords = { segments: { web: 10 }, links: ["h1/up0 h2/up0", "h2/up1 h3/up0"] };
    expect(drawn(wayIn(words, "web", "h1", "h2"))).toEqual(["h1/up0--h2/up0"]);
    expect(drawn(wayIn(words, "web", "h1", "h3"))).toBe("no-reach: disconnected");
    const bridging: FabricWords = { ...words, devices: { h2: { kind: "host", spanningTree: { mode: "rstp" } } } };
    expect(drawn(wayIn(bridging, "web", "h1", "h3"))).toEqual(["h1/up0--h2/up0", "h2/up1--h3/up0"]);
  });

  it("knows nothing of devices and segments that are not there", () => {
    expect(wayIn(chain, "web", "h1", "nowhere")).toMatchObject({ reach: { why: "the fabric has no device nowhere" } });
    expect(wayIn(chain, "voice", "h1", "h2")).toMatchObject({ reach: { why: "the fabric has no segment voice" } });
  });
});

describe("a ring", () => {
  const ring = (mode: "rstp" | "off" | undefined): FabricWords => ({
    segments: { web: 10 },
    devices: Object.fromEntries(
      ["sw1", "sw2", "sw3"].map((name, place) => [
        name,
        mode === undefined
          ? {}
          : { spanningTree: { mode, priority: name === "sw1" ? 4096 : 32_768, mac: `00:00:00:00:00:0${place}` } },
      ]),
    ),
    links: ["sw1/a sw2/a", "sw2/b sw3/b", "sw3/c sw1/c", "h2/up0 sw2/h", "h3/up0 sw3/h"],
  });

  it("is opened by spanning tree opposite to the root", () => {
    const way = wayIn(ring("rstp"), "web", "h2", "h3");
    expect(drawn(way)).toEqual(["h2/up0--sw2/h", "sw1/a--sw2/a", "sw1/c--sw3/c", "h3/up0--sw3/h"]);
    expect(way).toMatchObject({ certainty: "yes" });
  });

  it("is passed the short way, with doubts, where nothing opens it", () => {
    for (const mode of ["off", undefined] as const) {
      const way = wayIn(ring(mode), "web", "h2", "h3");
      expect(drawn(way)).toEqual(["h2/up0--sw2/h", "sw2/b--sw3/b", "h3/up0--sw3/h"]);
      expect(way).toMatchObject({ certainty: "unknown", doubts: [expect.stringContaining("form a loop")] });
    }
  });
});

describe("link aggregation", () => {
  const lag: FabricWords = {
    segments: { web: 10 },
    ports: { "sw1/a": { lag: "po1" }, "sw1/b": { lag: "po1" }, "sw2/a": { lag: "po7" }, "sw2/b": { lag: "po7" } },
    links: ["sw1/a sw2/a", "sw1/b sw2/b"],
  };

  it("is one way whose members have equal parts", () => {
    const way = wayIn(lag, "web", "sw1", "sw2");
    expect(drawn(way)).toEqual(["sw1/a--sw2/a 0.5", "sw1/b--sw2/b 0.5"]);
    expect(way).toMatchObject({ certainty: "yes", latencyUs: { value: 5 } });
  });

  it("sends a single flow over the member that is picked", () => {
    const index = indexFabric(buildFabric(lag));
    expect(drawn(bridgedStrand(index, "web", "sw1", "sw2", () => 0))).toEqual(["sw1/a--sw2/a"]);
    expect(drawn(bridgedStrand(index, "web", "sw1", "sw2", (ways) => ways - 1))).toEqual(["sw1/b--sw2/b"]);
  });

  it("carries nothing for sure when one member lacks the VLAN", () => {
    const words: FabricWords = {
      ...lag,
      ports: { ...lag.ports, "sw2/b": { lag: "po7", vlans: { kind: "access", tag: 20 } } },
    };
    expect(wayIn(words, "web", "sw1", "sw2")).toMatchObject({
      reach: { kind: "missing", gaps: [{ kind: "port", port: { device: "sw2", port: "b" }, vlan: 10 }] },
    });
  });
});

describe("an MLAG domain", () => {
  /** h1 hangs on both leaves by one group, h2 is an orphan of leaf2, sp1 is above. */
  const pair: FabricWords = {
    segments: { web: 10 },
    devices: { leaf1: { mlag: "pair" }, leaf2: { mlag: "pair" } },
    ports: {
      "h1/up0": { lag: "bond0" },
      "h1/up1": { lag: "bond0" },
      "leaf1/h1": { lag: "po1" },
      "leaf2/h1": { lag: "po1" },
      "leaf1/up": { lag: "po9" },
      "leaf2/up": { lag: "po9" },
      "sp1/d1": { lag: "po1" },
      "sp1/d2": { lag: "po1" },
    },
    links: [
      "h1/up0 leaf1/h1",
      "h1/up1 leaf2/h1",
      "h2/up0 leaf2/h2",
      "leaf1/up sp1/d1",
      "leaf2/up sp1/d2",
      ["leaf1/peer leaf2/peer", { kind: "peer-link" }],
    ],
  };

  it("sends frames on from the member that they came to", () => {
    const way = wayIn(pair, "web", "h1", "sp1");
    expect(drawn(way)).toEqual([
      "h1/up0--leaf1/h1 0.5",
      "h1/up1--leaf2/h1 0.5",
      "leaf1/up--sp1/d1 0.5",
      "leaf2/up--sp1/d2 0.5",
    ]);
    expect(way).toMatchObject({ certainty: "yes", latencyUs: { known: true, value: 10 } });
    expect(drawn(wayIn(pair, "web", "leaf1", "h1"))).toEqual(["h1/up0--leaf1/h1"]);
  });

  it("crosses the peer-link to an orphan only", () => {
    expect(drawn(wayIn(pair, "web", "h1", "h2"))).toEqual([
      "h1/up0--leaf1/h1 0.5",
      "h1/up1--leaf2/h1 0.5",
      "leaf1/peer--leaf2/peer 0.5",
      "h2/up0--leaf2/h2",
    ]);
    expect(drawn(wayIn(pair, "web", "h2", "h1"))).toEqual(["h2/up0--leaf2/h2", "h1/up1--leaf2/h1"]);
    expect(drawn(wayIn(pair, "web", "leaf1", "leaf2"))).toEqual(["leaf1/peer--leaf2/peer"]);
  });

  it("does not reach an orphan by a peer-link that lacks the VLAN", () => {
    const words: FabricWords = { ...pair, ports: { ...pair.ports, "leaf1/peer": "trunk 20" } };
    expect(wayIn(words, "web", "h1", "h2")).toMatchObject({
      reach: { kind: "missing", gaps: [{ kind: "port", port: { device: "leaf1", port: "peer" }, vlan: 10 }] },
    });
    expect(wayIn(words, "web", "h1", "sp1")).toMatchObject({ kind: "known" });
  });

  it("is one bridge to spanning tree, so that nothing is blocked", () => {
    const devices = Object.fromEntries(
      ["leaf1", "leaf2", "sp1"].map((name) => [
        name,
        { spanningTree: { mode: "rstp" as const }, ...(name === "sp1" ? {} : { mlag: "pair" }) },
      ]),
    );
    expect(drawn(wayIn({ ...pair, devices }, "web", "sp1", "h1"))).toHaveLength(4);
  });

  it("makes a host's uplinks an open choice where they are not one group", () => {
    const ports = { ...pair.ports, "h1/up0": "trunk all", "h1/up1": "trunk all" };
    const way = wayIn({ ...pair, devices: {}, ports }, "web", "h1", "h2");
    expect(way).toMatchObject({ kind: "known", certainty: "unknown" });
    expect(drawn(way)).toEqual([
      "h1/up0--leaf1/h1 0.5",
      "h1/up1--leaf2/h1 0.5",
      "leaf1/peer--leaf2/peer 0.5",
      "h2/up0--leaf2/h2",
    ]);
  });
});
