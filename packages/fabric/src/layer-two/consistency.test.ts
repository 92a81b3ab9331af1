/**
 * What must hold in every fabric, however it is put together: ways, reach, topology and floods are four views of one
 * thing. Fabrics are drawn with all that this folder knows: modes of spanning tree, groups, MLAG domains, native VLANs,
 * VLAN databases, ports that nobody could read.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FabricIndex } from "../fabric-index.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric, SpanningTree } from "../fabric.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { buildFabric, portVlans } from "../fabric.fixture.ts";
import type { Crossing } from "../path/way.ts";
import { bridgedStrand, bridgedWay } from "./bridged-way.ts";
import { floodedCrossings } from "./flooding.ts";
import { segmentReach } from "./segment-reach.ts";
import { segmentTopology } from "./segment-topology.ts";

/** s1 and s2 above; l1 and l2, perhaps an MLAG domain; l3; h1 on l1 and l2, perhaps as a group; h2 on l2; h3 on l3. */
const links = [
  "l1/s1 s1/l1",
  "l2/s1 s1/l2",
  "l3/s1 s1/l3",
  "l1/s2 s2/l1",
  "l3/s2 s2/l3",
  "l3/s2b s2/l3b",
  "l1/peer l2/peer",
  "h1/up0 l1/h1",
  "h1/up1 l2/h1",
  "h2/up0 l2/h2",
  "h3/up0 l3/h3",
];
const switches = ["l1", "l2", "l3", "s1", "s2"];
const devices = [...switches, "h1", "h2", "h3"];
const ports = links.flatMap((link) => link.split(" "));

const setting = fc.oneof(
  { weight: 12, arbitrary: fc.constant("trunk 10,20") },
  { weight: 1, arbitrary: fc.constantFrom("trunk 20", "trunk 10,20 native 10", "trunk 10,20 native 20", "unknown") },
);
const mode = fc.constantFrom<SpanningTree["mode"] | undefined>(
  "rstp",
  "rstp",
  "rpvst",
  "rpvst",
  "mst",
  "off",
  undefined,
);

const fabrics = fc.record({
  settings: fc.array(setting, { minLength: ports.length, maxLength: ports.length }),
  modes: fc.oneof(
    mode.map((one) => switches.map(() => one)),
    fc.array(mode, { minLength: 5, maxLength: 5 }),
  ),
  macs: fc.array(fc.option(fc.nat(9)), { minLength: 5, maxLength: 5 }),
  isMlag: fc.boolean(),
  isGroup: fc.boolean(),
  hasOverlay: fc.boolean(),
  isUp: fc.array(
    fc.integer({ min: 0, max: 9 }).map((drawn) => drawn > 0),
    { minLength: 11, maxLength: 11 },
  ),
});
type Drawn = typeof fabrics extends fc.Arbitrary<infer Value> ? Value : never;

const grouped = [
  "h1/up0",
  "h1/up1",
  "l1/h1",
  "l2/h1",
  "l1/s1",
  "l2/s1",
  "s1/l1",
  "s1/l2",
  "l3/s2",
  "l3/s2b",
  "s2/l3",
  "s2/l3b",
];

function build(drawn: Drawn): Fabric {
  const words: FabricWords = {
    segments: { web: { vlan: 10, ...(drawn.hasOverlay ? { vni: 10_010 } : {}) }, db: 20 },
    devices: Object.fromEntries(
      switches.map((name, at) => {
        const mac = drawn.macs[at];
        const chosen = drawn.modes[at];
        const tree =
          chosen === undefined
            ? {}
            : { mode: chosen, ...(mac === null || mac === undefined ? {} : { mac: `0${mac}` }) };
        return [
          name,
          {
            ...(chosen === undefined ? {} : { spanningTree: tree as SpanningTree }),
            ...(drawn.isMlag && (name === "l1" || name === "l2") ? { mlag: "pair" } : {}),
            ...(drawn.hasOverlay && name.startsWith("l")
              ? { vtep: { address: name === "l3" ? "10.0.0.3" : "10.0.0.1" } }
              : {}),
          },
        ];
      }),
    ),
    ports: Object.fromEntries(
      ports.map((port, at) => [
        port,
        {
          vlans: portVlans(drawn.settings[at] ?? "trunk all"),
          ...(drawn.isGroup && grouped.includes(port) ? { lag: lagOf(port) } : {}),
        },
      ]),
    ),
    links: links.map((link, at) => [link, { isUp: drawn.isUp[at] !== false }]),
  };
  return buildFabric(words);
}

/** s1 has one group to the MLAG domain; without the domain its ports to l1 and l2 do not match, and stay apart. */
const lagOf = (port: string): string => (port.startsWith("h1") || port.endsWith("h1") ? "po1" : "po2");

const pairs = devices.flatMap((from) => devices.filter((to) => to !== from).map((to) => [from, to] as const));

/** Without a negative zero. */
const rounded = (value: number): number => Math.round(value * 1e9) / 1e9 + 0;

/** What leaves a device less what arrives there. */
function surplus(crossings: readonly Crossing[], device: string): number {
  const sum = (end: "from" | "to"): number =>
    crossings.filter((crossing) => crossing[end] === device).reduce((total, { share }) => total + share, 0);
  return rounded(sum("from") - sum("to"));
}

