/** What routers believe about the place of an endpoint, and how long the truth takes to reach them. */
import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Device, Fabric, HostRoutePolicy, Interconnect } from "../fabric.ts";
import { flowImpact } from "./flow-impact.ts";
import { flowPathIn } from "./flow-path.ts";
import { isolated, twoSites } from "./two-sites.fixture.ts";
import type { FlowImpact, Way } from "./way.ts";

const devices = (way: Way): string =>
  way.kind === "known" || way.kind === "broken" ? way.waypoints.map(({ device }) => device).join(" ") : way.kind;

const followed = { mode: "route-injection", ingress: [{ site: "dc1" }], convergeMs: 800 } as const;

function impactOf(fabric: Fabric, flow: string, target = "h3"): FlowImpact {
  const index = indexFabric(fabric);
  const found = index.flow(flow);
  if (found === undefined) throw new Error(`no flow ${flow}`);
  return flowImpact(index, found, [{ endpoint: "web", target }]);
}

const changed = (fabric: Fabric, name: string, parts: Partial<Device>): Fabric => ({
  ...fabric,
  devices: fabric.devices.map((device) => (device.name === name ? { ...device, ...parts } : device)),
});

const overDci = (fabric: Fabric, dci: Interconnect): Fabric => ({
  ...fabric,
  links: fabric.links.map((link) => (link.kind === "dci" ? { ...link, dci } : link)),
});

describe("host routes", () => {
  it("lead whoever is outside; a router with a foot in the segment bridges to the other site", () => {
    const fabric = twoSites({ filters: isolated, hostRoutes: followed });
    const { before, after } = impactOf(fabric, "east-west");
    expect(devices(before.reverse)).toBe("h2 a h1");
    // From the database in dc1: its gateway is in the web server's segment, and the segment reaches.
    expect(devices(after.reverse)).toBe("h2 a h3");
    expect(after.siteCrossings).toEqual({ forward: 1, reverse: 1 });
  });

  it("do not count where no transit segment leads: the stretched subnet does", () => {
    const fabric = twoSites({ filters: isolated, hostRoutes: followed });
    const segments = fabric.segments.map((segment) => (segment.name === "core" ? { ...segment, sites: [] } : segment));
    expect(devices(impactOf({ ...fabric, segments }, "east-west").after.reverse)).toBe("h2 a h3");
  });

  it("fall back on the prefix where the site has no router in the segment", () => {
    const fabric = twoSites({ filters: isolated, hostRoutes: followed });
    const gateways = fabric.gateways.map((gateway) => ({
      ...gateway,
      members: gateway.members.filter(({ device }) => device === "a"),
    }));
    expect(devices(impactOf({ ...fabric, gateways }, "north-south").after.forward)).toBe("ext1 a h3");
  });

  it("that have not followed yet are a detour where the segment is stretched, not a hole", () => {
    const fabric = twoSites({ filters: isolated, hostRoutes: followed });
    const index = indexFabric(fabric);
    const flow = index.flow("north-south");
    if (flow === undefined) throw new Error("no flow");
    const placement = new Map([["web", "h3"]]);
    const late = flowPathIn(index, flow, { placement, routedPlacement: new Map() });
    expect(devices(late.forward)).toBe("ext1 a h3");
    expect(late.siteCrossings.forward).toBe(1);
    expect(impactOf(fabric, "north-south").blackHole).toEqual({ kind: "none" });
  });

  it("of the prefix take the lowest metric before the nearest site", () => {
    const ingress: HostRoutePolicy["ingress"] = [
      { site: "dc1", metric: 20 },
      { site: "dc2", metric: 10 },
    ];
    const { before } = impactOf(twoSites({ hostRoutes: { ingress } }), "north-south");
    expect(devices(before.forward)).toBe("ext1 b h1");
  });
});

