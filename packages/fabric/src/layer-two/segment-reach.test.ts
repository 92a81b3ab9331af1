import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric } from "../fabric.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { buildFabric, fabricEnd, portVlans } from "../fabric.fixture.ts";
import { applyChanges } from "../fix/apply.ts";
import type { ConfigChange } from "../fix/config-change.ts";
import type { PortVlans } from "../ports.ts";
import type { Gap, ReachOptions, SegmentReach } from "./segment-reach.ts";
import { segmentReach } from "./segment-reach.ts";

const reachIn = (words: FabricWords, from: string, to: string, options?: ReachOptions): SegmentReach =>
  segmentReach(indexFabric(buildFabric(words)), "web", from, to, options);

const named = (gaps: readonly Gap[]): readonly string[] =>
  gaps.map((gap) => (gap.kind === "device" ? gap.device : `${gap.kind} ${gap.port.device}/${gap.port.port}`));

const chain = (more: FabricWords = {}): FabricWords => ({
  segments: { web: 10 },
  links: ["h1/up0 sw1/h1", "sw1/x sw2/x", "sw2/h2 h2/up0"],
  ...more,
});

describe("reach of a segment", () => {
  it("is there when every setting is", () => {
    expect(reachIn(chain(), "h1", "h2")).toEqual({ kind: "reached", path: ["h1", "sw1", "sw2", "h2"], assumed: [] });
    expect(reachIn(chain(), "h1", "h1")).toEqual({ kind: "reached", path: ["h1"], assumed: [] });
  });

  it("names ports and VLAN databases that lack the VLAN, with changes that mend them", () => {
    const words = chain({ ports: { "sw1/x": "trunk 20", "sw2/h2": "access 20" }, devices: { sw2: { vlans: [20] } } });
    expect(reachIn(words, "h1", "h2")).toEqual({
      kind: "missing",
      path: ["h1", "sw1", "sw2", "h2"],
      gaps: [
        { kind: "port", port: { device: "sw1", port: "x" }, vlan: 10 },
        { kind: "device", device: "sw2", vlan: 10 },
        { kind: "port", port: { device: "sw2", port: "h2" }, vlan: 10 },
      ],
      unread: [],
      repair: [
        { kind: "allow-vlan", port: { device: "sw1", port: "x" }, vlan: 10, before: portVlans("trunk 20") },
        { kind: "define-vlan", device: "sw2", vlan: 10, name: "web" },
        { kind: "allow-vlan", port: { device: "sw2", port: "h2" }, vlan: 10, before: portVlans("access 20") },
      ],
    });
  });

  it("is not claimed for a device that lacks the VLAN itself", () => {
    const words = chain({ devices: { h1: { kind: "host", vlans: [20] } } });
    expect(reachIn(words, "h1", "h1")).toMatchObject({ kind: "missing", gaps: [{ kind: "device", device: "h1" }] });
  });

  it("says which ports are only assumed", () => {
    const words = chain({ ports: { "sw1/x": { knowledge: "assumed" } } });
    expect(reachIn(words, "h1", "h2")).toMatchObject({ kind: "reached", assumed: [{ device: "sw1", port: "x" }] });
  });

  it("prefers a port that nobody could read to a gap, and names it beside one", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      ports: { "a/1": "trunk 20", "a/2": "unknown", "b/2": "unknown" },
      links: ["a/1 b/1", "a/2 b/2"],
    };
    expect(reachIn(words, "a", "b")).toEqual({
      kind: "unknown",
      path: ["a", "b"],
      unread: [
        { device: "a", port: "2" },
        { device: "b", port: "2" },
      ],
      why: "could not be read: a/2, b/2",
    });
    const both = { ...words, links: ["a/2 b/1"], ports: { "a/2": "unknown", "b/1": "trunk 20" } };
    expect(reachIn(both, "a", "b")).toMatchObject({
      kind: "missing",
      gaps: [{ kind: "port" }],
      unread: [{ port: "2" }],
    });
  });

  it("changes only what may be changed", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      ports: { "a/1": "trunk none", "a/2": "trunk none", "c/1": "trunk none" },
      links: ["a/1 b/1", "a/2 c/1", "c/2 b/2"],
    };
    const allowed = (...ports: string[]): ReachOptions => ({
      mayChange: ({ device, port }) => ports.includes(`${device}/${port}`),
    });
    const gapsOf = (reach: SegmentReach): readonly string[] => (reach.kind === "missing" ? named(reach.gaps) : []);
    expect(gapsOf(reachIn(words, "a", "b"))).toEqual(["port a/1"]);
    expect(gapsOf(reachIn(words, "a", "b", allowed("a/2", "c/1")))).toEqual(["port a/2", "port c/1"]);
    expect(reachIn(words, "a", "b", allowed("a/2"))).toEqual({
      kind: "disconnected",
      why: "no link that could carry web leads from a to b with what may be changed",
    });
    const fixed = { ...words, devices: { b: { vlans: [] } } };
    expect(reachIn(fixed, "a", "b", { mayDefine: () => false }).kind).toBe("disconnected");
  });

  it("takes a way around rather than a repair, but not through a host", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      ports: { "sw1/x": "trunk none" },
      links: ["sw1/x sw2/x", "sw1/h1 h1/up0", "h1/up1 sw2/h1"],
    };
    expect(reachIn(words, "sw1", "sw2").kind).toBe("missing");
    const around = { ...words, links: ["sw1/x sw2/x", "sw1/y sw3/y", "sw3/z sw2/z"] };
    expect(reachIn(around, "sw1", "sw2")).toMatchObject({ kind: "reached", path: ["sw1", "sw3", "sw2"] });
  });

  it("needs the peer-link of an MLAG domain for an orphan, in both directions", () => {
    const words: FabricWords = {
      segments: { web: 10 },
      devices: { l1: { mlag: "pair" }, l2: { mlag: "pair", vlans: [10] } },
      ports: {
        "h1/up0": { lag: "b" },
        "h1/up1": { lag: "b" },
        "l1/h1": { lag: "p" },
        "l2/h1": { lag: "p" },
        "l2/peer": "trunk 20",
      },
      links: ["h1/up0 l1/h1", "h1/up1 l2/h1", ["l1/peer l2/peer", { kind: "peer-link" }], "h2/up0 l2/h2"],
    };
    for (const [from, to] of [
      ["h1", "h2"],
      ["h2", "h1"],
    ] as const)
      expect(reachIn(words, from, to)).toMatchObject({
        kind: "missing",
        gaps: [{ port: { device: "l2", port: "peer" } }],
      });
    expect(reachIn({ ...words, ports: { ...words.ports, "l2/peer": "trunk 10" } }, "h1", "h2").kind).toBe("reached");
    const lacking = { ...words, devices: { ...words.devices, l2: { mlag: "pair", vlans: [20] } } };
    const reach = reachIn(lacking, "h1", "l1");
    expect(reach.kind === "missing" ? named(reach.gaps) : reach).toEqual(["l2", "port l2/peer"]);
  });

  it("costs one where an overlay's end lacks the VLAN", () => {
    const words: FabricWords = {
      segments: { web: { vlan: 10, vni: 10_010 } },
      devices: {
        l1: { vtep: { address: "10.0.0.1" } },
        l2: { vtep: { address: "10.0.0.2" }, vlans: [20] },
      },
      ports: {
        "l1/up": "trunk none",
        "l2/up": "trunk none",
        "sp1/1": "trunk none",
        "sp1/2": "trunk none",
        "l2/h2": "trunk 20",
      },
      links: ["h1/up0 l1/h1", "l1/up sp1/1", "sp1/2 l2/up", "l2/h2 h2/up0"],
    };
    const reach = reachIn(words, "h1", "h2");
    expect(reach.kind === "missing" ? named(reach.gaps) : reach).toEqual(["l2", "port l2/h2"]);
    expect(reach).toMatchObject({ path: ["h1", "l1", "l2", "h2"] });
    const whole = applyChanges(buildFabric(words), reach.kind === "missing" ? reach.repair : []);
    expect(segmentReach(indexFabric(whole), "web", "h1", "h2")).toMatchObject({ kind: "reached" });
  });
});

