import { describe, expect, it } from "vitest";
import { attachedTo, indexFabric, memoTable, placementOf } from "./fabric-index.ts";
import { buildFabric } from "./fabric.fixture.ts";

const fabric = buildFabric({
  segments: {
    web: { vlan: 10, vlanBySite: { dc2: 110 }, subnets: ["10.1.10.0/24", "2001:db8:10::/64"] },
    wide: { vlan: 11, subnets: ["10.1.0.0/16"] },
    voice: { vlan: 110, sites: ["dc1"], subnets: ["10.1.10.0/24"], vrf: "voice" },
  },
  devices: {
    h1: { kind: "host", site: "dc1", migration: { segment: "web", address: "10.9.0.1/24" } },
    h2: { kind: "host", site: "dc2" },
    h9: "host",
    r1: { kind: "router", site: "dc1", interfaces: [{ segment: "web", address: "10.1.10.2/24" }] },
  },
  links: [
    ["sw1/x h1/up0", { capacityBps: 1e9, capacityBackBps: 2e9, latencyUs: 3 }],
    ["h2/up0 h1/up1", {}],
  ],
  gateways: {
    gw: { segment: "web", kind: "hsrp", address: "10.1.10.1", members: [{ device: "r2", address: "10.1.10.3" }, "r1"] },
  },
  services: { fwB: { kind: "firewall", device: "fw2", isStateful: "yes", cluster: "edge" } },
  endpoints: { vm2: "h1 web 10.1.10.6", vm1: "h1 web 10.1.10.5" },
  flows: { f1: "vm1 vm2 10 20" },
  clusters: { c1: ["h1", "h2"] },
});
const index = indexFabric(fabric);
const names = (things: readonly { readonly name: string }[]): readonly string[] => things.map(({ name }) => name);

describe("an index", () => {
  it("finds everything by name", () => {
    expect(index.device("h1")?.kind).toBe("host");
    expect(index.port({ device: "sw1", port: "x" })?.name).toBe("x");
    expect(index.port({ device: "sw1", port: "y" })).toBeUndefined();
    expect(index.site("dc2")).toEqual({ name: "dc2" });
    expect(index.flow("f1")).toMatchObject({ rateBps: 10e6, reverseRateBps: 20e6 });
    expect(index.cluster("c1")?.hosts).toEqual(["h1", "h2"]);
    expect(index.service("fwB")?.device).toBe("fw2");
    expect(names(index.servicesOf("edge"))).toEqual(["fwB"]);
    expect(names(index.gatewaysIn("web"))).toEqual(["gw"]);
    expect(index.gateway("none")).toBeUndefined();
    expect(names(index.endpointsIn("web"))).toEqual(["vm1", "vm2"]);
    expect(names(index.endpointsAt("h1"))).toEqual(["vm1", "vm2"]);
  });

  it("shows a link from each of its ends, with the figures of that direction", () => {
    expect(index.linksOf("h1").map(({ id }) => id)).toEqual(["h1/up0--sw1/x", "h1/up1--h2/up0"]);
    expect(index.linkFrom("h1/up0--sw1/x", "sw1")).toMatchObject({
      near: { device: "sw1", port: "x" },
      far: { device: "h1", port: "up0" },
      capacityBps: 1e9,
      latencyUs: 3,
      isBetweenSites: false,
    });
    expect(index.linkFrom("h1/up0--sw1/x", "h1")).toMatchObject({ capacityBps: 2e9, latencyUs: 3 });
    expect(index.linkFrom("h1/up0--sw1/x", "h2")).toBeUndefined();
    expect(index.linkFrom("h1/up1--h2/up0", "h1")?.isBetweenSites).toBe(true);
    expect(index.link("h1/up0--sw1/x")?.a.device).toBe("sw1");
  });

  it("knows what a VLAN number means where", () => {
    expect([index.vlanOf("web", "h1"), index.vlanOf("web", "h2"), index.vlanOf("web", "h9")]).toEqual([10, 110, 10]);
    expect([index.vlanOf("voice", "h1"), index.vlanOf("voice", "h2")]).toEqual([110, undefined]);
    expect([index.vlanOf("web", "nowhere"), index.vlanOf("none", "h1")]).toEqual([undefined, undefined]);
    expect(names(index.segmentsOfVlan(110, "h1"))).toEqual(["voice"]);
    expect(names(index.segmentsOfVlan(110, "h2"))).toEqual(["web"]);
    expect(index.segmentsOfVlan(10, "h2")).toEqual([]);
  });

  it("finds segments by the longest prefix, and who answers for an address", () => {
    expect(names(index.segmentsOfAddress("10.1.10.77"))).toEqual(["voice", "web"]);
    expect(names(index.segmentsOfAddress("10.1.11.1"))).toEqual(["wide"]);
    expect(names(index.segmentsOfAddress("2001:db8:10:0::5"))).toEqual(["web"]);
    expect([index.segmentsOfAddress("10.2.0.1"), index.segmentsOfAddress("nonsense")]).toEqual([[], []]);
    expect(index.devicesOfAddress("10.1.10.1")).toEqual(["r1", "r2"]);
    expect(index.devicesOfAddress("10.1.10.2")).toEqual(["r1"]);
    expect(index.devicesOfAddress("10.9.0.1")).toEqual(["h1"]);
    expect(index.devicesOfAddress("10.1.10.9")).toEqual([]);
  });

  it("makes an answer once for each table and name", () => {
    const table = memoTable<number | undefined>("a test");
    const other = memoTable<number>("a test");
    const made: string[] = [];
    const ask = (name: string): number | undefined =>
      index.remember(table, name, () => {
        made.push(name);
        return name === "none" ? undefined : made.length;
      });
    expect([ask("a"), ask("b"), ask("a"), ask("none"), ask("none")]).toEqual([1, 2, 1, undefined, undefined]);
    expect(made).toEqual(["a", "b", "none"]);
    expect(index.remember(other, "a", () => 7)).toBe(7);
    expect(indexFabric(fabric).remember(table, "a", () => 9)).toBe(9);
  });
});

it("a placement puts endpoints elsewhere, the later of two moves first", () => {
  const placement = placementOf([
    { endpoint: "vm1", target: "h2" },
    { endpoint: "vm1", target: "h9" },
  ]);
  expect(attachedTo(index, placement, "vm1")).toBe("h9");
  expect(attachedTo(index, placement, "vm2")).toBe("h1");
  expect(attachedTo(index, undefined, "vm1")).toBe("h1");
  expect(attachedTo(index, placement, "vm3")).toBeUndefined();
});
