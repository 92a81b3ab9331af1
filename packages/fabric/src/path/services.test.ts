/** Boxes on the way: which instance, which session, and what happens to packets that come to the wrong one. */
import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric, Flow, Service } from "../fabric.ts";
import { flowImpact } from "./flow-impact.ts";
import { flowPath } from "./flow-path.ts";
import { isolated, twoSites } from "./two-sites.fixture.ts";
import type { FlowPath, Way } from "./way.ts";

const named = (way: Way): string =>
  way.kind === "known" || way.kind === "broken"
    ? way.waypoints.flatMap(({ role, name }) => (role === "service" ? [name] : [])).join(" ")
    : way.kind;

/** Gateways of both sites are firewalls now, each with a service on it that no flow names. */
function behindFirewalls(service: Partial<Service>): Fabric {
  const fabric = twoSites({ filters: isolated });
  return {
    ...fabric,
    devices: fabric.devices.map((device) =>
      device.name === "a" || device.name === "b"
        ? { ...device, spanningTree: { mode: "off" as const }, kind: "firewall" as const }
        : device,
    ),
    services: ["a", "b"].map((device) => ({
      name: `inline-${device}`,
      device,
      kind: "firewall" as const,
      isStateful: "yes" as const,
      cluster: "inline",
      ...service,
    })),
  };
}

/** A switch beside each firewall carries the segments, so that the firewalls only route. */
function withSwitches(fabric: Fabric): Fabric {
  const wired = fabric.links.map((link) => ({
    ...link,
    a: { ...link.a, device: renamed(link.a.device) },
    b: { ...link.b, device: renamed(link.b.device) },
  }));
  const beside = (name: string, site: string): Fabric["devices"][number] => ({
    ...(fabric.devices.find((device) => device.name === name) ?? { name, kind: "switch", ports: [] }),
    name: renamed(name),
    kind: "switch",
    site,
    interfaces: [],
    ports: [
      ...(fabric.devices.find((device) => device.name === name)?.ports ?? []),
      { name: "fw", vlans: { kind: "trunk", trunks: "all" } },
    ],
  });
  const up = { name: "up", vlans: { kind: "trunk", trunks: "all" } } as const;
  return {
    ...fabric,
    devices: [
      ...fabric.devices.map((device) =>
        device.name === "a" || device.name === "b" ? { ...device, ports: [up] } : device,
      ),
      beside("a", "dc1"),
      beside("b", "dc2"),
    ],
    links: [
      ...wired,
      ...["a", "b"].map((name) => ({
        a: { device: name, port: "up" },
        b: { device: renamed(name), port: "fw" },
        latencyUs: 5,
      })),
    ],
  };
}

const renamed = (name: string): string => (name === "a" || name === "b" ? `${name}-sw` : name);

function pathAfter(fabric: Fabric, flow: Flow, target?: string): FlowPath {
  return flowPath(indexFabric(fabric), flow, target === undefined ? undefined : new Map([["web", target]]));
}

const eastWest: Flow = { name: "ew", from: "web", to: "db", rateBps: 1 };

