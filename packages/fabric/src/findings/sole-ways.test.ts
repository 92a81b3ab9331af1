/** A link is the only way exactly when the segment falls apart without it: compared with taking each link away. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric } from "../fabric.ts";
import { segmentReach } from "../layer-two/segment-reach.ts";
import { linkId } from "../migration-path.ts";
import { drawnNetwork } from "./drawn-networks.fixture.ts";
import { memberDevices } from "./members.ts";
import { soleLinksOf, soleWays } from "./sole-ways.ts";

/** By link: pairs of member devices that only reach each other while it is up. */
function partedBy(fabric: Fabric, segment: string): ReadonlyMap<string, readonly string[]> {
  const index = indexFabric(fabric);
  const devices = [...memberDevices(index, segment)].sort();
  const pairs = devices.flatMap((from) => devices.filter((to) => from < to).map((to) => [from, to] as const));
  const reachedIn = (of: Fabric): readonly string[] => {
    const asked = indexFabric(of);
    return pairs
      .filter(([from, to]) => segmentReach(asked, segment, from, to).kind === "reached")
      .map(([from, to]) => `${from} ${to}`);
  };
  const all = reachedIn(fabric);
  return new Map(
    fabric.links.map((link, number) => {
      const without = reachedIn({
        ...fabric,
        links: fabric.links.map((each, at) => (at === number ? { ...each, isUp: false } : each)),
      });
      return [linkId(link), all.filter((pair) => !without.includes(pair))];
    }),
  );
}

test("the links that are told are those whose failure parts members", () => {
  fc.assert(
    fc.property(drawnNetwork, (fabric) => {
      const index = indexFabric(fabric);
      for (const { name } of fabric.segments) {
        const parted = partedBy(fabric, name);
        const ways = soleWays(index, name);
        const members = memberDevices(index, name);
        const told = [...ways]
          .filter(([, devices]) => devices.some((device) => members.has(device)))
          .map(([link]) => link);
        const expected = [...parted].filter(([, pairs]) => pairs.length > 0).map(([link]) => link);
        expect(told.toSorted()).toEqual(expected.toSorted());
      }
    }),
    { numRuns: 100 },
  );
});

const triangle = buildFabric({
  segments: { web: 10 },
  devices: Object.fromEntries(["sw1", "sw2", "sw3"].map((name) => [name, { spanningTree: { mode: "rstp" as const } }])),
  links: ["sw1/p2 sw2/p1", "sw2/p3 sw3/p2", "sw3/p1 sw1/p3", "h1/up0 sw1/h1", "h2/up0 sw2/h2", "h2/up1 sw3/h2"],
  endpoints: { vm1: "h1 web 10.0.0.1", vm2: "h2 web 10.0.0.2" },
});

test("what spanning tree holds back is a second way, a single uplink is not", () => {
  const index = indexFabric(triangle);
  expect([...soleWays(index, "web")]).toEqual([["h1/up0--sw1/h1", ["h1"]]]);
  expect(soleLinksOf(index, "web", "h1")).toEqual(["h1/up0--sw1/h1"]);
  expect(soleLinksOf(index, "web", "h2")).toEqual([]);
});

test("a host on two switches is no bridge between them", () => {
  const index = indexFabric(
    buildFabric({
      segments: { web: 10 },
      links: ["leaf1/up spine1/p1", "leaf2/up spine1/p2", "h1/up0 leaf1/h1", "h2/up0 leaf1/h2", "h2/up1 leaf2/h2"],
      gateways: { gw: { segment: "web", kind: "static", address: "10.0.0.254", members: ["spine1"] } },
      endpoints: { vm1: "h1 web 10.0.0.1", vm2: "h2 web 10.0.0.2" },
    }),
  );
  expect(soleWays(index, "web").get("leaf1/up--spine1/p1")).toEqual(["h1", "leaf1"]);
});

test("a rack where nobody is yet hangs on its link all the same", () => {
  const index = indexFabric(
    buildFabric({
      segments: { web: 10 },
      links: ["leaf1/up sw1/p1", "leaf9/up sw1/p9", "h1/up0 leaf1/h1", "h9/up0 leaf9/h9"],
      endpoints: { vm1: "h1 web 10.0.0.1" },
      gateways: { gw: { segment: "web", kind: "static", address: "10.0.0.254", members: ["sw1"] } },
    }),
  );
  expect(soleLinksOf(index, "web", "h9")).toEqual(["h9/up0--leaf9/h9", "leaf9/up--sw1/p9"]);
});

test("the links of one group are no single point", () => {
  const index = indexFabric(
    buildFabric({
      segments: { web: 10 },
      ports: {
        "sw1/a": { lag: "po1" },
        "sw1/b": { lag: "po1" },
        "sw2/a": { lag: "po1" },
        "sw2/b": { lag: "po1" },
      },
      links: ["sw1/a sw2/a", "sw1/b sw2/b", "h1/up0 sw1/h1", "h2/up0 sw2/h2"],
      endpoints: { vm1: "h1 web 10.0.0.1", vm2: "h2 web 10.0.0.2" },
    }),
  );
  expect([...soleWays(index, "web").keys()].sort()).toEqual(["h1/up0--sw1/h1", "h2/up0--sw2/h2"]);
});