describe("LISP across subnets", () => {
  /** The web subnet is in dc1 only; who moves to dc2 lands in a segment of dc2 by the label of its network. */
  const across = (convergeMs?: number): Fabric => {
    const fabric = twoSites();
    const policy: HostRoutePolicy = {
      segment: "web",
      mode: "lisp-across",
      ingress: [{ site: "dc1" }],
      ...(convergeMs === undefined ? {} : { convergeMs }),
    };
    const labelled = (vlan: number): Partial<Device> => ({ networks: [{ name: "servers", vlan }] });
    const local = fabric.gateways.find(({ name }) => name === "gw-web");
    if (local === undefined) throw new Error("the fixture has a gateway");
    const [a, b] = local.members;
    if (a === undefined || b === undefined) throw new Error("the gateway has two members");
    const moved = {
      ...fabric,
      segments: [
        ...fabric.segments.map((segment) => (segment.name === "web" ? { ...segment, sites: ["dc1"] } : segment)),
        { name: "web2", vlan: 30, subnets: ["10.1.30.0/24"], sites: ["dc2"] },
      ],
      gateways: [
        ...fabric.gateways.filter(({ name }) => name !== "gw-web"),
        { ...local, kind: "static" as const, members: [a] },
        { ...local, name: "gw-web2", segment: "web2", kind: "static" as const, address: "10.1.30.1", members: [b] },
      ],
      hostRoutes: [policy],
      endpoints: fabric.endpoints.map((endpoint) => ({
        ...endpoint,
        nics: endpoint.nics.map((nic) => ({ ...nic, network: "servers" })),
      })),
    };
    return changed(changed(moved, "h1", labelled(10)), "h3", labelled(30));
  };

  it("delivers in the foreign segment, whose gateway answers for the home address", () => {
    const { before, after } = impactOf(across(), "north-south");
    expect(devices(before.forward)).toBe("ext1 a h1");
    expect([devices(after.forward), devices(after.reverse)]).toEqual(["ext1 b h3", "h3 b ext1"]);
    expect(after.forward.kind === "known" ? after.forward.legs.map(({ segment }) => segment) : []).toEqual([
      "out2",
      "web2",
    ]);
  });

  it("is a black hole until the routes point there", () => {
    expect(impactOf(across(1500), "north-south").blackHole).toEqual({
      kind: "until",
      ms: 1500,
      why: "host routes for web point to its old site until the network has heard it in the new one",
    });
    expect(impactOf(across(), "north-south").blackHole).not.toHaveProperty("ms");
  });

  it("routes between two of one subnet that are no longer in one segment", () => {
    const fabric = across();
    const peer = {
      name: "peer",
      kind: "vm",
      device: "h2",
      nics: [{ segment: "web", addresses: ["10.1.10.51"] }],
    } as const;
    const flows = [{ name: "within", from: "peer", to: "web", rateBps: 1 }];
    const { before, after } = impactOf({ ...fabric, endpoints: [...fabric.endpoints, peer], flows }, "within");
    expect(devices(before.forward)).toBe("h2 h1");
    expect(devices(after.forward)).toBe("h2 a b h3");
  });
});

describe("a target that does not announce", () => {
  const silent = (announces: "no" | "unknown" | "yes"): Fabric => changed(twoSites(), "h3", { announces });

  it("is heard at the latest when switches forget, in a network that floods", () => {
    expect(impactOf(silent("no"), "north-south").blackHole).toEqual({
      kind: "until",
      ms: 300_000,
      why: "h3 does not announce web: until it next transmits, or the switches forget the old place",
    });
    expect(impactOf(silent("yes"), "north-south").blackHole).toEqual({ kind: "none" });
    expect(impactOf(twoSites(), "north-south").blackHole).toEqual({ kind: "none" });
  });

  it("is not found at all beyond an interconnect that floods nothing unknown, until the VM transmits", () => {
    const hole = {
      kind: "until",
      why: "h3 does not announce web, and a/dci--b/dci does not flood frames to addresses that it has not learned: until web next transmits",
    };
    expect(impactOf(overDci(silent("no"), { technology: "otv" }), "north-south").blackHole).toEqual(hole);
    const vpls = { technology: "vpls", floodsUnknownUnicast: "no" } as const;
    expect(impactOf(overDci(silent("no"), vpls), "north-south").blackHole).toEqual(hole);
    const flooding = { technology: "otv", floodsUnknownUnicast: "yes" } as const;
    expect(impactOf(overDci(silent("no"), flooding), "north-south").blackHole).toMatchObject({ ms: 300_000 });
  });

  it("does not matter within a site that the interconnect is no part of", () => {
    const fabric = changed(overDci(twoSites(), { technology: "otv" }), "h2", { announces: "no" });
    expect(impactOf(fabric, "north-south", "h2").blackHole).toMatchObject({ ms: 300_000 });
  });

  it("may be one where nothing says whether it does", () => {
    expect(impactOf(silent("unknown"), "north-south").blackHole).toMatchObject({
      kind: "until",
      why: "nothing says whether h3 announces web: until it next transmits, or the switches forget the old place",
    });
  });

  it("matters to the flow in which it only sends back, and not to one that stays", () => {
    const fabric = silent("no");
    expect(impactOf(fabric, "east-west").blackHole.kind).toBe("until");
    expect(impactOf(fabric, "east-west", "h1").blackHole).toEqual({ kind: "none" });
  });
});

describe("an unknown rate, latency or way", () => {
  it("makes the figures that need it unknown, and no others", () => {
    const fabric = twoSites();
    const links = fabric.links.map((link) => {
      const { latencyUs: _, ...rest } = link;
      return link.kind === "dci" ? rest : link;
    });
    const impact = impactOf({ ...fabric, links }, "north-south");
    expect(impact.roundTripDeltaUs).toEqual({ known: false, why: "the latency of a/dci--b/dci is not described" });
    expect(impact.interconnectDeltaBps).toEqual({ forward: 410e6, reverse: 410e6 });
  });

  it("is said of a flow whose end the fabric does not have", () => {
    const index = indexFabric(buildFabric({ flows: { f: "nobody nothing 1" } }));
    const [flow] = index.fabric.flows;
    if (flow === undefined) throw new Error("no flow");
    expect(flowImpact(index, flow, []).before.forward).toEqual({
      kind: "unknown",
      why: "the fabric has no endpoint nobody",
    });
  });
});
