/** No answer depends on the order in which a fabric is written down, nor on what was asked before. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric, LinkFilters, Tri } from "../fabric.ts";
import { gatewayBarriers } from "../gateway/barriers.ts";
import { elections } from "../gateway/election.ts";
import { flowImpact } from "./flow-impact.ts";
import type { Design } from "./two-sites.fixture.ts";
import { twoSites } from "./two-sites.fixture.ts";
import type { PlannedMove, Way } from "./way.ts";

const tri = fc.constantFrom<Tri>("yes", "no", "unknown");
const filters = fc.record<LinkFilters>({ hello: tri, virtualMac: tri, gatewayArp: tri });
const design: fc.Arbitrary<Design> = fc.record(
  {
    kind: fc.constantFrom("hsrp", "vrrp", "glbp", "anycast", "mlag", "central", "proxy"),
    filters,
    hostRoutes: fc.record({
      mode: fc.constantFrom("prefix", "lisp-extended", "lisp-across", "route-injection", "vmto"),
      ingress: fc.subarray([{ site: "dc1" }, { site: "dc2", metric: 10 }]),
    }),
    syncsState: tri,
  },
  { requiredKeys: [] },
);
const moves: fc.Arbitrary<readonly PlannedMove[]> = fc
  .record({
    web: fc.constantFrom("h1", "h2", "h3", "h4"),
    db: fc.constantFrom("h1", "h2", "h3", "h4"),
  })
  .map(({ web, db }) => [
    { endpoint: "web", target: web },
    { endpoint: "db", target: db },
  ]);

/** Every list of the fabric that has no order of its own, turned by the seed. */
function shuffled(fabric: Fabric, turn: number): Fabric {
  const mixed = <Thing>(things: readonly Thing[]): readonly Thing[] => {
    const start = things.length === 0 ? 0 : turn % things.length;
    const turned = [...things.slice(start), ...things.slice(0, start)];
    return turn % 2 === 0 ? turned : turned.toReversed();
  };
  return {
    sites: mixed(fabric.sites),
    segments: mixed(fabric.segments),
    devices: mixed(fabric.devices).map((device) => ({
      ...device,
      ports: mixed(device.ports),
      interfaces: mixed(device.interfaces ?? []),
    })),
    // A link is the same from either end, as long as its figures are.
    links: mixed(fabric.links).map((link) => (turn % 3 === 0 ? { ...link, a: link.b, b: link.a } : link)),
    gateways: mixed(fabric.gateways).map((gateway) => ({ ...gateway, members: mixed(gateway.members) })),
    hostRoutes: mixed(fabric.hostRoutes),
    services: mixed(fabric.services),
    endpoints: mixed(fabric.endpoints),
    flows: mixed(fabric.flows),
    clusters: mixed(fabric.clusters),
  };
}

function answers(fabric: Fabric, planned: readonly PlannedMove[]): unknown {
  const index = indexFabric(fabric);
  const impacts = fabric.flows.map((flow) => flowImpact(index, flow, planned));
  return {
    elections: elections(index),
    barriers: fabric.gateways.map((gateway) => gatewayBarriers(index, gateway)).toSorted(byJson),
    impacts: impacts.toSorted((left, right) => (left.flow < right.flow ? -1 : 1)),
  };
}

const byJson = (left: unknown, right: unknown): number => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1);

describe("elections, paths and impacts", () => {
  it("do not depend on the order of the document", () => {
    fc.assert(
      fc.property(design, moves, fc.nat(1000), (words, planned, turn) => {
        const fabric = twoSites(words);
        const same = shuffled(fabric, turn);
        // The two ends of a barrier stand in the order of the link, which is turned with it.
        const compared =
          turn % 3 === 0 ? (value: unknown) => (value as { impacts: unknown }).impacts : (value: unknown) => value;
        expect(compared(answers(same, planned))).toEqual(compared(answers(fabric, planned)));
      }),
      { numRuns: 40 },
    );
  });

  it("do not depend on what was asked before", () => {
    fc.assert(
      fc.property(design, moves, moves, (words, first, second) => {
        const fabric = twoSites(words);
        const used = indexFabric(fabric);
        for (const flow of fabric.flows.toReversed()) flowImpact(used, flow, first);
        const fresh = indexFabric(fabric);
        for (const flow of fabric.flows)
          expect(flowImpact(used, flow, second)).toEqual(flowImpact(fresh, flow, second));
      }),
      { numRuns: 30 },
    );
  });

  it("have ways that hang together, whose parts add up", () => {
    fc.assert(
      fc.property(design, moves, (words, planned) => {
        const index = indexFabric(twoSites(words));
        const ways = index.fabric.flows
          .map((flow) => flowImpact(index, flow, planned))
          .flatMap(({ before, after }) => [before.forward, before.reverse, after.forward, after.reverse]);
        expect(ways.flatMap(flawsOf)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

/** No way of the fixture splits: each leg begins where the one before ended, and where a waypoint stands. */
function flawsOf(way: Way): readonly string[] {
  if (way.kind === "unknown") return [];
  if (way.kind === "open") {
    const sum = way.ways.reduce((total, { probability }) => total + probability, 0);
    const flaws = Math.abs(sum - 1) < 1e-9 ? [] : [`probabilities add up to ${sum}`];
    return [...flaws, ...way.ways.flatMap((branch) => flawsOf(branch.way))];
  }
  const passed = new Set(way.waypoints.map(({ device }) => device));
  const start = way.waypoints[0]?.device;
  const [end, last] = [way.legs.at(-1)?.to ?? start, way.waypoints.at(-1)?.device];
  return [
    ...way.legs.filter(({ from }) => !passed.has(from)).map(({ from }) => `${from} is no waypoint`),
    ...way.legs.flatMap(({ crossings }) =>
      crossings.filter(({ share }) => share !== 1).map(({ link }) => `${link} is split`),
    ),
    ...(way.kind === "known" && end !== last ? [`it ends at ${end}, not at ${last}`] : []),
    ...gapsOf(way.legs, start),
  ];
}

function gapsOf(legs: Extract<Way, { kind: "known" }>["legs"], start: string | undefined): readonly string[] {
  const gaps: string[] = [];
  let here = start;
  for (const leg of legs) {
    if (leg.from !== here) gaps.push(`${leg.from} follows ${here}`);
    let inLeg = leg.from;
    for (const crossing of leg.crossings) {
      if (crossing.from !== inLeg) gaps.push(`${crossing.link} does not follow ${inLeg}`);
      inLeg = crossing.to;
    }
    if (inLeg !== leg.to) gaps.push(`the leg to ${leg.to} ends at ${inLeg}`);
    here = leg.to;
  }
  return gaps;
}
