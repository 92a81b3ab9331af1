import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import { linkLoads, linkLoadsOver } from "./link-load.ts";
import type { LinkLoad, LinkLoadReport, LinkLoadRequest } from "./link-load.ts";
import { shortestWays } from "./shortest-ways.fixture.ts";
import { loadOverTime } from "./timeline.ts";

const gbps = 1e9;
/** Takes the capacity away that links of the fixture have. */
const unmeasured: object = { capacityBps: undefined };

function loadsOf(words: FabricWords, request: LinkLoadRequest = {}): LinkLoadReport {
  const index = indexFabric(buildFabric(words));
  return linkLoadsOver(index, shortestWays(index), request);
}

function link({ links }: LinkLoadReport, from: string, to: string): LinkLoad {
  const found = links.find((one) => one.from === from && one.to === to);
  if (found === undefined) throw new Error(`no direction from ${from} to ${to}`);
  return found;
}

/** One switch, three hosts. */
const star: FabricWords = {
  segments: { web: 10 },
  links: ["h1/up0 sw1/p1", "h2/up0 sw1/p2", "h3/up0 sw1/p3"],
  endpoints: { vm1: "h1 web", vm2: "h2 web", vm3: "h3 web" },
  flows: { f1: "vm1 vm2 3000 1000" },
};

/** Each host on two leaves, four spines between pairs of leaves: sixteen ways. */
const clos: FabricWords = {
  segments: { web: 10 },
  devices: { leaf1: { mlag: "a" }, leaf2: { mlag: "a" }, leaf3: { mlag: "b" }, leaf4: { mlag: "b" } },
  ports: Object.fromEntries(
    [
      ["h1/up0", "bond0"],
      ["h1/up1", "bond0"],
      ["leaf1/h1", "h1"],
      ["leaf2/h1", "h1"],
      ["h2/up0", "bond0"],
      ["h2/up1", "bond0"],
      ["leaf3/h2", "h2"],
      ["leaf4/h2", "h2"],
    ].map(([port = "", lag = ""]) => [port, { lag }]),
  ),
  links: [
    "h1/up0 leaf1/h1",
    "h1/up1 leaf2/h1",
    "h2/up0 leaf3/h2",
    "h2/up1 leaf4/h2",
    ...[1, 2, 3, 4].flatMap((leaf) => [1, 2, 3, 4].map((spine) => `leaf${leaf}/s${spine} spine${spine}/l${leaf}`)),
  ],
  endpoints: { vm1: "h1 web", vm2: "h2 web" },
  flows: { f1: "vm1 vm2 4000" },
};

describe("loads of flows", () => {
  it("count for each direction of a link by itself", () => {
    const report = loadsOf(star);
    expect(link(report, "h1", "sw1")).toMatchObject({ baseBps: 3 * gbps, afterBps: 3 * gbps, capacityBps: 10 * gbps });
    expect(link(report, "sw1", "h1")).toMatchObject({ baseBps: 1 * gbps });
    expect(link(report, "sw1", "h2").utilisation.base).toEqual({ known: true, value: 0.3 });
    expect(link(report, "sw1", "h3")).toMatchObject({ baseBps: 0, duringBps: 0, moves: [], doubts: [] });
    expect(report.slowedFlows.before).toEqual([]);
  });

  it("are split over equal ways", () => {
    const report = loadsOf(clos);
    expect(link(report, "h1", "leaf2").baseBps).toBe(2 * gbps);
    expect(link(report, "leaf2", "spine3").baseBps).toBe(0.5 * gbps);
    expect(link(report, "spine3", "leaf4").baseBps).toBe(0.5 * gbps);
    expect(link(report, "leaf4", "h2").baseBps).toBe(2 * gbps);
    expect(link(report, "leaf3", "spine3").baseBps).toBe(0);
  });

  it("follow their VMs to the target", () => {
    const report = loadsOf(star, { moves: [{ endpoint: "vm2", target: "h3" }] });
    expect(link(report, "sw1", "h2")).toMatchObject({ baseBps: 3 * gbps, afterBps: 0 });
    expect(link(report, "sw1", "h3")).toMatchObject({ baseBps: 0, afterBps: 3 * gbps });
    expect(link(report, "h3", "sw1")).toMatchObject({ baseBps: 0, afterBps: 1 * gbps });
  });

  it("may ask for more than a link has, and the flows that suffer are named", () => {
    const flows = { f1: "vm1 vm2 8000", f2: "vm3 vm2 4000", f3: "vm1 vm3 1000" };
    const report = loadsOf({ ...star, flows });
    expect(link(report, "sw1", "h2").utilisation.base).toEqual({ known: true, value: 1.2 });
    expect(report.slowedFlows.before).toEqual([
      { flow: "f1", direction: "forward", wantedBps: 8 * gbps, bps: 6 * gbps, limitedBy: "link:h2/up0--sw1/p2" },
    ]);
    const moved = loadsOf({ ...star, flows }, { moves: [{ endpoint: "vm2", target: "h3" }] });
    expect(moved.slowedFlows.after).toEqual([]);
  });

  it("that nobody can place are listed, and load nothing", () => {
    const report = loadsOf({ ...star, endpoints: { ...star.endpoints, far: "h9 web" }, flows: { f1: "vm1 far 10" } });
    expect(report.uncountedFlows.before).toEqual([
      { flow: "f1", direction: "forward", kind: "unknown", why: "no link leads from h1 to h9" },
    ]);
    expect(report.links.map(({ baseBps }) => baseBps)).toEqual(report.links.map(() => 0));
  });
});

