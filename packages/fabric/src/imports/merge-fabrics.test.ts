import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyFabric } from "../fabric.ts";
import type { Device, Fabric, Link, Port } from "../fabric.ts";
import { mergeFabrics } from "./merge-fabrics.ts";

const withPort = (port: Omit<Port, "name">): Fabric => ({
  ...emptyFabric,
  devices: [{ name: "sw1", kind: "switch", ports: [{ name: "p1", ...port }] }],
});
const portOf = (base: Fabric, overlay: Fabric): Port | undefined =>
  mergeFabrics(base, overlay).fabric.devices[0]?.ports[0];
const access = (tag: number): Port["vlans"] => ({ kind: "access", tag });
const unread: Port["vlans"] = { kind: "unknown", why: "nobody asked" };

const withLink = (link: Omit<Link, "a" | "b">, isTurned = false): Fabric => {
  const [a, b] = [
    { device: "h1", port: "up0" },
    { device: "sw1", port: "p1" },
  ];
  return { ...emptyFabric, links: [isTurned ? { ...link, a: b, b: a } : { ...link, a, b }] };
};

describe("two fabrics as one", () => {
  it("add what only one of them has", () => {
    const device = (name: string): Device => ({ name, kind: "host", ports: [] });
    const { fabric, notes } = mergeFabrics(
      { ...emptyFabric, devices: [device("h2")], sites: [{ name: "east" }] },
      { ...emptyFabric, devices: [device("h1")], clusters: [{ name: "all", hosts: ["h1", "h2"] }] },
    );
    expect(fabric.devices.map(({ name }) => name)).toEqual(["h1", "h2"]);
    expect(fabric.clusters).toEqual([{ name: "all", hosts: ["h1", "h2"] }]);
    expect(notes).toEqual([]);
  });

  it("let the overlay win, field by field, and say what gave way", () => {
    const base = withPort({ vlans: access(10), mtu: 1500 });
    const overlay = withPort({ vlans: access(20), lag: "bond0" });
    expect(portOf(base, overlay)).toEqual({ name: "p1", vlans: access(20), mtu: 1500, lag: "bond0" });
    expect(mergeFabrics(base, overlay).notes).toEqual([
      {
        path: "devices.sw1.ports.p1.vlans",
        message: '{"kind":"access","tag":10} gives way to {"kind":"access","tag":20}',
      },
    ]);
  });

  it.each<readonly [string, Omit<Port, "name">, Omit<Port, "name">, Omit<Port, "name">]>([
    ["unknown takes nothing away", { vlans: access(10) }, { vlans: unread }, { vlans: access(10) }],
    [
      "what is known fills what was unknown",
      { vlans: unread },
      { vlans: access(10), knowledge: "observed" },
      { vlans: access(10), knowledge: "observed" },
    ],
    [
      "an assumption fills what was unknown",
      { vlans: unread },
      { vlans: access(10), knowledge: "assumed" },
      { vlans: access(10), knowledge: "assumed" },
    ],
    [
      "an assumption does not replace what is configured",
      { vlans: access(10) },
      { vlans: access(20), knowledge: "assumed" },
      { vlans: access(10) },
    ],
    [
      "what is configured replaces an assumption",
      { vlans: access(10), knowledge: "assumed" },
      { vlans: access(20) },
      { vlans: access(20) },
    ],
    [
      "unknown keeps how it was known",
      { vlans: access(10), knowledge: "observed" },
      { vlans: unread, mtu: 9000 },
      { vlans: access(10), mtu: 9000, knowledge: "observed" },
    ],
  ])("of a port: %s", (_what, base, overlay, expected) => {
    expect(portOf(withPort(base), withPort(overlay))).toEqual({ name: "p1", ...expected });
  });

  it("take three-valued fields for unknown, and other texts for what they are", () => {
    const device = (announces: "yes" | "unknown", site: string): Fabric => ({
      ...emptyFabric,
      devices: [{ name: "h1", kind: "host", ports: [], announces, site }],
    });
    expect(mergeFabrics(device("yes", "east"), device("unknown", "unknown")).fabric.devices[0]).toMatchObject({
      announces: "yes",
      site: "unknown",
    });
    expect(mergeFabrics(device("unknown", "east"), device("yes", "east")).fabric.devices[0]?.announces).toBe("yes");
  });

  it("match a link from whichever end it is written, and turn its figures", () => {
    const base = withLink({ capacityBps: 10, filters: { hello: "yes" } });
    const same = mergeFabrics(base, withLink({ latencyUs: 5, filters: { virtualMac: "no" } }, true)).fabric.links;
    expect(same).toEqual([
      {
        a: { device: "h1", port: "up0" },
        b: { device: "sw1", port: "p1" },
        capacityBps: 10,
        latencyUs: 5,
        filters: { hello: "yes", virtualMac: "no" },
      },
    ]);
    const turned = mergeFabrics(base, withLink({ capacityBps: 1, capacityBackBps: 2 }, true)).fabric.links[0];
    expect(turned).toMatchObject({ capacityBps: 2, capacityBackBps: 1 });
    expect(
      mergeFabrics(base, withLink({ capacityBackBps: 3 }, true)).notes.map(({ message }) => message),
    ).toContainEqual(expect.stringContaining("one way only"));
  });

  it("merge members of gateways and NICs of endpoints one by one", () => {
    const gateway = { name: "g", segment: "web", kind: "hsrp" as const, address: "10.0.0.1" };
    const vm = { name: "web01", kind: "vm" as const, device: "h1" };
    const { fabric } = mergeFabrics(
      {
        ...emptyFabric,
        gateways: [{ ...gateway, members: [{ device: "r1", priority: 110 }, { device: "r2" }] }],
        endpoints: [
          {
            ...vm,
            nics: [
              { segment: "web", mac: "52:54:00:00:00:01", addresses: [] },
              { segment: "db", addresses: [] },
            ],
          },
        ],
      },
      {
        ...emptyFabric,
        gateways: [{ ...gateway, members: [{ device: "r2", isIncumbent: true }] }],
        endpoints: [
          {
            ...vm,
            nics: [
              { segment: "web", addresses: ["10.0.0.9"] },
              { segment: "db", mac: "52:54:00:00:00:02", addresses: [] },
              { segment: "new", addresses: [] },
            ],
          },
        ],
      },
    );
    expect(fabric.gateways[0]?.members).toEqual([
      { device: "r1", priority: 110 },
      { device: "r2", isIncumbent: true },
    ]);
    expect(fabric.endpoints[0]?.nics).toEqual([
      { segment: "web", mac: "52:54:00:00:00:01", addresses: ["10.0.0.9"] },
      { segment: "db", mac: "52:54:00:00:00:02", addresses: [] },
      { segment: "new", addresses: [] },
    ]);
  });

  it("are one network: a VLAN number is one segment, and keeps the base's name", () => {
    const observed = {
      ...emptyFabric,
      segments: [{ name: "vlan-120", vlan: 120, subnets: [] }],
      gateways: [
        { name: "seen", segment: "vlan-120", kind: "hsrp" as const, address: "10.0.0.1", members: [{ device: "sw1" }] },
      ],
    };
    const base = { ...withPort({ vlans: access(120) }), segments: [{ name: "web", vlan: 120, subnets: [] }] };
    const { fabric, notes } = mergeFabrics(base, observed);
    expect(fabric.segments.map(({ name }) => name)).toEqual(["web"]);
    expect(fabric.gateways[0]?.segment).toBe("web");
    expect(notes).toEqual([
      { path: "segment vlan-120", message: "has VLAN 120, which is web there as well; the two are one segment here" },
    ]);
  });

  it("plug a port in where the overlay says", () => {
    const device = (name: string): Device => ({ name, kind: "switch", ports: [{ name: "p1", vlans: access(10) }] });
    const link = (to: string): Link => ({ a: { device: "h1", port: "p1" }, b: { device: to, port: "p1" } });
    const devices = ["h1", "sw1", "sw2"].map(device);
    const { fabric, notes } = mergeFabrics(
      { ...emptyFabric, devices, links: [link("sw1")] },
      { ...emptyFabric, links: [link("sw2")] },
    );
    expect(fabric.links).toEqual([link("sw2")]);
    expect(notes).toEqual([{ path: "links.h1/p1--sw1/p1", message: "gives way to h1/p1--sw2/p1" }]);
  });

  it("are the same as either of them where the other is empty or the same", () => {
    const anyPort = fc.record({
      name: fc.constantFrom("p1", "p2", "p3"),
      vlans: fc.oneof(fc.constant(unread), fc.integer({ min: 1, max: 5 }).map(access)),
    });
    const anyDevice = fc.record({
      name: fc.constantFrom("a", "b", "c"),
      kind: fc.constant("switch" as const),
      ports: fc.uniqueArray(anyPort, { selector: ({ name }) => name }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(anyDevice, { selector: ({ name }) => name }), (devices) => {
        const fabric = mergeFabrics({ ...emptyFabric, devices }, emptyFabric).fabric;
        expect(mergeFabrics(emptyFabric, { ...emptyFabric, devices }).fabric).toEqual(fabric);
        expect(mergeFabrics(fabric, fabric)).toEqual({ fabric, notes: [] });
      }),
    );
  });
});
