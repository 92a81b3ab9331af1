import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FabricLink, FabricView, PortVlans } from "./ports.ts";
import { carries } from "./ports.ts";
import { repairCommand, vlanReach } from "./vlan-reach.ts";

const trunk = (...trunks: number[]): PortVlans => ({ kind: "trunk", trunks });
const end = (text: string): { device: string; port: string } => {
  const [device = "", port = ""] = text.split("/");
  return { device, port };
};

/** Builds a view from `{ "sw1/p1": vlans }` and links written `h1/up0 sw1/p1`. */
function fabric(ports: Record<string, PortVlans>, links: string[]): FabricView {
  const devices = [...new Set(Object.keys(ports).map((name) => end(name).device))];
  return {
    devices: devices.map((name) => ({
      name,
      ovsdb: `unix:/${name}.sock`,
      ports: Object.entries(ports)
        .filter(([port]) => end(port).device === name)
        .map(([port, vlans]) => ({ name: end(port).port, vlans })),
    })),
    links: links.map((link): FabricLink => {
      const [a = "", b = ""] = link.split(" ");
      return { a: end(a), b: end(b) };
    }),
  };
}

const twoHosts = (second: PortVlans): FabricView =>
  fabric(
    { "h1/up0": trunk(10, 20), "sw1/p1": trunk(10, 20), "sw1/p2": second, "h2/up0": { kind: "trunk", trunks: "all" } },
    ["h1/up0 sw1/p1", "sw1/p2 h2/up0"],
  );