describe("loads of moves", () => {
  it("take what the flows leave", () => {
    const report = loadsOf(star, { moves: [{ endpoint: "vm1", target: "h3" }] });
    expect(report.moves).toMatchObject([
      { kind: "known", bps: 7 * gbps, limitedBy: "link:h1/up0--sw1/p1", doubts: [] },
    ]);
    expect(link(report, "h1", "sw1")).toMatchObject({ duringBps: 10 * gbps, moves: ["vm1"] });
    expect(link(report, "h1", "sw1").utilisation.during).toEqual({ known: true, value: 1 });
    expect(link(report, "sw1", "h3")).toMatchObject({ duringBps: 7 * gbps, afterBps: 1 * gbps });
    expect(link(report, "h3", "sw1")).toMatchObject({ duringBps: 0, afterBps: 3 * gbps });
  });

  it("share an interconnect with a background, and leave the uplinks to a move within the site", () => {
    const site = (site: string): { readonly site: string } => ({ site });
    const words: FabricWords = {
      segments: { web: 10 },
      devices: {
        h1: site("dc1"),
        h2: site("dc1"),
        h3: site("dc1"),
        sw1: site("dc1"),
        sw2: site("dc2"),
        h4: site("dc2"),
      },
      links: [
        ...["h1/up0 sw1/p1", "h2/up0 sw1/p2", "h3/up0 sw1/p3", "h4/up0 sw2/p4"].map(
          (ends) => [ends, { capacityBps: 25 * gbps }] as const,
        ),
        ["sw1/dci sw2/dci", { capacityBps: 10 * gbps, kind: "dci" }],
      ],
      endpoints: { m1: "h1 web", m2: "h2 web", m3: "h1 web", back1: "sw1 web", back2: "sw2 web" },
      flows: { background: "back1 back2 4000" },
    };
    const rates = (capBps?: number): readonly unknown[] =>
      loadsOf(words, {
        moves: [
          { endpoint: "m1", target: "h4" },
          { endpoint: "m2", target: "h4" },
          { endpoint: "m3", target: "h3", ...(capBps === undefined ? {} : { maxRateBps: capBps }) },
        ],
      }).moves.map((move) => (move.kind === "unknown" ? move.why : [move.bps / gbps, move.limitedBy]));
    const interconnect = "link:sw1/dci--sw2/dci";
    expect(rates()).toEqual([
      [3, interconnect],
      [3, interconnect],
      [22, "link:h1/up0--sw1/p1"],
    ]);
    expect(rates(15 * gbps)).toEqual([
      [3, interconnect],
      [3, interconnect],
      [15, "cap"],
    ]);
  });

  it("get what their class gets of a host that shapes what it sends", () => {
    const shaped = (flow: string): LinkLoadReport =>
      loadsOf(
        {
          ...star,
          devices: {
            h1: {
              shaping: [
                { name: "vm", shares: 100 },
                { name: "migration", shares: 50 },
              ],
            },
          },
          flows: { f1: flow },
        },
        { moves: [{ endpoint: "vm1", target: "h3" }] },
      );
    expect(shaped("vm1 vm2 2000").moves).toMatchObject([{ bps: 8 * gbps, limitedBy: "link:h1/up0--sw1/p1" }]);
    const contended = shaped("vm1 vm2 9000");
    expect(contended.moves).toMatchObject([{ limitedBy: "shares" }]);
    expect(link(contended, "h1", "sw1").displacedBps).toBeCloseTo((9 - 20 / 3) * gbps, 0);
    // What the target receives is not protected: there the flows go first.
    const received = shaped("vm2 vm3 9000");
    expect(received.moves).toMatchObject([{ bps: 1 * gbps, limitedBy: "link:h3/up0--sw1/p3" }]);
    expect(link(received, "sw1", "h3").displacedBps).toBeUndefined();
  });

  it("keep to windows, bounds and budgets", () => {
    const moving = (words: FabricWords, move: object): readonly unknown[] =>
      loadsOf({ ...star, flows: {}, ...words }, { moves: [{ endpoint: "vm1", target: "h3", ...move }] }).moves;
    // Two links of 5 µs each way: 20 µs for 20,000 bytes.
    expect(moving({}, { windowBytes: 20_000 })).toMatchObject([{ bps: 8 * gbps, limitedBy: "window", kind: "known" }]);
    expect(moving({}, { windowBytes: 10_000, streams: 2 })).toMatchObject([{ bps: 8 * gbps, limitedBy: "window" }]);
    expect(moving({}, { maxRateBps: 2 * gbps, streams: 4 })).toMatchObject([{ bps: 2 * gbps, limitedBy: "cap" }]);
    const budget = { links: ["h1/up0 sw1/p1", ["sw1/p3 h3/up0", { moveBudget: { rateBps: 3 * gbps } }]] } as const;
    expect(moving(budget, {})).toMatchObject([{ bps: 3 * gbps, limitedBy: "budget:h3/up0--sw1/p3" }]);
    const unknown = { links: ["h1/up0 sw1/p1", { a: 1 }].slice(0, 1) as string[] };
    expect(moving(unknown, {})).toMatchObject([{ kind: "unknown", why: "no link leads from h1 to h3" }]);
  });

  it("count a budget for both directions of a link together", () => {
    const budget = { links: ["h2/up0 sw1/p2", ["h1/up0 sw1/p1", { moveBudget: { rateBps: 4 * gbps } }]] } as const;
    const report = loadsOf(
      { ...star, ...budget, flows: {} },
      {
        moves: [
          { endpoint: "vm1", target: "h2" },
          { endpoint: "vm2", target: "h1" },
        ],
      },
    );
    expect(report.moves).toMatchObject([{ bps: 2 * gbps }, { bps: 2 * gbps }]);
  });

  it("say why a window allows nobody knows what", () => {
    const words = { ...star, links: ["h1/up0 sw1/p1", ["h3/up0 sw1/p3", { latencyUs: undefined }]] } as const;
    const [move] = loadsOf(words as FabricWords, {
      moves: [{ endpoint: "vm1", target: "h3", windowBytes: 1_000 }],
    }).moves;
    expect(move).toMatchObject({
      kind: "estimate",
      doubts: ["what the window allows is not known: the latency of h3/up0--sw1/p3 is not known"],
    });
  });

  it("that nothing lays on links are said to be unknown", () => {
    const moves = [
      { endpoint: "vm1", target: "h1" },
      { endpoint: "vm9", target: "h1" },
    ];
    expect(loadsOf(star, { moves }).moves).toEqual([
      { kind: "unknown", endpoint: "vm1", target: "h1", why: "vm1 is on h1 already" },
      { kind: "unknown", endpoint: "vm9", target: "h1", why: "the fabric has no endpoint vm9" },
    ]);
  });
});

