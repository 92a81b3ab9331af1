import { describe, expect, it } from "vitest";
import { diffFabric, emptyFabric } from "@trunkline/fabric";
import type { FabricView } from "@trunkline/fabric";
import { macObservations, portObservations } from "./fabric-observations.ts";

const view: FabricView = {
  devices: [
    {
      name: "h1",
      bridge: "br0",
      ovsdb: "unix:/run/h1.sock",
      ports: [{ name: "up0", vlans: { kind: "trunk", trunks: [120] }, mtu: 1500 }],
    },
    { name: "sw1", ports: [{ name: "p1", vlans: { kind: "unknown", why: "it does not answer" } }] },
  ],
  links: [],
};

describe("what switches say of themselves", () => {
  const observations = portObservations(view, { atMs: 7, hosts: new Set(["h1"]) });

  it("is an observation for each port that was read", () => {
    expect(observations).toEqual([
      {
        kind: "port",
        atMs: 7,
        where: { device: "h1", port: "up0" },
        vlans: { kind: "trunk", trunks: [120] },
        mtu: 1500,
        deviceKind: "host",
        bridge: "br0",
        ovsdb: "unix:/run/h1.sock",
      },
    ]);
  });

  it("shows where the document differs", () => {
    const port = { name: "up0", vlans: { kind: "trunk" as const, trunks: [120, 130] }, mtu: 9000 };
    const document = { ...emptyFabric, devices: [{ name: "h1", kind: "host" as const, ports: [port] }] };
    expect(diffFabric(document, observations).map(({ kind }) => kind)).toEqual(["port-vlans", "mtu"]);
  });

  it("has the lines of a MAC table", () => {
    expect(macObservations("sw1", [{ mac: "52:54:00:00:00:01", vlan: 120, port: "p1" }], 7)).toEqual([
      { kind: "mac-entry", atMs: 7, where: { device: "sw1", port: "p1" }, mac: "52:54:00:00:00:01", vlan: 120 },
    ]);
  });
});
