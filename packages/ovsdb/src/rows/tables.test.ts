import { describe, expect, it } from "vitest";
import type { JsonObject } from "../json/value.ts";
import { readBridgeRow, readInterfaceRow, readPortRow, readQosRow } from "./tables.ts";

/** As Open vSwitch 3.1 sends it. */
const port: JsonObject = {
  _uuid: ["uuid", "e2f1b4e4-c984-43d4-aca0-cb3ec65a026e"],
  name: "a0",
  interfaces: ["uuid", "2f513bd4-5974-4046-8e3e-f45b1372670d"],
  vlan_mode: ["set", []],
  tag: 10,
  trunks: ["set", [30, 20]],
  qos: ["set", []],
  external_ids: ["map", [["__proto__", "x"]]],
};

const networkInterface: JsonObject = {
  _uuid: ["uuid", "2f513bd4-5974-4046-8e3e-f45b1372670d"],
  name: "a0",
  type: "",
  admin_state: "up",
  link_state: ["set", []],
  link_speed: 10_000_000_000,
  mtu: 1500,
  mac_in_use: "2e:d1:fc:1e:12:d7",
  ofport: -1,
  error: "could not open network device a0 (No such device)",
  statistics: ["map", [["rx_bytes", 936]]],
  external_ids: ["map", []],
};

describe("rows", () => {
  it("become plain objects, sets of one and of none included", () => {
    expect(readPortRow(port)).toEqual({
      uuid: "e2f1b4e4-c984-43d4-aca0-cb3ec65a026e",
      name: "a0",
      interfaces: ["2f513bd4-5974-4046-8e3e-f45b1372670d"],
      tag: 10,
      trunks: [20, 30],
      externalIds: Object.fromEntries([["__proto__", "x"]]),
    });
    expect(Object.getPrototypeOf(readPortRow(port).externalIds)).toBe(Object.prototype);
    expect(readInterfaceRow(networkInterface)).toMatchObject({
      adminState: "up",
      linkSpeedBps: 10_000_000_000,
      ofport: -1,
      error: "could not open network device a0 (No such device)",
      statistics: { rx_bytes: 936 },
    });
    expect(readInterfaceRow(networkInterface)).not.toHaveProperty("linkState");
  });

  it("keep queues by number", () => {
    const row = {
      _uuid: ["uuid", "q"],
      type: "linux-htb",
      queues: ["map", [[1, ["uuid", "u1"]]]],
      other_config: ["map", []],
      external_ids: ["map", []],
    } as const;
    expect(readQosRow(row).queues).toEqual(new Map([[1, "u1"]]));
  });

  it.each([
    ["a missing column", { trunks: undefined }, "Port.trunks"],
    ["a text for a number", { tag: "10" }, "Port.tag"],
    ["a fraction for a number", { trunks: ["set", [1.5]] }, "Port.trunks"],
    ["two values where one may be", { tag: ["set", [1, 2]] }, "Port.tag"],
    ["none where one must be", { name: ["set", []] }, "Port.name"],
    ["a set for a map", { external_ids: ["set", []] }, "Port.external_ids"],
    ["a pair of three", { external_ids: ["map", [["a", "b", "c"]]] }, "Port.external_ids"],
    ["a text for a uuid", { interfaces: "u" }, "Port.interfaces"],
    ["an unknown mode", { vlan_mode: "sideways" }, "Port.vlan_mode"],
    ["null", { tag: null }, "Port.tag"],
  ])("refuse %s and say where", (_what, change, where) => {
    const row = Object.fromEntries(Object.entries({ ...port, ...change }).filter(([, value]) => value !== undefined));
    expect(() => readPortRow(row)).toThrow(
      expect.objectContaining({ code: "ovsdb.protocol", message: expect.stringContaining(where) }),
    );
    expect(() => readBridgeRow(row)).toThrow(expect.objectContaining({ code: "ovsdb.protocol" }));
  });
});
