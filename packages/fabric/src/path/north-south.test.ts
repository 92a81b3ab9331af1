/**
 * The designs of stretched data centres and what each does to a client's traffic when the VM moves to the other one:
 * crossings of the interconnect in each direction, and the data centre by which the traffic enters and leaves.
 */
import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { flowImpact } from "./flow-impact.ts";
import { flowPath } from "./flow-path.ts";
import type { Design } from "./two-sites.fixture.ts";
import { dciUs, isolated, twoSites } from "./two-sites.fixture.ts";
import type { FlowImpact, FlowPath, Way } from "./way.ts";

const toDc2 = [{ endpoint: "web", target: "h3" }];

function impactOf(design: Design, name: string): { readonly index: FabricIndex; readonly impact: FlowImpact } {
  const index = indexFabric(twoSites(design));
  const flow = index.flow(name);
  if (flow === undefined) throw new Error(`the fixture has no flow ${name}`);
  return { index, impact: flowImpact(index, flow, toDc2) };
}

/** `in 1@dc1 out 0@dc2`: crossings, and the first or last site on the way. */
function summary(index: FabricIndex, path: FlowPath): string {
  const site = (way: Way, isEntry: boolean): string => {
    if (way.kind !== "known") return way.kind === "broken" ? way.why.kind : way.kind;
    // The client is outside, so that the border is next to it.
    const devices = way.waypoints.map(({ device }) => device);
    return index.siteOf((isEntry ? devices[1] : devices.at(-2)) ?? "") ?? "nowhere";
  };
  const { forward, reverse } = path.siteCrossings;
  return `in ${forward}@${site(path.forward, true)} out ${reverse}@${site(path.reverse, false)}`;
}

const followed = { mode: "route-injection", ingress: [{ site: "dc1" }] } as const;