/** Four switches and a host; every setting is drawn. */
const links = ["a/1 b/1", "b/2 c/2", "a/3 c/3", "c/4 d/4", "b/5 d/5", "d/6 h1/6"];
const ports = links.flatMap((link) => link.split(" "));
const devices = ["a", "b", "c", "d", "h1"];

function drawnFabric(vlans: readonly string[], databases: readonly boolean[], inOrder = links): Fabric {
  return buildFabric({
    segments: { web: 10, db: 20 },
    devices: Object.fromEntries(devices.map((name, at) => [name, databases[at] === false ? { vlans: [20] } : {}])),
    ports: Object.fromEntries(ports.map((port, at) => [port, vlans[at] ?? "trunk none"])),
    links: inOrder,
  });
}

/** By the book, frame by frame: where does a frame of the VLAN at `from` come to, if answers come back the same way? */
function comesTo(fabric: Fabric, from: string, to: string, vlans: readonly number[] = [10, 20]): boolean {
  const seen = new Set([`${from} 10`]);
  const has = (device: string, vlan: number): boolean =>
    fabric.devices.find(({ name }) => name === device)?.vlans?.includes(vlan) !== false;
  if (!has(from, 10)) return false;
  const vlansOf = (end: { device: string; port: string }): PortVlans | undefined =>
    fabric.devices.find(({ name }) => name === end.device)?.ports.find(({ name }) => name === end.port)?.vlans;
  const untagged = (vlans: PortVlans | undefined): number | undefined =>
    vlans?.kind === "access" ? vlans.tag : vlans?.kind === "trunk" ? vlans.native : undefined;
  const lists = (vlans: PortVlans | undefined, vlan: number): boolean =>
    vlans?.kind === "trunk" && (vlans.trunks === "all" || vlans.trunks.includes(vlan) || vlans.native === vlan);
  const sent = (near: PortVlans | undefined, far: PortVlans | undefined, vlan: number): number | undefined => {
    if (untagged(near) === vlan) return untagged(far);
    return lists(near, vlan) && lists(far, vlan) ? vlan : undefined;
  };
  for (const state of seen) {
    const [device = "", text = ""] = state.split(" ");
    if (device === "h1" && from !== "h1") continue;
    for (const { a, b } of fabric.links)
      for (const [near, far] of [
        [a, b],
        [b, a],
      ] as const) {
        if (near.device !== device) continue;
        const vlan = sent(vlansOf(near), vlansOf(far), Number(text));
        if (vlan === undefined || !vlans.includes(vlan) || !has(far.device, vlan)) continue;
        if (sent(vlansOf(far), vlansOf(near), vlan) === Number(text)) seen.add(`${far.device} ${vlan}`);
      }
  }
  return seen.has(`${to} 10`);
}

