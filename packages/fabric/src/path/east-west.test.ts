/** Two stretched subnets whose gateways have a foot in both: who crosses the interconnect, and how often. */
import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import { flowImpact } from "./flow-impact.ts";
import { flowPath } from "./flow-path.ts";
import { dciUs, isolated, twoSites } from "./two-sites.fixture.ts";
import type { FlowPath, Way } from "./way.ts";

function between(design: Parameters<typeof twoSites>[0], web: string, db: string): FlowPath {
  const index = indexFabric(twoSites(design));
  const flow = index.flow("east-west");
  if (flow === undefined) throw new Error("the fixture has an east-west flow");
  return flowPath(
    index,
    flow,
    new Map([
      ["web", web],
      ["db", db],
    ]),
  );
}

const via = (way: Way): string =>
  way.kind === "known"
    ? way.waypoints
        .slice(1, -1)
        .map(({ device }) => device)
        .join(" ")
    : way.kind;

describe("east-west between two stretched subnets", () => {
  it.each([
    ["both in dc1", "h1", "h2", 0, 0],
    ["the second in dc2", "h1", "h4", 1, 1],
    ["the first in dc2", "h3", "h2", 1, 1],
    ["both in dc2, which makes it worse", "h3", "h4", 2, 2],
  ])("single active in dc1, %s", (_, web, db, there, back) => {
    const path = between({}, web, db);
    expect(path.siteCrossings).toEqual({ forward: there, reverse: back });
    expect([via(path.forward), via(path.reverse)]).toEqual(["a", "a"]);
    expect(path.isAsymmetric).toBe("no");
  });

  it.each([
    ["both in dc1", "h1", "h2", 0, 0, "a", "a", "no"],
    ["the second in dc2", "h1", "h4", 1, 1, "a", "b", "yes"],
    ["the first in dc2", "h3", "h2", 1, 1, "b", "a", "yes"],
    ["both in dc2", "h3", "h4", 0, 0, "b", "b", "no"],
  ])("localised gateways, %s", (_, web, db, there, back, gateway, gatewayBack, isAsymmetric) => {
    for (const design of [{ filters: isolated }, { kind: "anycast" }, { kind: "proxy" }] as const) {
      const path = between(design, web, db);
      expect(path.siteCrossings).toEqual({ forward: there, reverse: back });
      expect([via(path.forward), via(path.reverse)]).toEqual([gateway, gatewayBack]);
      expect(path.isAsymmetric).toBe(isAsymmetric);
    }
  });

  it("the worked example: both in dc2 behind a gateway in dc1, 4.1 ms and 410 Mbit/s", () => {
    const index = indexFabric(twoSites());
    const flow = index.flow("east-west");
    if (flow === undefined) throw new Error("the fixture has an east-west flow");
    const moves = [
      { endpoint: "web", target: "h3" },
      { endpoint: "db", target: "h4" },
    ];
    const impact = flowImpact(index, flow, moves);
    const [before, after] = [impact.before.forward, impact.after.forward];
    if (before.kind !== "known" || after.kind !== "known" || !before.latencyUs.known || !after.latencyUs.known)
      throw new Error("the ways are known");
    // 8.2 ms in that direction, and 410 Mbit/s more on the interconnect in each of its two directions.
    expect(after.latencyUs.value - before.latencyUs.value).toBe(2 * dciUs);
    expect(impact.interconnectDeltaBps).toEqual({ forward: 820e6, reverse: 820e6 });
    const over = after.legs.flatMap(({ crossings }) => crossings).filter(({ isBetweenSites }) => isBetweenSites);
    expect(over.map(({ from, to, share }) => `${from}>${to} ${share}`)).toEqual(["b>a 1", "a>b 1"]);
    // With symmetric return traffic: 16.4 ms of round trip.
    expect(impact.roundTripDeltaUs).toEqual({ known: true, value: 4 * dciUs });
  });
});

describe("inside one data centre", () => {
  /** Two layer-3 switches with a rack of hosts each, both VLANs on all of it. */
  const pair = (kind: "vrrp" | "mlag" | "anycast", mlag?: string) =>
    indexFabric(
      buildFabric({
        segments: {
          web: { vlan: 10, subnets: ["10.1.10.0/24"] },
          db: { vlan: 20, subnets: ["10.1.20.0/24"] },
        },
        devices: mlag === undefined ? {} : { s1: { mlag }, s2: { mlag } },
        links: [
          ["s1/isl s2/isl", { kind: mlag === undefined ? "wire" : "peer-link" }],
          "h1/up s1/p1",
          "h2/up s2/p1",
          "h3/up s2/p2",
          "h4/up1 s1/p4",
          "h4/up2 s2/p4",
        ],
        ports:
          mlag === undefined
            ? {}
            : {
                "h4/up1": { lag: "bond" },
                "h4/up2": { lag: "bond" },
                "s1/p4": { lag: "po4" },
                "s2/p4": { lag: "po4" },
              },
        gateways: Object.fromEntries(
          (
            [
              ["web", 10],
              ["db", 20],
            ] as const
          ).map(([segment, group]) => [
            `gw-${segment}`,
            {
              segment,
              kind,
              group,
              address: `10.1.${group}.1`,
              members: [
                { device: "s1", priority: 110 },
                { device: "s2", priority: 100 },
              ],
            },
          ]),
        ),
        endpoints: {
          web2: "h2 web 10.1.10.52",
          db3: "h3 db 10.1.20.53",
          db1: "h1 db 10.1.20.51",
          web4: "h4 web 10.1.10.54",
        },
        flows: { wrong: "web2 db3 10", mixed: "web2 db1 10", bonded: "web4 db3 10" },
      }),
    );

  function overInterSwitch(index: ReturnType<typeof pair>, name: string): readonly number[] {
    const flow = index.flow(name);
    if (flow === undefined) throw new Error(`no flow ${name}`);
    const path = flowPath(index, flow);
    return [path.forward, path.reverse].map((way) =>
      way.kind === "known"
        ? way.legs
            .flatMap(({ crossings }) => crossings)
            .filter(({ link }) => link === "s1/isl--s2/isl")
            .reduce((sum, { share }) => sum + share, 0)
        : Number.NaN,
    );
  }

  it("two racks on the side of the standby: twice over the link between the switches, in each direction", () => {
    expect(overInterSwitch(pair("vrrp"), "wrong")).toEqual([2, 2]);
  });

  it("from the standby's side to the active's: once", () => {
    expect(overInterSwitch(pair("vrrp"), "mixed")).toEqual([1, 1]);
  });

  it("an MLAG pair forwards on both sides: not at all", () => {
    expect(overInterSwitch(pair("mlag", "pair"), "wrong")).toEqual([0, 0]);
    expect(overInterSwitch(pair("anycast"), "wrong")).toEqual([0, 0]);
  });

  it("a host on both members is hashed to one of them, which routes what it gets", () => {
    const index = pair("mlag", "pair");
    const flow = index.flow("bonded");
    if (flow === undefined) throw new Error("no flow bonded");
    const { forward } = flowPath(index, flow);
    if (forward.kind !== "known") throw new Error("the way is known");
    expect(forward.waypoints).toEqual([
      { device: "h4", role: "endpoint", name: "web4" },
      { device: "s1", role: "gateway", name: "gw-web", probability: 0.5 },
      { device: "s2", role: "gateway", name: "gw-web", probability: 0.5 },
      { device: "h3", role: "endpoint", name: "db3" },
    ]);
    // Only the half that was hashed to s1 crosses to the rack of s2.
    expect(overInterSwitch(index, "bonded")[0]).toBe(0.5);
  });
});