describe("north-south, a client nearest to dc1, the VM moves from dc1 to dc2", () => {
  it.each([
    ["A: one group stretched, prefix from dc1", {}, "in 1@dc1 out 1@dc1", 2, "no"],
    ["B: hellos and virtual MAC filtered, prefix from dc1", { filters: isolated }, "in 1@dc1 out 0@dc2", 1, "yes"],
    [
      "C: filtered, the same prefix from both",
      { filters: isolated, hostRoutes: { ingress: [{ site: "dc1" }, { site: "dc2" }] } },
      "in 1@dc1 out 0@dc2",
      1,
      "yes",
    ],
    ["D: filtered, host routes injected", { filters: isolated, hostRoutes: followed }, "in 0@dc2 out 0@dc2", 0, "no"],
    [
      "D: filtered, LISP with an extended subnet",
      { filters: isolated, hostRoutes: { mode: "lisp-extended" } },
      "in 0@dc2 out 0@dc2",
      0,
      "no",
    ],
    [
      "D: anycast, EVPN's optimisation",
      { kind: "anycast", hostRoutes: { mode: "vmto" } },
      "in 0@dc2 out 0@dc2",
      0,
      "no",
    ],
    ["E: host routes, the group not filtered", { hostRoutes: followed }, "in 0@dc2 out 1@dc1", 1, "yes"],
  ] as const)("%s", (_, design, after, crossingsMore, isAsymmetric) => {
    const { index, impact } = impactOf(design, "north-south");
    expect(summary(index, impact.before)).toBe("in 0@dc1 out 0@dc1");
    expect(summary(index, impact.after)).toBe(after);
    expect(impact.before.isAsymmetric).toBe("no");
    expect(impact.after.isAsymmetric).toBe(isAsymmetric);
    const { forward, reverse } = impact.after.siteCrossings;
    expect(forward + reverse).toBe(crossingsMore);
    expect(impact.interconnectDeltaBps).toEqual({ forward: forward * 410e6, reverse: reverse * 410e6 });
  });

  it("A: costs two crossings of the interconnect per round trip", () => {
    expect(impactOf({}, "north-south").impact.roundTripDeltaUs).toEqual({ known: true, value: 2 * dciUs });
  });

  it("C: clients near dc2 do not notice", () => {
    const fabric = twoSites({ filters: isolated, hostRoutes: { ingress: [{ site: "dc1" }, { site: "dc2" }] } });
    const links = fabric.links.map((link) =>
      link.a.device === "ext1" ? { ...link, latencyUs: link.a.port === "dc2" ? 1000 : 20_000 } : link,
    );
    const index = indexFabric({ ...fabric, links });
    const flow = index.flow("north-south");
    const path = flow === undefined ? undefined : flowPath(index, flow, new Map([["web", "h3"]]));
    expect(path === undefined ? "" : summary(index, path)).toBe("in 0@dc2 out 0@dc2");
  });

  it("F: a session that began behind the firewall of dc1 is handed back to it where sessions are shared", () => {
    const { index, impact } = impactOf({ filters: isolated, hostRoutes: followed, syncsState: "yes" }, "pinned");
    expect(summary(index, impact.before)).toBe("in 0@dc1 out 0@dc1");
    expect(summary(index, impact.after)).toBe("in 2@dc2 out 1@dc1");
    expect(impact.stateLost).toBeUndefined();
    const { forward } = impact.after;
    expect(forward.kind === "known" ? forward.waypoints.map(({ device }) => device) : forward).toEqual([
      "ext1",
      "b",
      "fw2",
      "b",
      "a",
      "fw1",
      "a",
      "h3",
    ]);
  });

  it("F: it is dropped, not slow, where they are not", () => {
    const { index, impact } = impactOf({ filters: isolated, hostRoutes: followed }, "pinned");
    expect(summary(index, impact.before)).toBe("in 0@dc1 out 0@dc1");
    expect(impact.stateLost).toEqual({
      kind: "state-lost",
      service: "wall2",
      message: "wall2 drops it: the session began with wall1, and sessions are not shared",
    });
    expect(impact.after.forward.kind).toBe("broken");
    expect(impact.after.reverse.kind).toBe("broken");
    expect(impact.roundTripDeltaUs.known).toBe(false);
  });

  it("F: nobody can tell where nothing says whether they are", () => {
    const { impact } = impactOf({ filters: isolated, hostRoutes: followed, syncsState: "unknown" }, "pinned");
    expect(impact.after.forward).toEqual({
      kind: "unknown",
      why: "nothing says whether wall2 shares its sessions with wall1",
    });
    expect(impact.stateLost).toBeUndefined();
  });

  it("G: filtered, and the only firewall stays in dc1: the trombone is back", () => {
    const { index, impact } = impactOf({ filters: isolated }, "walled");
    expect(summary(index, impact.before)).toBe("in 0@dc1 out 0@dc1");
    expect(summary(index, impact.after)).toBe("in 1@dc1 out 1@dc1");
  });

  it("a new flow takes the firewall of the site that it enters", () => {
    const index = indexFabric(twoSites({ filters: isolated, hostRoutes: followed }));
    const pinned = index.flow("pinned");
    if (pinned === undefined) throw new Error("the fixture has a pinned flow");
    const path = flowPath(index, { ...pinned, name: "fresh", state: "new" }, new Map([["web", "h3"]]));
    expect(summary(index, path)).toBe("in 0@dc2 out 0@dc2");
    expect(path.isAsymmetric).toBe("no");
  });

  it("a new flow is dropped on its way back where the two directions pass firewalls that share nothing", () => {
    const index = indexFabric(twoSites({ filters: isolated }));
    const pinned = index.flow("pinned");
    if (pinned === undefined) throw new Error("the fixture has a pinned flow");
    const path = flowPath(index, { ...pinned, name: "fresh", state: "new" }, new Map([["web", "h3"]]));
    expect(path.forward.kind).toBe("known");
    expect(path.reverse).toMatchObject({ kind: "broken", why: { kind: "state-lost", service: "wall2" } });
  });
});
