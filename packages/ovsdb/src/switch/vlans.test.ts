import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsFor, trunksWith, trunksWithout } from "./vlans.ts";

const trunk = { name: "up", trunks: [10, 20] } as const;
const refused = expect.objectContaining({ code: "ovsdb.refused" });

describe("adding a VLAN to a trunk", () => {
  it("adds it, sorted", () => {
    expect(trunksWith(trunk, 15)).toEqual({ kind: "replace", trunks: [10, 15, 20] });
  });

  it("changes nothing where the VLAN passes already", () => {
    expect(trunksWith(trunk, 10)).toEqual({ kind: "unchanged" });
    expect(trunksWith({ ...trunk, vlanMode: "native-tagged", tag: 5 }, 5)).toEqual({ kind: "unchanged" });
  });

  it("leaves an open trunk open: a list of one would cut every other VLAN", () => {
    expect(trunksWith({ name: "up", trunks: [] }, 10)).toEqual({ kind: "unchanged" });
  });

  it.each([
    ["an access port", { name: "vm", tag: 10, trunks: [] }, 20],
    ["an access port by its mode", { name: "vm", vlanMode: "access", trunks: [] } as const, 20],
    ["a tunnel port", { name: "vm", vlanMode: "dot1q-tunnel", tag: 3, trunks: [] } as const, 20],
    ["VLAN 0", trunk, 0],
    ["VLAN 4095", trunk, 4095],
    ["half a VLAN", trunk, 1.5],
  ])("refuses %s", (_what, port, vlan) => {
    expect(() => trunksWith(port, vlan)).toThrow(refused);
    expect(() => trunksWithout(port, vlan)).toThrow(refused);
  });
});

describe("taking a VLAN off a trunk", () => {
  it("takes it off", () => {
    expect(trunksWithout(trunk, 10)).toEqual({ kind: "replace", trunks: [20] });
    expect(trunksWithout(trunk, 30)).toEqual({ kind: "unchanged" });
  });

  it("refuses the last one: an empty list would open the port to every VLAN", () => {
    expect(() => trunksWithout({ name: "up", trunks: [10] }, 10)).toThrow(refused);
  });

  it("refuses where no list can say it", () => {
    expect(() => trunksWithout({ name: "up", trunks: [] }, 10)).toThrow(refused);
    expect(() => trunksWithout({ ...trunk, vlanMode: "native-untagged", tag: 10 }, 10)).toThrow(refused);
  });

  it("undoes an addition, and never ends at the empty list", () => {
    const vlans = fc.uniqueArray(fc.integer({ min: 1, max: 4094 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(vlans, fc.integer({ min: 1, max: 4094 }), (list, vlan) => {
        const trunks = list.toSorted((a, b) => a - b);
        fc.pre(!trunks.includes(vlan));
        const added = trunksWith({ name: "up", trunks }, vlan);
        const both = [...trunks, vlan].toSorted((a, b) => a - b);
        expect(added).toEqual({ kind: "replace", trunks: both });
        expect(trunksWithout({ name: "up", trunks: both }, vlan)).toEqual({ kind: "replace", trunks });
      }),
    );
  });
});

describe("setting a port's VLANs", () => {
  it("makes access ports, trunks, and trunks with a native VLAN", () => {
    expect(columnsFor({ tag: 10 })).toEqual({ tag: 10, trunks: [] });
    expect(columnsFor({ trunks: [20, 10, 20] })).toEqual({ trunks: [10, 20] });
    expect(columnsFor({ tag: 5, trunks: [10] })).toEqual({ tag: 5, trunks: [10], vlanMode: "native-untagged" });
    expect(columnsFor({ tag: 5, trunks: [10], vlanMode: "native-tagged" })).toMatchObject({
      vlanMode: "native-tagged",
    });
    expect(columnsFor({})).toEqual({ trunks: [] });
    expect(() => columnsFor({ trunks: [4095] })).toThrow(refused);
  });
});
