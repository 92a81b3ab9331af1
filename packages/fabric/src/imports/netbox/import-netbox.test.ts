import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { linkId } from "../../migration-path.ts";
import { throughDocument, reversed } from "../golden.fixture.ts";
import { importNetbox } from "./import-netbox.ts";

const golden = (name: string): URL => new URL(`./__golden__/${name}`, import.meta.url);
const input = (): Record<string, unknown> =>
  JSON.parse(readFileSync(golden("two-sites.input.json"), "utf8")) as Record<string, unknown>;

interface Panel {
  readonly positions: number;
  /** Position behind each front port, by its number. */
  readonly fronts: Readonly<Record<number, number>>;
}

/** Two interfaces, 1 and 2, with `cables` between them and the panels' ports; a rear port's number is its panel's. */
function cabled(cables: readonly (readonly [string, string])[], panels: Readonly<Record<number, Panel>> = {}): unknown {
  const kinds: Readonly<Record<string, string>> = {
    i: "dcim.interface",
    f: "dcim.frontport",
    r: "dcim.rearport",
    p: "dcim.powerport",
  };
  const ends = (end: string): unknown => [{ object_type: kinds[end.slice(0, 1)], object_id: Number(end.slice(1)) }];
  const device = (id: number): object => ({ id, name: `d${id}` });
  return {
    "dcim/devices": [device(1), device(2)],
    "dcim/interfaces": [1, 2].map((id) => ({ id, name: "e1", device: device(id), type: "1000base-t" })),
    "dcim/cables": cables.map(([a, b], index) => ({ id: index + 1, a_terminations: ends(a), b_terminations: ends(b) })),
    "dcim/rear-ports": Object.entries(panels).map(([id, { positions }]) => ({ id: Number(id), positions })),
    "dcim/front-ports": Object.entries(panels).flatMap(([rear, { fronts }]) =>
      Object.entries(fronts).map(([id, position]) => ({
        id: Number(id),
        rear_port: { id: Number(rear) },
        rear_port_position: position,
      })),
    ),
  };
}

