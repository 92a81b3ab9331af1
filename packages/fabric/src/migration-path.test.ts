import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostName } from "@trunkline/model";
import type { Inventory, InventoryLink } from "@trunkline/model";
import { linkId, migrationPath, pathFinder } from "./migration-path.ts";
import type { MigrationPath } from "./migration-path.ts";
import type { FabricView, PortVlans } from "./ports.ts";

const end = (text: string): InventoryLink["a"] => {
  const [device = "", port = ""] = text.split("/");
  return { device, port };
};

/** Links are written `h1/up0 sw1/p1`; devices called h… are hosts. */
function cluster(links: readonly string[], vlan?: number): Inventory {
  const described = links.map((link): InventoryLink => {
    const [a = "", b = ""] = link.split(" ");
    return { a: end(a), b: end(b) };
  });
  const devices = new Set([...described.flatMap(({ a, b }) => [a.device, b.device]), "h1", "h2"]);
  const migration = vlan === undefined ? {} : { migration: { address: "10.20.0.1", vlan } };
  return {
    hosts: [...devices]
      .filter((name) => name.startsWith("h"))
      .map((name) => ({ name: hostName(name), uri: `qemu+tcp://${name}/system`, ...migration })),
    switches: [...devices]
      .filter((name) => !name.startsWith("h"))
      .map((name) => ({ name, bridge: "br0", ovsdb: `unix:/${name}.sock` })),
    links: described,
    probes: [],
    services: [],
  };
}

function view(ports: Readonly<Record<string, PortVlans>>): FabricView {
  const devices = Object.entries(ports).map(([port, vlans]) => ({
    name: end(port).device,
    ports: [{ name: end(port).port, vlans }],
  }));
  return { devices, links: [] };
}

const linkIds = (path: MigrationPath): readonly string[] =>
  path.kind === "known" ? path.links.map((link) => link.id) : [];

function idsOf(path: MigrationPath): readonly string[] | string {
  return path.kind === "known" ? path.links.map((link) => link.id) : path.why;
}

const oneSwitch = ["h1/up0 sw1/p-h1", "sw1/p-h2 h2/up0"];

describe("the links that a move crosses", () => {
  it("are the two uplinks of hosts on one switch", () => {
    const path = migrationPath(cluster(oneSwitch), undefined, "h1", "h2");
    expect(idsOf(path)).toEqual(["h1/up0--sw1/p-h1", "h2/up0--sw1/p-h2"]);
    expect(path).toMatchObject({ isAmbiguous: false });
  });

  it("are those of all shortest ways where there are several, and that is said", () => {
    const twoSpines = ["h1/up0 l1/p1", "l1/s1 s1/l1", "l1/s2 s2/l1", "s1/l2 l2/s1", "s2/l2 l2/s2", "l2/p2 h2/up0"];
    const path = migrationPath(cluster([...twoSpines, "l1/x x/1", "x/2 y/1", "y/2 l2/y"]), undefined, "h1", "h2");
    expect(path).toMatchObject({ kind: "known", isAmbiguous: true });
    expect(idsOf(path)).toHaveLength(6);
  });

  it("are both of two parallel cables", () => {
    const path = migrationPath(cluster([...oneSwitch, "h1/up1 sw1/p-h1b"]), undefined, "h1", "h2");
    expect(path).toMatchObject({ isAmbiguous: true });
    expect(idsOf(path)).toHaveLength(3);
  });

  it("leave out a link that is known not to carry the target's migration VLAN, and keep one that nobody could read", () => {
    const around = cluster([...oneSwitch, "h1/up1 sw2/p1", "sw2/p2 sw3/p1", "sw3/p2 h2/up1"], 20);
    const open = view({ "sw1/p-h1": { kind: "unknown", why: "no OVSDB" } });
    expect(idsOf(migrationPath(around, open, "h1", "h2"))).toHaveLength(2);
    const closed = view({ "sw1/p-h1": { kind: "trunk", trunks: [10] } });
    expect(idsOf(migrationPath(around, closed, "h1", "h2"))).toEqual([
      "h1/up1--sw2/p1",
      "h2/up1--sw3/p2",
      "sw2/p2--sw3/p1",
    ]);
  });

  it.each([
    ["no links are described", cluster([]), undefined, "the inventory describes no links"],
    [
      "they hang on two islands",
      cluster(["h1/u s1/p", "h2/u s2/p"]),
      undefined,
      "no described way leads from h1 to h2",
    ],
    [
      "the VLAN stops on the way",
      cluster(oneSwitch, 20),
      view({ "sw1/p-h2": { kind: "access", tag: 10 } }),
      "no described way that carries the migration VLAN 20 leads from h1 to h2",
    ],
  ])("are unknown, with the reason, when %s", (_what, inventory, seen, why) => {
    expect(migrationPath(inventory, seen, "h1", "h2")).toEqual({ kind: "unknown", why });
  });

  it("are unknown for a host that the inventory does not have, and for a host and itself", () => {
    const inventory = cluster(oneSwitch);
    expect(idsOf(migrationPath(inventory, undefined, "h1", "h9"))).toBe("the inventory has no host h9");
    expect(idsOf(migrationPath(inventory, undefined, "h2", "h2"))).toBe("h2 is both ends");
  });
});

describe("the laws of migration paths", () => {
  const devices = ["h1", "h2", "a", "b", "c"];
  const cable = fc
    .tuple(fc.constantFrom(...devices), fc.constantFrom(...devices))
    .filter(([left, right]) => left !== right);
  const cables = fc
    .uniqueArray(cable, { maxLength: 9, selector: ([left, right]) => `${left} ${right}` })
    .map((pairs) => pairs.map(([left, right], index) => `${left}/p${index} ${right}/q${index}`));

  it("names exactly the links of all shortest ways, as trying all ways finds them", () => {
    fc.assert(
      fc.property(cables, (links) => {
        const inventory = cluster(links);
        const ways = shortestWays(inventory.links);
        const path = pathFinder(inventory)("h1", "h2");
        const expected = [...new Set(ways.flat())].toSorted();
        expect(path).toMatchObject(
          ways.length === 0 ? { kind: "unknown" } : { kind: "known", isAmbiguous: ways.length > 1 },
        );
        expect(linkIds(path)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("depends neither on the direction nor on the order and the ends in which links are described", () => {
    fc.assert(
      fc.property(cables, (links) => {
        const turned = links.toReversed().map((link) => link.split(" ").toReversed().join(" "));
        const forwards = migrationPath(cluster(links), undefined, "h1", "h2");
        const backwards = migrationPath(cluster(turned), undefined, "h2", "h1");
        expect(backwards.kind).toBe(forwards.kind);
        expect(backwards).toMatchObject(forwards.kind === "known" ? { isAmbiguous: forwards.isAmbiguous } : {});
        expect(linkIds(backwards)).toEqual(linkIds(forwards));
      }),
    );
  });
});

/** Brute force: every way without a circle from h1 to h2, the shortest of them as lists of link ids. */
function shortestWays(links: readonly InventoryLink[]): readonly (readonly string[])[] {
  const found: string[][] = [];
  const walk = (device: string, visited: readonly string[], way: readonly string[]): void => {
    if (device === "h2") found.push([...way]);
    else
      for (const link of links)
        for (const [near, far] of [[link.a, link.b] as const, [link.b, link.a] as const])
          if (near.device === device && !visited.includes(far.device))
            walk(far.device, [...visited, far.device], [...way, linkId(link)]);
  };
  walk("h1", ["h1"], []);
  const shortest = Math.min(...found.map((way) => way.length));
  return found.filter((way) => way.length === shortest);
}
