import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { throughDocument } from "../golden.fixture.ts";
import { importContainerlab } from "./import-containerlab.ts";

const golden = (name: string): URL => new URL(`./__golden__/${name}`, import.meta.url);
const input = (): unknown => JSON.parse(readFileSync(golden("mixed-links.input.json"), "utf8"));

const pair = (...endpoints: unknown[]): unknown => ({
  topology: { nodes: { a: null, b: null }, links: [{ endpoints }] },
});

describe("an import from containerlab", () => {
  it("gives the golden fabric and notes", () => {
    const result = importContainerlab(input());
    if (process.env["UPDATE_GOLDEN"] === "1")
      writeFileSync(golden("mixed-links.fabric.json"), `${JSON.stringify(result, undefined, 2)}\n`);
    expect(result).toEqual(JSON.parse(readFileSync(golden("mixed-links.fabric.json"), "utf8")));
    expect(throughDocument(result.fabric)).toEqual(result.fabric);
  });

  it("inherits the kind from group, then defaults", () => {
    const kinds = importContainerlab(input()).fabric.devices.map(({ name, kind, platform }) => [name, kind, platform]);
    expect(kinds).toContainEqual(["leaf1", "switch", "eos"]);
    expect(kinds).toContainEqual(["spine", "switch", undefined]);
    expect(kinds).toContainEqual(["leaf2", "switch", "nx-os"]);
  });

  it("knows nothing of VLANs", () => {
    const ports = importContainerlab(input()).fabric.devices.flatMap((device) => device.ports);
    expect(ports.length).toBe(17);
    expect(new Set(ports.map(({ vlans }) => vlans.kind))).toEqual(new Set(["unknown"]));
  });

  it("puts what leads out of the lab outside", () => {
    const outside = importContainerlab(input()).fabric.devices.filter(({ kind }) => kind === "external");
    expect(outside.map(({ name }) => name)).toEqual(["host", "macvlan:enp3s0", "mgmt-net", "vxlan:198.51.100.7"]);
  });

  it("reads the exported topology in both of its forms", () => {
    const end = (node: string, peer: string): object => ({ node, interface: "e1-1", mac: "aa:c1:ab:00:00:01", peer });
    const nodes = { srl1: { kind: "srl", index: "0" }, srl2: { kind: "srl", index: "1" } };
    const ends = { a: end("srl1", "z"), z: end("srl2", "a") };
    const old = importContainerlab({ name: "x", type: "clab", nodes, links: [ends] });
    const present = importContainerlab({
      name: "x",
      type: "clab",
      nodes,
      links: [{ endpoints: ends, vars: { foo: "bar" } }],
    });
    expect(old.fabric.links).toEqual([{ a: { device: "srl1", port: "e1-1" }, b: { device: "srl2", port: "e1-1" } }]);
    expect(present.fabric).toEqual(old.fabric);
  });

  it.each<readonly [string, unknown, string]>([
    ["no topology", {}, "nodes"],
    ["an end without an interface", pair("a", "b:eth1"), "topology.links[0].endpoints[0]"],
    ["one end", pair("a:eth1"), "topology.links[0].endpoints"],
    ["three ends", pair("a:eth1", "b:eth1", "b:eth2"), "topology.links[0].endpoints"],
    ["an unknown node", pair("a:eth1", "c:eth1"), "topology.links[0].endpoints[1]"],
    ["an interface with two links", pair("a:eth1", "a:eth1"), "topology.links[0].endpoints[1]"],
    [
      "an unknown type",
      { topology: { nodes: { a: null }, links: [{ type: "wire", endpoint: { node: "a", interface: "e" } }] } },
      "topology.links[0].type",
    ],
    ["a number for a list", { topology: { nodes: { a: null }, links: 3 } }, "topology.links"],
  ])("refuses %s and names the place", (_what, data, path) => {
    expect(() => importContainerlab(data)).toThrow(
      expect.objectContaining({ code: "fabric.import", details: { path } }) as Error,
    );
  });
});
