import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { throughDocument } from "../imports/golden.fixture.ts";
import { mergeFabrics } from "../imports/merge-fabrics.ts";
import { diffFabric } from "./diff-fabric.ts";
import { fabricOf } from "./fabric-of.ts";
import type { Observation } from "./observation.ts";
import { at, hello, macSeen, neighborSeen, noonMs, portSeen, smallNetwork } from "./small-network.fixture.ts";

const observations: readonly Observation[] = [
  portSeen("h1 up0", {
    vlans: { kind: "trunk", trunks: [120, 130], native: 10 },
    mtu: 9000,
    deviceKind: "host",
    bridge: "br0",
    ovsdb: "unix:/run/h1.sock",
  }),
  portSeen("h2 up0", { vlans: { kind: "trunk", trunks: "all" }, deviceKind: "host" }),
  neighborSeen("h1 up0", "leaf1.example.net Ethernet1", {
    roles: ["bridge", "router"],
    untaggedVlan: 10,
    vlanNames: [
      { vlan: 120, name: "web" },
      { vlan: 130, name: "data" },
    ],
    addresses: ["10.1.120.2"],
  }),
  neighborSeen("h1 up0", "leaf1.example.net Ethernet1", { protocol: "cdp", mtu: 9000 }),
  neighborSeen("h2 up0", "leaf2 Eth1"),
  hello("10.1.120.2"),
  hello("10.1.120.3", { state: "standby" }),
  hello("10.1.120.3", { where: at("h2 up0"), state: "standby" }),
  macSeen("h1 vnet0", "52:54:00:00:00:01", 120),
];

describe("a fabric of what was observed", () => {
  const { fabric, notes } = fabricOf(observations);

  it("has devices, ports, links, segments and gateways, and says what it does not know", () => {
    expect(throughDocument(fabric)).toEqual(fabric);
    expect(fabric.devices).toEqual([
      {
        name: "h1",
        kind: "host",
        bridge: "br0",
        ovsdb: "unix:/run/h1.sock",
        platform: "open-vswitch",
        ports: [
          { name: "up0", vlans: { kind: "trunk", trunks: [120, 130], native: 10 }, mtu: 9000, knowledge: "observed" },
          { name: "vnet0", vlans: { kind: "unknown", why: "nobody read its VLANs" } },
        ],
      },
      {
        name: "h2",
        kind: "host",
        ports: [{ name: "up0", vlans: { kind: "trunk", trunks: "all" }, knowledge: "observed" }],
      },
      {
        name: "leaf1.example.net",
        kind: "switch",
        ports: [
          {
            name: "Ethernet1",
            vlans: { kind: "unknown", why: "by LLDP it has at least VLAN 120,130, untagged frames in VLAN 10" },
            mtu: 9000,
          },
        ],
      },
      {
        name: "leaf2",
        kind: "switch",
        ports: [{ name: "Eth1", vlans: { kind: "unknown", why: "it did not say what it carries" } }],
      },
      { name: "router-10.1.120.3", kind: "router", ports: [] },
    ]);
    expect(fabric.segments).toEqual([
      { name: "data", vlan: 130, subnets: [] },
      { name: "vlan-10", vlan: 10, subnets: [] },
      { name: "web", vlan: 120, subnets: [] },
    ]);
    expect(fabric.gateways).toEqual([
      {
        name: "web-10.1.120.1",
        segment: "web",
        kind: "hsrp",
        address: "10.1.120.1",
        group: 10,
        helloMs: 3000,
        holdMs: 10000,
        members: [
          { device: "leaf1.example.net", address: "10.1.120.2", priority: 110, isIncumbent: true },
          { device: "router-10.1.120.3", address: "10.1.120.3", priority: 100 },
        ],
      },
    ]);
    expect(fabric.links.map(({ a, b }) => `${a.device}/${a.port} ${b.device}/${b.port}`)).toEqual([
      "h1/up0 leaf1.example.net/Ethernet1",
      "h2/up0 leaf2/Eth1",
    ]);
    expect(notes).toEqual([
      { path: "", message: "1 MAC addresses were seen; machines are to be added, they do not tell their names" },
      {
        path: "router-10.1.120.3",
        message: "was heard at h1/up0, h2/up0; what it is called and where it is connected is unknown",
      },
    ]);
  });

  it("does not contradict its own observations", () => {
    expect(diffFabric(fabric, observations)).toEqual([]);
  });

  it("does not depend on the order of observations", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...observations], { minLength: observations.length }), (shuffled) => {
        expect(fabricOf(shuffled)).toEqual({ fabric, notes });
      }),
      { numRuns: 30 },
    );
  });

  it("finds one link where both ends were heard", () => {
    const both = fabricOf([neighborSeen("a e1", "b e2"), neighborSeen("b e2", "a e1")]).fabric;
    expect(both.links).toEqual([{ a: at("a e1"), b: at("b e2") }]);
  });

  it("makes one link of one neighbour that LLDP and CDP call its port differently", () => {
    const seen = [neighborSeen("a e1", "b 1/0/2"), neighborSeen("a e1", "b TwoGig1-0-2", { protocol: "cdp" })];
    expect(fabricOf(seen).fabric.links).toEqual([{ a: at("a e1"), b: at("b 1/0/2") }]);
  });

  it("makes no link where several neighbours are heard at a port", () => {
    const result = fabricOf([neighborSeen("a e1", "b e1"), neighborSeen("a e1", "c e1")]);
    expect(result.fabric.links).toEqual([]);
    expect(result.fabric.devices.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    expect(result.notes.map(({ path }) => path)).toEqual(["a/e1"]);
  });

  it("fills in what a document leaves unknown", () => {
    const read = fabricOf([portSeen("leaf2 Eth1", { vlans: { kind: "trunk", trunks: [120] } })]).fabric;
    const leaf = mergeFabrics(smallNetwork, read).fabric.devices.find(({ name }) => name === "leaf2");
    expect(leaf?.ports[0]).toEqual({ name: "Eth1", vlans: { kind: "trunk", trunks: [120] }, knowledge: "observed" });
  });

  it("leaves out a gateway whose VLAN nobody knows, and a neighbour without a name, with notes", () => {
    const { vlan: _tag, ...untagged } = hello("10.1.120.2");
    const result = fabricOf([untagged, neighborSeen("h1 up0", " ", { names: [], ports: [] })]);
    expect(result.fabric.gateways).toEqual([]);
    expect(result.fabric.links).toEqual([]);
    expect(result.notes.map(({ path }) => path)).toEqual(["h1/up0", "h1/up0"]);
  });

  it("calls a VLAN by its number where names disagree", () => {
    const seen = (vlan: number, name: string, atMs = noonMs): Observation =>
      neighborSeen("h1 up0", `${name}-switch e1`, { vlanNames: [{ vlan, name }], atMs });
    const result = fabricOf([seen(10, "a"), seen(10, "b"), seen(20, "c"), seen(30, "c")]);
    expect(result.fabric.segments.map(({ name }) => name)).toEqual(["vlan-10", "vlan-20", "vlan-30"]);
  });
});