describe("reach of a VLAN", () => {
  it("is reached when every trunk on the way carries it", () => {
    expect(vlanReach(twoHosts(trunk(10)), 10, "h2", "h1")).toEqual({ kind: "reached", path: ["h2", "sw1", "h1"] });
  });

  it("names the one port that does not carry it, and the command that mends it", () => {
    const view = twoHosts(trunk(20));
    const reach = vlanReach(view, 10, "h2", "h1");
    expect(reach).toMatchObject({ kind: "missing", gaps: [{ device: "sw1", port: "p2" }] });
    expect(repairCommand(view, { device: "sw1", port: "p2" }, 10)).toBe(
      "ovs-vsctl --db=unix:/sw1.sock add port p2 trunks 10",
    );
  });

  it("keeps the old VLAN when an access port must become a trunk", () => {
    const view = twoHosts({ kind: "access", tag: 20 });
    expect(repairCommand(view, { device: "sw1", port: "p2" }, 10)).toBe(
      "ovs-vsctl --db=unix:/sw1.sock set port p2 vlan_mode=native-untagged trunks=10",
    );
  });

  it("does not take a port that nobody could read for proof", () => {
    const reach = vlanReach(twoHosts({ kind: "unknown", why: "no OVSDB" }), 10, "h2", "h1");
    expect(reach).toMatchObject({ kind: "unknown", unread: [{ device: "sw1", port: "p2" }] });
  });

  it("names the unread ports beside the gaps, and prefers doubt to a certain gap", () => {
    const unread: PortVlans = { kind: "unknown", why: "no OVSDB" };
    const both = fabric({ "a/1": unread, "b/1": trunk(), "c/1": trunk(10) }, ["a/1 b/1"]);
    expect(vlanReach(both, 10, "a", "b")).toMatchObject({
      kind: "missing",
      gaps: [{ device: "b", port: "1" }],
      unread: [{ device: "a", port: "1" }],
    });
    const choice = fabric({ "a/1": trunk(), "b/1": trunk(10), "a/2": unread, "b/2": unread }, ["a/1 b/1", "a/2 b/2"]);
    expect(vlanReach(choice, 10, "a", "b").kind).toBe("unknown");
  });

  it("takes a port that no device describes for unread", () => {
    const view = fabric({ "a/1": trunk(10), "b/9": trunk(10) }, ["a/1 b/1"]);
    expect(vlanReach(view, 10, "a", "b")).toMatchObject({ kind: "unknown", unread: [{ device: "b", port: "1" }] });
  });

  it("reaches itself", () => {
    expect(vlanReach(twoHosts(trunk()), 10, "h2", "h2")).toEqual({ kind: "reached", path: ["h2"] });
  });

  it("does not depend on the order of the document, whichever ports are open, closed or unread", () => {
    const links = ["a/1 b/1", "a/2 b/2", "b/3 c/3", "b/4 c/4", "a/5 d/5", "d/6 c/6"];
    const names = links.flatMap((link) => link.split(" "));
    const vlans: readonly PortVlans[] = [trunk(10), trunk(), { kind: "unknown", why: "no OVSDB" }];
    const choices = fc.array(fc.constantFrom(...vlans), { minLength: names.length, maxLength: names.length });
    fc.assert(
      fc.property(choices, fc.shuffledSubarray(links, { minLength: links.length }), (chosen, shuffled) => {
        const ports = Object.fromEntries(names.map((name, index) => [name, chosen[index] ?? trunk()]));
        const flipped = shuffled.map((link, index) =>
          index % 2 === 0 ? link : link.split(" ").toReversed().join(" "),
        );
        expect(vlanReach(fabric(ports, flipped), 10, "a", "c")).toEqual(vlanReach(fabric(ports, links), 10, "a", "c"));
      }),
      { numRuns: 500 },
    );
  });

  it("is never called reached while a port on the way is closed or unread", () => {
    const names = ["a/1", "b/1", "b/2", "c/2"];
    const kinds: readonly PortVlans[] = [
      trunk(10),
      trunk(20),
      { kind: "access", tag: 10 },
      { kind: "unknown", why: "" },
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { minLength: 4, maxLength: 4 }), (chosen) => {
        const view = fabric(Object.fromEntries(names.map((name, index) => [name, chosen[index] ?? trunk()])), [
          "a/1 b/1",
          "b/2 c/2",
        ]);
        const words = chosen.map((vlans) => carries(vlans, 10));
        const expected = words.includes("no") ? "missing" : words.includes("unknown") ? "unknown" : "reached";
        expect(vlanReach(view, 10, "a", "c").kind).toBe(expected);
      }),
    );
  });

  it("says so when nothing links the two", () => {
    expect(vlanReach(fabric({ "a/1": trunk(10), "b/1": trunk(10) }, []), 10, "a", "b")).toEqual({
      kind: "disconnected",
    });
  });

  it("prefers the way around to a repair", () => {
    const view = fabric(
      {
        "a/1": trunk(),
        "b/1": trunk(),
        "a/2": trunk(10),
        "c/1": trunk(10),
        "c/2": trunk(10),
        "b/2": trunk(10),
      },
      ["a/1 b/1", "a/2 c/1", "c/2 b/2"],
    );
    expect(vlanReach(view, 10, "a", "b")).toEqual({ kind: "reached", path: ["a", "c", "b"] });
  });

  it("finds a repair that works and that no smaller one replaces, on every small fabric", () => {
    const links = ["a/1 b/1", "b/2 c/2", "a/3 c/3", "c/4 d/4", "b/5 d/5"];
    const names = links.flatMap((link) => link.split(" "));
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }), (open) => {
        const build = (mended: ReadonlySet<string>): FabricView =>
          fabric(
            Object.fromEntries(
              names.map((name, index) => [name, open[index] === true || mended.has(name) ? trunk(10) : trunk()]),
            ),
            links,
          );
        const reach = vlanReach(build(new Set()), 10, "a", "d");
        const gaps = reach.kind === "missing" ? reach.gaps.map((gap) => `${gap.device}/${gap.port}`) : [];
        expect(vlanReach(build(new Set(gaps)), 10, "a", "d").kind).toBe("reached");
        expect(gaps.length).toBe(smallestRepair(build, names));
      }),
      { numRuns: 200 },
    );
  });
});

/** Brute force: the size of the smallest set of ports that makes the VLAN reach. */
function smallestRepair(build: (mended: ReadonlySet<string>) => FabricView, names: readonly string[]): number {
  for (let size = 0; size <= names.length; size += 1)
    for (let mask = 0; mask < 1 << names.length; mask += 1) {
      const chosen = names.filter((_, index) => ((mask >> index) & 1) === 1);
      if (chosen.length === size && vlanReach(build(new Set(chosen)), 10, "a", "d").kind === "reached") return size;
    }
  return Number.POSITIVE_INFINITY;
}

describe("a port", () => {
  it("carries its native VLAN beside the listed ones", () => {
    expect(carries({ kind: "trunk", trunks: [20], native: 10 }, 10)).toBe("yes");
    expect(carries({ kind: "trunk", trunks: [20] }, 10)).toBe("no");
    expect(carries({ kind: "access", tag: 10 }, 10)).toBe("yes");
  });
});
