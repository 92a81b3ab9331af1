import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { TrunklineError } from "@trunkline/model";
import { throughDocument } from "../golden.fixture.ts";
import { importNetlab } from "./import-netlab.ts";

const golden = (name: string): URL => new URL(`./__golden__/${name}`, import.meta.url);
const input = (): unknown => JSON.parse(readFileSync(golden("two-leaves.input.json"), "utf8"));

const host = (ifname: string, linkindex: number, ipv4: string): object => ({
  role: "host",
  interfaces: [{ ifname, linkindex, ifindex: 1, type: "p2p", ipv4 }],
});

function errorOf(data: unknown): TrunklineError {
  try {
    importNetlab(data);
  } catch (error) {
    return error as TrunklineError;
  }
  throw new Error("it was imported");
}

describe("an import from netlab", () => {
  it("gives the golden fabric and notes", () => {
    const result = importNetlab(input());
    if (process.env["UPDATE_GOLDEN"] === "1")
      writeFileSync(golden("two-leaves.fabric.json"), `${JSON.stringify(result, undefined, 2)}\n`);
    expect(result).toEqual(JSON.parse(readFileSync(golden("two-leaves.fabric.json"), "utf8")));
    expect(throughDocument(result.fabric)).toEqual(result.fabric);
  });

  it("does not depend on the order of nodes and links", () => {
    const { nodes, links, ...rest } = input() as { nodes: object; links: unknown[] };
    const turned = {
      ...rest,
      links: links.toReversed(),
      nodes: Object.fromEntries(Object.entries(nodes).toReversed()),
    };
    expect(importNetlab(turned).fabric).toEqual(importNetlab(input()).fabric);
  });

  it("reads trunks with VLANs by number, the native one apart", () => {
    const { fabric } = importNetlab(input());
    const leaf = fabric.devices.find(({ name }) => name === "leaf1");
    expect(leaf?.ports.find(({ name }) => name === "Ethernet1")).toEqual({
      name: "Ethernet1",
      vlans: { kind: "trunk", trunks: [1001], native: 1000 },
      mtu: 9000,
    });
  });

  it("makes one group of the members of an MLAG pair", () => {
    const { fabric } = importNetlab(input());
    const members = fabric.devices.flatMap((device) =>
      device.ports.flatMap(({ name, lag }) => (lag === undefined ? [] : [`${device.name}/${name} ${lag}`])),
    );
    expect(members).toEqual([
      "h1/eth1 bond1",
      "h1/eth2 bond1",
      "leaf1/Ethernet3 port-channel1",
      "leaf2/Ethernet3 port-channel1",
    ]);
    expect(fabric.devices.flatMap(({ name, mlag }) => (mlag === undefined ? [] : [`${name} ${mlag}`]))).toEqual([
      "leaf1 peergroup-1",
      "leaf2 peergroup-1",
    ]);
    expect(fabric.links.flatMap(({ kind }) => kind ?? [])).toEqual(["peer-link"]);
  });

  it("keeps a group of one device apart from the pair's groups of the same name", () => {
    const data = input() as { nodes: Record<string, { interfaces: { ifname: string; lag?: object }[] }> };
    for (const port of data.nodes["leaf1"]?.interfaces ?? [])
      if (port.ifname === "port-channel1") port.lag = { ifindex: 1 };
    const ports = importNetlab(data).fabric.devices.find(({ name }) => name === "leaf1")?.ports;
    expect(ports?.find(({ name }) => name === "Ethernet3")?.lag).toBe("leaf1:port-channel1");
  });

  it("finds the group of a member by the index of the group's link, as older releases have it", () => {
    const data = input() as {
      nodes: Record<string, { interfaces: { ifname: string; linkindex?: number; lag?: object }[] }>;
    };
    for (const port of data.nodes["leaf1"]?.interfaces ?? []) {
      if (port.ifname === "port-channel1") Object.assign(port, { linkindex: 3, lag: { ifindex: 17, mlag: true } });
      if (port.ifname === "Ethernet3") port.lag = { _parentindex: 3 };
    }
    const ports = importNetlab(data).fabric.devices.find(({ name }) => name === "leaf1")?.ports;
    expect(ports?.find(({ name }) => name === "Ethernet3")).toMatchObject({ lag: "port-channel1" });
  });

  it("calls the ends of a link unknown that has neither VLAN nor address", () => {
    const data = {
      nodes: {
        a: { interfaces: [{ ifname: "e1", linkindex: 1, ifindex: 1 }] },
        b: { interfaces: [{ ifname: "e1", linkindex: 1, ifindex: 1 }] },
      },
      links: [
        {
          linkindex: 1,
          type: "p2p",
          interfaces: [
            { node: "a", ifindex: 1 },
            { node: "b", ifindex: 1 },
          ],
        },
      ],
    };
    const { fabric, notes } = importNetlab(data);
    expect(fabric.devices.map(({ ports }) => ports[0]?.vlans.kind)).toEqual(["unknown", "unknown"]);
    expect(notes.map(({ path }) => path)).toContain("links[0].interfaces[0]");
  });

  it("tells VLANs apart that two nodes define under one name with two numbers", () => {
    const node = (id: number): object => ({
      vlans: { lab: { id } },
      interfaces: [{ ifname: "e1", linkindex: 1, ifindex: 1, vlan: { access: "lab" } }],
    });
    const end = (name: string): object => ({ node: name, ifindex: 1, vlan: { access: "lab" } });
    const { fabric } = importNetlab({
      nodes: { a: node(10), b: node(20) },
      links: [{ linkindex: 1, interfaces: [end("a"), end("b")] }],
    });
    expect(fabric.segments.map(({ name, vlan }) => `${name} ${vlan}`)).toEqual(["lab@a 10", "lab@b 20"]);
  });

  it("gives each routed link a VLAN that is not used", () => {
    const link = (linkindex: number): object => ({
      linkindex,
      prefix: { ipv4: `10.0.${linkindex}.0/30` },
      interfaces: [
        { node: "a", ifname: `e${linkindex}`, ipv4: `10.0.${linkindex}.1/30` },
        { node: "b", ifname: `e${linkindex}`, ipv4: true },
      ],
    });
    const { fabric } = importNetlab({
      vlans: { top: { id: 4094 } },
      nodes: { a: host("e1", 1, "10.0.1.1/30"), b: { interfaces: [] } },
      links: [link(1), link(2)],
    });
    expect(fabric.segments.map(({ name, vlan }) => `${name} ${vlan}`)).toEqual(["a-b 4093", "a-b-2 4092", "top 4094"]);
  });

  it.each<readonly [string, unknown, string]>([
    ["a topology file that a person wrote", { nodes: ["s1", "s2"], links: ["s1-s2"] }, "nodes"],
    ["nodes that were not transformed", { nodes: { s1: {} } }, "nodes.s1.interfaces"],
    ["links that were not transformed", { nodes: { s1: { interfaces: [] } }, links: [{ s1: null }] }, "links[0]"],
    ["an unknown node", { nodes: {}, links: [{ interfaces: [{ node: "x", ifname: "e" }] }] }, "links[0].interfaces[0]"],
    [
      "an unknown VLAN",
      {
        nodes: { a: { interfaces: [] } },
        links: [{ interfaces: [{ node: "a", ifname: "e", vlan: { access: "no" } }] }],
      },
      "links[0].interfaces[0]",
    ],
    ["a VLAN number that is none", { nodes: {}, vlans: { red: { id: 4095 } } }, "vlans.red.id"],
    ["a list where a mapping belongs", { nodes: {}, vlans: [] }, "vlans"],
    ["a delay that is none", { nodes: {}, links: [{ interfaces: [], tc: { delay: "soon" } }] }, "links[0].tc.delay"],
    ["no mapping at all", 7, ""],
  ])("refuses %s and names the place", (_what, data, path) => {
    const error = errorOf(data);
    expect(error).toMatchObject({ code: "fabric.import", details: { path } });
    expect(error.message).toContain(path === "" ? "the input" : path);
  });
});