const settings = [
  "trunk 10,20",
  "trunk 20",
  "access 10",
  "access 20",
  "trunk 20 native 10",
  "trunk 10 native 20",
  "trunk all",
];
const drawn = fc.record({
  vlans: fc.array(fc.constantFrom(...settings), { minLength: ports.length, maxLength: ports.length }),
  databases: fc.array(
    fc.integer({ min: 0, max: 5 }).map((number) => number > 0),
    { minLength: 5, maxLength: 5 },
  ),
});

describe("by the book, on small fabrics with any settings", () => {
  it("reach is claimed exactly where frames and answers arrive", () => {
    fc.assert(
      fc.property(drawn, ({ vlans, databases }) => {
        const fabric = drawnFabric(vlans, databases);
        const reach = segmentReach(indexFabric(fabric), "web", "a", "h1");
        expect(reach.kind).toBe(comesTo(fabric, "a", "h1") ? "reached" : "missing");
      }),
      { numRuns: 200 },
    );
  });

  it("the repair makes it reach, and none of fewer settings does", () => {
    const before = portVlans("trunk none");
    const all: readonly ConfigChange[] = [
      ...devices.map((device): ConfigChange => ({ kind: "define-vlan", device, vlan: 10 })),
      ...ports.map(fabricEnd).flatMap((port): readonly ConfigChange[] => [
        { kind: "allow-vlan", port, vlan: 10, before },
        { kind: "set-native", port, vlan: 10, before },
      ]),
    ];
    fc.assert(
      fc.property(drawn, ({ vlans, databases }) => {
        const fabric = drawnFabric(vlans, databases);
        const reach = segmentReach(indexFabric(fabric), "web", "a", "h1");
        const repair = reach.kind === "missing" ? reach.repair : [];
        const whole = applyChanges(fabric, repair);
        expect(segmentReach(indexFabric(whole), "web", "a", "h1").kind).toBe("reached");
        expect(comesTo(whole, "a", "h1")).toBe(true);
        // A detour through another VLAN by two new faults would be shorter at times, and is no repair.
        for (const fewer of subsets(all, Math.min(repair.length - 1, 2)))
          expect(comesTo(applyChanges(fabric, fewer), "a", "h1", [10])).toBe(false);
      }),
      { numRuns: 25 },
    );
  });

  it("the answer does not depend on the order of the document, also where ports could not be read", () => {
    const withUnread = fc.array(fc.constantFrom(...settings, "unknown"), {
      minLength: ports.length,
      maxLength: ports.length,
    });
    const orders = fc.shuffledSubarray(links, { minLength: links.length });
    fc.assert(
      fc.property(withUnread, drawn, orders, (vlans, { databases }, order) => {
        const fabric = drawnFabric(vlans, databases);
        const turned = order.map((link, at) => (at % 2 === 0 ? link : link.split(" ").toReversed().join(" ")));
        const other = drawnFabric(vlans, databases, turned);
        const shuffled = { ...other, devices: other.devices.toReversed() };
        const reach = segmentReach(indexFabric(fabric), "web", "a", "h1");
        expect(segmentReach(indexFabric(shuffled), "web", "a", "h1")).toEqual(reach);
        expect(reach.kind !== "reached" || comesTo(fabric, "a", "h1")).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

/** All sets of up to `size` things. */
function subsets<Thing>(things: readonly Thing[], size: number): readonly (readonly Thing[])[] {
  if (size < 0) return [];
  if (size === 0) return [[]];
  const smaller = subsets(things, size - 1);
  return [
    ...smaller,
    ...smaller
      .filter((set) => set.length === size - 1)
      .flatMap((set) =>
        things.slice(things.indexOf(set.at(-1) ?? (undefined as Thing)) + 1).map((thing) => [...set, thing]),
      ),
  ];
}