describe("an import from NetBox", () => {
  it("gives the golden fabric and notes", () => {
    const result = importNetbox(input());
    if (process.env["UPDATE_GOLDEN"] === "1")
      writeFileSync(golden("two-sites.fabric.json"), `${JSON.stringify(result, undefined, 2)}\n`);
    expect(result).toEqual(JSON.parse(readFileSync(golden("two-sites.fabric.json"), "utf8")));
    expect(throughDocument(result.fabric)).toEqual(result.fabric);
  });

  it("does not depend on the order of objects and fields", () => {
    expect(importNetbox(reversed(input())).fabric).toEqual(importNetbox(input()).fabric);
  });

  it("takes paths as the API has them, and plain lists as well as pages", () => {
    const data = input();
    const renamed = Object.fromEntries(Object.entries(data).map(([path, answer]) => [`/api/${path}/`, answer]));
    expect(importNetbox(renamed).fabric).toEqual(importNetbox(data).fabric);
    const { results } = data["dcim/devices"] as { results: unknown };
    expect(importNetbox({ ...data, "dcim/devices": results }).fabric).toEqual(importNetbox(data).fabric);
  });

  it("keeps one VLAN number in two sites as two segments", () => {
    const segments = importNetbox(input()).fabric.segments.filter(({ vlan }) => vlan === 130);
    expect(segments.map(({ name, sites }) => `${name} in ${sites?.join()}`)).toEqual([
      "data@DC 1 in DC 1",
      "data@dc2 in DC 2",
    ]);
  });

  it("finds the site of a VLAN group's rack, location or cluster", () => {
    const data = input();
    const scope = (type: string, more: object): unknown => [
      { id: 1, name: "stretched", scope_type: type, scope_id: 5, scope: { id: 5, name: "x" }, ...more },
    ];
    const sitesOf = (groups: unknown, more: object): unknown =>
      importNetbox({ ...data, "ipam/vlan-groups": groups, ...more }).fabric.segments.find(({ name }) => name === "web")
        ?.sites;
    expect(sitesOf(scope("dcim.rack", {}), { "dcim/racks": [{ id: 5, site: { id: 1, name: "DC 1" } }] })).toEqual([
      "DC 1",
    ]);
    expect(
      sitesOf(scope("dcim.location", {}), { "dcim/locations": [{ id: 5, site: { id: 2, name: "DC 2" } }] }),
    ).toEqual(["DC 2"]);
    const cluster = { id: 5, name: "c", scope_type: "dcim.site", scope: { id: 2, name: "DC 2" } };
    expect(sitesOf(scope("virtualization.cluster", {}), { "virtualization/clusters": [cluster] })).toEqual(["DC 2"]);
    expect(sitesOf(scope("dcim.rack", {}), {})).toBeUndefined();
  });

  it("takes what runs VMs for a host, whatever its role is called", () => {
    const data = input() as { "dcim/devices": { results: { name: string; role: unknown; cluster: unknown }[] } };
    for (const device of data["dcim/devices"].results)
      if (device.name === "h1") Object.assign(device, { role: { slug: "misc" }, cluster: null });
    expect(importNetbox(data).fabric.devices.find(({ name }) => name === "h1")?.kind).toBe("host");
  });

  it("takes two switches that a host's group leads to for an MLAG pair", () => {
    const data = cabled([["i1", "i2"]]) as Record<string, unknown[]>;
    const member = (id: number, device: number, lag: number): object => ({
      id,
      name: `e${id}`,
      device: { id: device },
      type: "1000base-t",
      lag: { id: lag },
    });
    const group = (id: number, device: number): object => ({
      id,
      name: `bond${device}`,
      device: { id: device },
      type: "lag",
      mode: "tagged-all",
    });
    data["dcim/devices"] = [1, 2, 3].map((id) => ({
      id,
      name: `d${id}`,
      role: { slug: id === 1 ? "server" : "leaf" },
    }));
    data["dcim/interfaces"] = [
      member(1, 1, 9),
      member(2, 2, 8),
      member(3, 1, 9),
      member(4, 3, 7),
      group(9, 1),
      group(8, 2),
      group(7, 3),
    ];
    const ends = (id: number): unknown => [{ object_type: "dcim.interface", object_id: id }];
    data["dcim/cables"] = [
      { id: 1, a_terminations: ends(1), b_terminations: ends(2) },
      { id: 2, a_terminations: ends(3), b_terminations: ends(4) },
    ];
    const { fabric } = importNetbox(data);
    expect(fabric.devices.map(({ mlag }) => mlag)).toEqual([undefined, "d2+d3", "d2+d3"]);
    expect(fabric.devices[0]?.ports.map(({ lag }) => lag)).toEqual(["bond1", "bond1"]);
  });

  it("calls VLANs unknown where the port translates them, or has no mode", () => {
    const leaf = importNetbox(input()).fabric.devices.find(({ name }) => name === "leaf1");
    expect(leaf?.ports.find(({ name }) => name === "Ethernet7")?.vlans).toMatchObject({ kind: "unknown" });
    const core = importNetbox(input()).fabric.devices.find(({ name }) => name === "core1");
    expect(core?.ports.map(({ vlans }) => vlans.kind)).toEqual(["unknown"]);
  });

  it("takes VLANs and MTU of an aggregation group for its members", () => {
    const leaf = importNetbox(input()).fabric.devices.find(({ name }) => name === "leaf1");
    expect(leaf?.ports.find(({ name }) => name === "Ethernet49")).toEqual({
      name: "Ethernet49",
      vlans: { kind: "trunk", trunks: "all" },
      mtu: 9214,
      lag: "Port-Channel1",
    });
  });

  it("reads the single ends of cables before release 3.3", () => {
    const data = cabled([]) as Record<string, unknown>;
    data["dcim/cables"] = [
      {
        id: 1,
        termination_a_type: "dcim.interface",
        termination_a_id: 1,
        termination_b_type: "dcim.interface",
        termination_b_id: 2,
      },
    ];
    expect(importNetbox(data).fabric.links.map(linkId)).toEqual(["d1/e1--d2/e1"]);
  });
});