/** Each is 56 ways in one fabric; ten times as many were run when this was written. */
const runs = 30;

/** Every pair of devices in fabrics that are drawn. */
function inEveryFabric(check: (index: FabricIndex, from: string, to: string) => void, drawing = fabrics): void {
  fc.assert(
    fc.property(drawing, (drawn) => {
      const index = indexFabric(build(drawn));
      for (const [from, to] of pairs) check(index, from, to);
    }),
    { numRuns: runs },
  );
}

describe("in every fabric", () => {
  it("ways are of every kind, so that the other tests see them", () => {
    const ways = fc.sample(fabrics, { numRuns: runs, seed: 1 }).flatMap((drawn) => {
      const index = indexFabric(build(drawn));
      return pairs.map(([from, to]) => bridgedWay(index, "web", from, to));
    });
    const share = (kind: string): number => ways.filter((way) => way.kind === kind).length / ways.length;
    expect(share("known")).toBeGreaterThan(0.3);
    expect(share("no-reach")).toBeGreaterThan(0.1);
    expect(share("unknown")).toBeGreaterThan(0.05);
  });

  it("a known way begins and ends where it should, and loses nothing between", () => {
    inEveryFabric((index, from, to) => {
      const way = bridgedWay(index, "web", from, to);
      if (way.kind !== "known") return;
      for (const device of devices)
        expect(surplus(way.crossings, device)).toBe(device === from ? 1 : device === to ? -1 : 0);
      for (const { link } of way.crossings) expect(index.link(link)?.isUp).toBe(true);
    });
  });

  it("a single flow takes links of that way, one after the other", () => {
    inEveryFabric((index, from, to) => {
      const way = bridgedWay(index, "web", from, to);
      const strand = bridgedStrand(index, "web", from, to, (ways) => ways - 1);
      expect(strand.kind).toBe(way.kind);
      if (way.kind !== "known" || strand.kind !== "known") return;
      let at = from;
      for (const crossing of strand.crossings) {
        expect(crossing).toMatchObject({ from: at, share: 1 });
        expect(way.crossings.map(({ link }) => link)).toContain(crossing.link);
        at = crossing.to;
      }
      expect(at).toBe(to);
    });
  });

  it("reach says yes where both ways are known, and the same from either end", () => {
    inEveryFabric((index, from, to) => {
      const ways = [bridgedWay(index, "web", from, to), bridgedWay(index, "web", to, from)];
      const reach = segmentReach(index, "web", from, to);
      expect(ways.some(({ kind }) => kind !== "known") || reach.kind === "reached").toBe(true);
      expect(segmentReach(index, "web", to, from).kind).toBe(reach.kind);
    });
  });

  it("what is known to be in one broadcast domain has ways between", () => {
    const check = (index: FabricIndex, from: string, to: string): void => {
      const { components } = segmentTopology(index, "web");
      const areTogether = components.some((devicesOf) => devicesOf.includes(from) && devicesOf.includes(to));
      expect(!areTogether || bridgedWay(index, "web", from, to).kind === "known").toBe(true);
    };
    // Members of an MLAG domain without a peer-link are one bridge, but do not get to each other's orphans.
    expect(() => {
      inEveryFabric(
        check,
        fabrics.map((drawn) => ({ ...drawn, isMlag: false })),
      );
    }).not.toThrow();
  });

  it("a flood comes to every device that a known way comes to", () => {
    inEveryFabric((index, from, to) => {
      if (from.startsWith("h") || bridgedWay(index, "web", from, to).kind !== "known") return;
      expect(floodedCrossings(index, "web", from).map((crossing) => crossing.to)).toContain(to);
    });
  });

  it("no answer depends on the order of the document", () => {
    const orders = fc.shuffledSubarray(links, { minLength: links.length });
    fc.assert(
      fc.property(fabrics, orders, (drawn, order) => {
        const fabric = build(drawn);
        const turned: Fabric = {
          ...fabric,
          segments: fabric.segments.toReversed(),
          devices: fabric.devices.toReversed().map((device) => ({ ...device, ports: device.ports.toReversed() })),
          links: order
            .flatMap((text) =>
              fabric.links.filter(({ a, b }) => text === `${a.device}/${a.port} ${b.device}/${b.port}`),
            )
            .map((link, at) => (at % 2 === 0 ? link : { ...link, a: link.b, b: link.a })),
        };
        const [index, other] = [indexFabric(fabric), indexFabric(turned)];
        for (const [from, to] of pairs) {
          expect(bridgedWay(other, "web", from, to)).toEqual(bridgedWay(index, "web", from, to));
          expect(segmentReach(other, "web", from, to)).toEqual(segmentReach(index, "web", from, to));
        }
        const { components, blocked, loops, roots, doubts } = segmentTopology(index, "web");
        expect(segmentTopology(other, "web")).toMatchObject({ components, blocked, roots, doubts });
        expect(segmentTopology(other, "web").loops.map(({ links: ring }) => ring)).toEqual(
          loops.map(({ links: ring }) => ring),
        );
        for (const from of devices)
          expect(floodedCrossings(other, "web", from)).toEqual(floodedCrossings(index, "web", from));
      }),
      { numRuns: runs },
    );
  });
});