describe("one stream among equal ways", () => {
  const move = { endpoint: "vm1", target: "h2" };

  it("takes one of them, the same for the same seed", () => {
    const chosen = (seed: number): string =>
      loadsOf({ ...clos, flows: {} }, { moves: [move], seed })
        .links.filter(({ moves }) => moves.length > 0)
        .map(({ from, to, duringBps }) => `${from}>${to} ${(duringBps ?? 0) / gbps}`)
        .join(", ");
    expect(chosen(1)).toBe(chosen(1));
    expect(chosen(1).split(", ")).toHaveLength(4);
    expect(new Set(Array.from({ length: 40 }, (_, seed) => chosen(seed))).size).toBeGreaterThan(10);
  });

  it("is slowed by what the fluid share of the flows leaves on that one way", () => {
    const report = loadsOf(clos, { moves: [move] });
    expect(report.moves).toMatchObject([{ bps: 8 * gbps, spread: { bestBps: 8 * gbps, worstBps: 8 * gbps } }]);
    expect(report.hashing).toEqual({ over: "all", outcomes: 16, seeds: 200 });
  });

  it("has a best and a worst outcome where the ways differ", () => {
    const links = (clos.links ?? []).map((one) =>
      one === "leaf1/s1 spine1/l1" ? ([one, { capacityBps: 1 * gbps }] as const) : one,
    );
    const report = loadsOf({ ...clos, links, flows: {} }, { moves: [move] });
    // One in eight of the seeds meets the slow link, which is more than one in twenty.
    expect(report.moves).toMatchObject([
      { spread: { bestBps: 10 * gbps, worstBps: 1 * gbps, p95Bps: 1 * gbps }, kind: "known" },
    ]);
    expect(link(report, "leaf1", "spine1").spread).toEqual({ bestBps: 0, worstBps: 1 * gbps, p95Bps: 1 * gbps });
  });

  it("shares a member with the other streams or not: the fullest member of the group tells", () => {
    const moves = [{ ...move, streams: 2, maxRateBps: 8 * gbps }];
    const { bundles, hashing } = loadsOf({ ...clos, flows: {} }, { moves });
    expect(hashing).toEqual({ over: "all", outcomes: 256, seeds: 200 });
    const atHost = bundles.find(({ owner }) => owner === "h1");
    expect(atHost).toEqual({
      owner: "h1",
      lag: "bond0",
      members: [
        { link: "h1/up0--leaf1/h1", from: "h1", to: "leaf1" },
        { link: "h1/up1--leaf2/h1", from: "h1", to: "leaf2" },
      ],
      fullest: { bestBps: 4 * gbps, worstBps: 8 * gbps, p95Bps: 8 * gbps },
    });
    expect(bundles.map(({ owner, lag }) => `${owner} ${lag}`)).toEqual(["b h2", "h1 bond0"]);
  });

  it("has too many outcomes to try them all when there are three: then the seeds tell", () => {
    const { hashing } = loadsOf({ ...clos, flows: {} }, { moves: [{ ...move, streams: 3 }] });
    expect(hashing?.over).toBe("seeds");
    expect(hashing?.outcomes).toBeLessThanOrEqual(200);
  });
});