describe("a cable", () => {
  const one = { positions: 1, fronts: {} };

  it.each<readonly [string, unknown, readonly string[]]>([
    ["joins two interfaces", cabled([["i1", "i2"]]), ["d1/e1--d2/e1"]],
    [
      "passes a panel from front to rear",
      cabled(
        [
          ["i1", "f11"],
          ["r10", "i2"],
        ],
        { 10: { ...one, fronts: { 11: 1 } } },
      ),
      ["d1/e1--d2/e1"],
    ],
    [
      "comes out at the position it went in, two panels on",
      cabled(
        [
          ["i1", "f12"],
          ["r10", "r20"],
          ["f22", "i2"],
        ],
        {
          10: { positions: 4, fronts: { 11: 1, 12: 2 } },
          20: { positions: 4, fronts: { 21: 1, 22: 2 } },
        },
      ),
      ["d1/e1--d2/e1"],
    ],
    [
      "does not come out at another position",
      cabled(
        [
          ["i1", "f11"],
          ["r10", "r20"],
          ["f22", "i2"],
        ],
        {
          10: { positions: 4, fronts: { 11: 1 } },
          20: { positions: 4, fronts: { 22: 2 } },
        },
      ),
      [],
    ],
    [
      "into a rear port of several positions leads nowhere",
      cabled([["i1", "r10"]], { 10: { positions: 2, fronts: { 11: 1 } } }),
      [],
    ],
    ["to a power port is no link", cabled([["i1", "p7"]]), []],
    [
      "in a circle ends",
      cabled(
        [
          ["i1", "f11"],
          ["r10", "r20"],
          ["f21", "f11"],
        ],
        { 10: { ...one, fronts: { 11: 1 } }, 20: { ...one, fronts: { 21: 1 } } },
      ),
      [],
    ],
  ])("%s", (_what, data, links) => {
    const { fabric, notes } = importNetbox(data);
    expect(fabric.links.map(linkId)).toEqual(links);
    expect(notes.some(({ message }) => message.includes("no link was made"))).toBe(links.length === 0);
  });

  it("takes the slower end's rate, and nothing where neither has one", () => {
    const data = cabled([["i1", "i2"]]) as { "dcim/interfaces": { speed?: number; type?: string }[] };
    expect(importNetbox(data).fabric.links[0]?.capacityBps).toBe(1_000_000_000);
    Object.assign(data["dcim/interfaces"][0] ?? {}, { speed: 100_000 });
    expect(importNetbox(data).fabric.links[0]?.capacityBps).toBe(100_000_000);
    for (const port of data["dcim/interfaces"]) Object.assign(port, { speed: null, type: "other" });
    expect(importNetbox(data).fabric.links[0]).toEqual({
      a: { device: "d1", port: "e1" },
      b: { device: "d2", port: "e1" },
    });
  });
});

describe("an export that is not NetBox's", () => {
  it.each<readonly [string, unknown, string]>([
    ["nothing", {}, "dcim/devices"],
    ["devices alone", { "dcim/devices": [] }, "dcim/interfaces"],
    ["a text for a list", { "dcim/devices": "none", "dcim/interfaces": [] }, "dcim/devices"],
    ["a page without results", { "dcim/devices": { count: 0 }, "dcim/interfaces": [] }, "dcim/devices.results"],
    ["an object without a number", { "dcim/devices": [{ name: "a" }], "dcim/interfaces": [] }, "dcim/devices[0].id"],
    ["one path twice", { "dcim/devices": [], "/api/dcim/devices/": [], "dcim/interfaces": [] }, "/api/dcim/devices/"],
    [
      "a VLAN number that is none",
      { "dcim/devices": [], "dcim/interfaces": [], "ipam/vlans": [{ id: 1, name: "x", vid: 5000 }] },
      "ipam/vlans[0].vid",
    ],
  ])("is refused: %s", (_what, data, path) => {
    expect(() => importNetbox(data)).toThrow(
      expect.objectContaining({ code: "fabric.import", details: { path } }) as Error,
    );
  });
});