describe("boxes that a flow names", () => {
  it("are passed in order, and in the other order on the way back", () => {
    const flow: Flow = { ...eastWest, via: ["wall1", "wall2"] };
    const { forward, reverse } = pathAfter(twoSites(), flow);
    expect([named(forward), named(reverse)]).toEqual(["wall1 wall2", "wall2 wall1"]);
  });

  it("are bridged to within a segment", () => {
    const fabric = twoSites();
    const peer = {
      name: "peer",
      kind: "vm",
      device: "h3",
      nics: [{ segment: "web", addresses: ["10.1.10.51"] }],
    } as const;
    const flow: Flow = { name: "within", from: "web", to: "peer", rateBps: 1, via: ["wall1"] };
    const { forward } = pathAfter({ ...fabric, endpoints: [...fabric.endpoints, peer] }, flow);
    expect(forward.kind === "known" ? forward.legs.map(({ from, to }) => `${from} ${to}`) : forward).toEqual([
      "h1 fw1",
      "fw1 h3",
    ]);
  });

  it("must be there", () => {
    const flow: Flow = { ...eastWest, via: ["wall9"] };
    expect(pathAfter(twoSites(), flow).forward).toEqual({
      kind: "unknown",
      why: "ew goes by wall9, which is no service and no cluster",
    });
  });

  it("may be any of a cluster that keeps no sessions", () => {
    const fabric = twoSites({ filters: isolated });
    const services = fabric.services.map((service) => ({ ...service, isStateful: "no" as const }));
    const flow: Flow = { ...eastWest, via: ["walls"], state: "pinned" };
    expect(named(pathAfter({ ...fabric, services }, flow, "h3").forward)).toBe("wall2");
  });

  it("are in doubt where nothing says whether they keep sessions", () => {
    const fabric = twoSites({ filters: isolated });
    const services = fabric.services.map((service) => ({ ...service, isStateful: "unknown" as const }));
    const flow: Flow = { ...eastWest, via: ["walls"], state: "pinned" };
    expect(pathAfter({ ...fabric, services }, flow, "h3").forward).toEqual({
      kind: "unknown",
      why: "nothing says whether wall2 keeps sessions, and this one began with wall1",
    });
  });

  it("know no session where it is open which of them it began with", () => {
    const fabric = twoSites({ filters: { hello: "yes", virtualMac: "no", gatewayArp: "no" } });
    const path = pathAfter(fabric, { ...eastWest, via: ["walls"] });
    expect(path.forward.kind).toBe("open");
    expect(path.reverse).toMatchObject({ kind: "open" });
    expect(path.reverse.kind === "open" ? path.reverse.ways.map(({ way }) => way) : []).toEqual([
      { kind: "unknown", why: "nothing says which member of walls knows the session" },
      { kind: "unknown", why: "nothing says which member of walls knows the session" },
    ]);
  });
});

describe("firewalls that route", () => {
  it("drop the way back of a new flow that went by the other one", () => {
    const fabric = withSwitches(behindFirewalls({ syncsState: "no" }));
    const together = pathAfter(fabric, eastWest);
    expect([together.forward.kind, together.reverse.kind]).toEqual(["known", "known"]);
    const apart = pathAfter(fabric, eastWest, "h3");
    expect(apart.forward.kind).toBe("known");
    expect(apart.reverse).toMatchObject({
      kind: "broken",
      why: {
        kind: "state-lost",
        service: "inline-a",
        message: "inline-a drops it: the session began with inline-b, and sessions are not shared",
      },
    });
    expect(apart.reverse.kind === "broken" ? apart.reverse.waypoints.at(-1)?.device : "").toBe("a");
  });

  it("let it pass where they share their sessions, and may do so where nothing is said", () => {
    const shared = pathAfter(withSwitches(behindFirewalls({ syncsState: "yes" })), eastWest, "h3");
    expect([shared.forward.kind, shared.reverse.kind]).toEqual(["known", "known"]);
    const unsaid = pathAfter(withSwitches(behindFirewalls({})), eastWest, "h3");
    expect(unsaid.reverse).toEqual({
      kind: "unknown",
      why: "nothing says whether inline-a shares its sessions with inline-b",
    });
  });

  it("drop a session that a move leads to another one", () => {
    const index = indexFabric(withSwitches(behindFirewalls({ syncsState: "no" })));
    const moves = [
      { endpoint: "web", target: "h3" },
      { endpoint: "db", target: "h4" },
    ];
    const pinned = flowImpact(index, { ...eastWest, state: "pinned" }, moves);
    expect(pinned.stateLost).toMatchObject({ kind: "state-lost", service: "inline-b" });
    const fresh = flowImpact(index, { ...eastWest, name: "fresh" }, moves);
    expect(fresh.stateLost).toBeUndefined();
    expect([fresh.after.forward.kind, fresh.after.reverse.kind]).toEqual(["known", "known"]);
  });
});
