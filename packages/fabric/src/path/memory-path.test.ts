import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { memoryPath } from "./memory-path.ts";
import type { Way } from "./way.ts";

/** Two racks whose hosts have their feet in `left` and `right`; a switch between them routes. */
const racks = (left: string, right: string, parts: Partial<FabricWords> = {}): FabricWords => ({
  segments: {
    mig1: { vlan: 101, subnets: ["10.21.0.0/24"] },
    mig2: { vlan: 102, subnets: ["10.22.0.0/24"] },
  },
  devices: {
    h1: { migration: { segment: left, address: "10.21.0.1" } },
    h2: { migration: { segment: right, address: right === left ? "10.21.0.2" : "10.22.0.2" } },
  },
  links: ["h1/up s1/p1", "s1/x s2/x", "h2/up s2/p1", "h3/up s2/p3"],
  gateways: {
    gw1: { segment: "mig1", kind: "static", address: "10.21.0.254", members: ["s1"] },
    gw2: { segment: "mig2", kind: "static", address: "10.22.0.254", members: ["s1"] },
  },
  ...parts,
});

const between = (words: FabricWords, source = "h1", target = "h2"): Way =>
  memoryPath(indexFabric(buildFabric(words)), source, target);

const links = (way: Way): readonly string[] | string =>
  way.kind === "known" ? way.legs.flatMap(({ crossings }) => crossings.map(({ link }) => link)) : way.kind;

describe("the memory of a move", () => {
  it("is bridged within one segment", () => {
    const way = between(racks("mig1", "mig1"));
    expect(links(way)).toEqual(["h1/up--s1/p1", "s1/x--s2/x", "h2/up--s2/p1"]);
    expect(way.kind === "known" ? way.waypoints.map(({ device, role }) => `${device} ${role}`) : []).toEqual([
      "h1 endpoint",
      "h2 endpoint",
    ]);
  });

  it("is routed between two by the source's own gateway", () => {
    const way = between(racks("mig1", "mig2"));
    expect(links(way)).toEqual(["h1/up--s1/p1", "s1/x--s2/x", "h2/up--s2/p1"]);
    expect(way.kind === "known" ? way.waypoints[1] : way).toEqual({ device: "s1", role: "gateway", name: "gw1" });
    expect(links(between(racks("mig1", "mig2"), "h2", "h1"))).toEqual(["h2/up--s2/p1", "s1/x--s2/x", "h1/up--s1/p1"]);
  });

  it("does not arrive where a port lacks the VLAN", () => {
    expect(between(racks("mig1", "mig1", { ports: { "s2/p1": "trunk 102" } }))).toMatchObject({
      kind: "broken",
      why: { kind: "no-reach", message: "mig1 does not reach from h1 to h2: VLAN 101 is missing on s2/p1" },
    });
  });

  it("has no way that anybody could tell from a host without a foot, or to itself", () => {
    expect(between(racks("mig1", "mig1"), "h1", "h3")).toEqual({
      kind: "unknown",
      why: "nothing says how h3 reaches the migration network",
    });
    expect(between(racks("mig1", "mig1"), "h3", "h1").kind).toBe("unknown");
    expect(between(racks("mig1", "mig1"), "h1", "h1").kind).toBe("unknown");
  });
});