describe("over the ways that forwarding takes", () => {
  const bonded: FabricWords = {
    segments: { web: 10, move: 30 },
    devices: {
      leaf1: { mlag: "pair" },
      leaf2: { mlag: "pair" },
      ...Object.fromEntries(
        ["h1", "h2", "h3"].map((host, place) => [
          host,
          { migration: { segment: "move", address: `10.9.0.${place + 1}` } },
        ]),
      ),
    },
    ports: Object.fromEntries(
      ["h1", "h2"].flatMap((host) => [
        [`${host}/up0`, { lag: "bond0" }],
        [`${host}/up1`, { lag: "bond0" }],
        [`leaf1/${host}`, { lag: host }],
        [`leaf2/${host}`, { lag: host }],
      ]),
    ),
    links: [
      ...["h1", "h2"].flatMap((host) => [`${host}/up0 leaf1/${host}`, `${host}/up1 leaf2/${host}`]),
      "h3/up0 leaf1/h3",
      ["leaf1/peer leaf2/peer", { capacityBps: 2 * gbps }],
    ],
    endpoints: { vm1: "h1 web", vm2: "h2 web", vm3: "h3 web" },
    flows: { f1: "vm1 vm2 4000", f2: "vm1 vm3 1000" },
  };
  const index = indexFabric(buildFabric(bonded));

  it("flows are split over a bond, and cross the peer-link only to whoever hangs on one leaf", () => {
    const report = linkLoads(index, {});
    expect(link(report, "h1", "leaf1").baseBps).toBe(2.5 * gbps);
    expect(link(report, "h1", "leaf2").baseBps).toBe(2.5 * gbps);
    expect(link(report, "leaf2", "h2").baseBps).toBe(2 * gbps);
    expect(link(report, "leaf2", "leaf1").baseBps).toBe(0.5 * gbps);
    expect(link(report, "leaf1", "leaf2").baseBps).toBe(0);
  });

  it("a move takes one member, and what that means for it depends on which", () => {
    const report = linkLoads(index, { moves: [{ endpoint: "vm1", target: "h3" }] });
    // By leaf1 it has what the flows leave of the uplink; by leaf2 the peer-link is narrower.
    expect(report.moves).toMatchObject([
      { kind: "known", spread: { bestBps: 7.5 * gbps, worstBps: 1.5 * gbps, p95Bps: 1.5 * gbps } },
    ]);
    const [move] = report.moves;
    const chosen =
      link(report, "h1", "leaf1").moves.length === 1 ? "link:h1/up0--leaf1/h1" : "link:leaf1/peer--leaf2/peer";
    expect(move).toMatchObject({ limitedBy: chosen });
    expect(report.hashing).toEqual({ over: "all", outcomes: 2, seeds: 200 });
    expect(link(report, "leaf1", "h3").afterBps).toBe(0);
    expect(link(report, "h3", "leaf1").afterBps).toBe(4 * gbps);
  });

  it("moves one after the other take the time of what their ways leave", () => {
    const timeline = loadOverTime(index, {
      moves: [
        { endpoint: "vm2", target: "h3", bytes: 1e9, wave: 1, maxRateBps: 1 * gbps },
        { endpoint: "vm3", target: "h1", bytes: 1e9, wave: 2, maxRateBps: 2 * gbps },
      ],
    });
    expect(timeline.moves).toMatchObject([
      { kind: "ended", startMs: 0, endMs: 8_000, averageBps: 1 * gbps },
      { kind: "ended", startMs: 8_000, endMs: 12_000 },
    ]);
  });
});

describe("what is not known", () => {
  const blind: FabricWords = {
    ...star,
    links: ["h1/up0 sw1/p1", ["h2/up0 sw1/p2", unmeasured], "h3/up0 sw1/p3"],
  };

  it("gives a link no utilisation, and never 0", () => {
    const { capacityBps, utilisation, baseBps } = link(loadsOf(blind), "sw1", "h2");
    expect(capacityBps).toBeUndefined();
    expect(baseBps).toBe(3 * gbps);
    const unknown = { known: false, why: "the capacity of h2/up0--sw1/p2 from sw1 to h2 is not known" };
    expect(utilisation).toEqual({ base: unknown, during: unknown, after: unknown });
  });

  it("makes a move over it an estimate, and so whoever shares a link with that move", () => {
    const report = loadsOf(
      { ...blind, flows: {} },
      {
        moves: [
          { endpoint: "vm1", target: "h2" },
          { endpoint: "vm1", target: "h3" },
        ],
      },
    );
    const doubts = ["the capacity of h2/up0--sw1/p2 from sw1 to h2 is not known"];
    expect(report.moves).toMatchObject([
      { kind: "estimate", bps: 5 * gbps, doubts },
      { kind: "estimate", bps: 5 * gbps, doubts },
    ]);
    expect(link(report, "sw1", "h3")).toMatchObject({ duringBps: 5 * gbps, doubts });
  });

  it("makes a move that nothing known limits unknown, and what it does to its links", () => {
    const none = (star.links ?? []).map((ends) => [ends as string, unmeasured] as const);
    const report = loadsOf({ ...star, links: none }, { moves: [{ endpoint: "vm1", target: "h3" }] });
    expect(report.moves).toMatchObject([{ kind: "unknown" }]);
    expect(link(report, "h1", "sw1").duringBps).toBeUndefined();
    expect(link(report, "h1", "sw1").utilisation.during.known).toBe(false);
    expect(link(report, "sw1", "h1").duringBps).toBe(1 * gbps);
  });
});

describe("a report", () => {
  const moves = [{ endpoint: "vm2", target: "h3" }];

  it("of what changes names those links alone", () => {
    const { links, slowedFlows } = loadsOf(star, { moves, scope: "changed" });
    expect(links.map(({ from, to }) => `${from} ${to}`)).toEqual(["h2 sw1", "sw1 h2", "h3 sw1", "sw1 h3"]);
    expect(slowedFlows).toEqual({ before: [], after: [] });
    expect(loadsOf({ ...star, flows: {} }, { moves, scope: "changed" }).links).toHaveLength(2);
  });

  it("counts given flows from a given placement", () => {
    const flow = { name: "f", from: "vm1", to: "vm3", rateBps: 5 };
    const report = loadsOf(star, { flows: [flow], placement: new Map([["vm1", "h2"]]) });
    expect(link(report, "h2", "sw1").baseBps).toBe(5);
    expect(link(report, "h1", "sw1").baseBps).toBe(0);
  });

  it("is the same whatever the order of the document", () => {
    const fabric = buildFabric({ ...clos, flows: { f1: "vm1 vm2 4001", f2: "vm2 vm1 7 3", f3: "vm1 vm2 0.1" } });
    const request = { moves: [{ endpoint: "vm1", target: "h2", streams: 2 }] };
    const told = (one: typeof fabric): unknown => {
      const index = indexFabric(one);
      return linkLoadsOver(index, shortestWays(index), request);
    };
    const expected = told(fabric);
    fc.assert(
      fc.property(fc.shuffledSubarray(fabric.links as never[], { minLength: fabric.links.length }), (links) => {
        const shuffled = {
          ...fabric,
          links,
          flows: fabric.flows.toReversed(),
          devices: fabric.devices.toReversed(),
          endpoints: fabric.endpoints.toReversed(),
        };
        expect(told(shuffled)).toEqual(expected);
      }),
      { numRuns: 10 },
    );
  });
});
