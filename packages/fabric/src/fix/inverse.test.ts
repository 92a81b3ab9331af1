/** What a change does to a fabric, its inverse takes back: whatever the port carried and whatever the change. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildFabric, fabricEnd, portVlans } from "../fabric.fixture.ts";
import type { Fabric } from "../fabric.ts";
import { carries } from "../ports.ts";
import type { PortVlans } from "../ports.ts";
import { applyChange, applyChanges } from "./apply.ts";
import type { ConfigChange } from "./config-change.ts";
import { inverse } from "./inverse.ts";
import { rangesOf, vlansAfter } from "./vlan-sets.ts";

const vlan = fc.integer({ min: 1, max: 12 });
const list = fc.uniqueArray(vlan, { maxLength: 8 }).map((vlans) => vlans.toSorted((a, b) => a - b));
const portKinds: fc.Arbitrary<PortVlans> = fc.oneof(
  vlan.map((tag): PortVlans => ({ kind: "access", tag })),
  fc.oneof(list, fc.constant("all" as const)).map((trunks): PortVlans => ({ kind: "trunk", trunks })),
  fc.tuple(list, vlan).map(([trunks, native]): PortVlans => ({ kind: "trunk", trunks, native })),
);
const port = fabricEnd("sw1/p1");
const vlanChanges = (before: PortVlans): fc.Arbitrary<ConfigChange> =>
  fc.oneof(
    vlan.map((number): ConfigChange => ({ kind: "allow-vlan", port, vlan: number, before })),
    list.map((vlans): ConfigChange => ({ kind: "remove-vlans", port, vlans, before })),
    vlan.map((number): ConfigChange => ({ kind: "set-native", port, vlan: number, before })),
    portKinds.map((vlans): ConfigChange => ({ kind: "set-vlans", port, vlans, before })),
  );

const fabricWith = (vlans: PortVlans): Fabric =>
  buildFabric({
    segments: { web: 10 },
    devices: { sw1: { vlans: [1, 2] } },
    ports: { "sw1/p1": { vlans, mtu: 1500 } },
    links: ["sw1/p1 sw2/p1"],
    gateways: {
      gw: {
        segment: "web",
        kind: "anycast",
        address: "10.0.0.1",
        members: [{ device: "sw1", hasAddress: "no" }, "sw2"],
      },
    },
  });

test("an inverse restores every port, and is missing only when the change did nothing", () => {
  fc.assert(
    fc.property(
      portKinds.chain((before) => vlanChanges(before).map((change) => ({ before, change }))),
      ({ before, change }) => {
        const fabric = fabricWith(before);
        const changed = applyChange(fabric, change);
        const back = inverse(change);
        expect(back === undefined ? changed : applyChange(changed, back)).toEqual(fabric);
        expect(isDeepStrictEqual(changed, fabric)).toBe(back === undefined);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("allowing a VLAN takes nothing away and lets it through", () => {
  fc.assert(
    fc.property(portKinds, vlan, (before, number) => {
      const after = vlansAfter({ kind: "allow-vlan", port, vlan: number, before });
      expect(carries(after, number)).toBe("yes");
      const all = Array.from({ length: 12 }, (_, index) => index + 1);
      expect(all.filter((each) => carries(before, each) === "yes" && carries(after, each) !== "yes")).toEqual([]);
    }),
  );
});

const others: readonly ConfigChange[] = [
  { kind: "define-vlan", device: "sw1", vlan: 3, name: "web" },
  { kind: "undefine-vlan", device: "sw1", vlan: 2 },
  { kind: "set-mtu", port, mtu: 9000, before: 1500 },
  { kind: "add-gateway-address", device: "sw1", gateway: "gw", address: "10.0.0.1" },
];

test.each(others)("$kind is taken back", (change) => {
  const fabric = fabricWith(portVlans("trunk all"));
  const changed = applyChange(fabric, change);
  const back = inverse(change);
  expect(changed).not.toEqual(fabric);
  expect(back === undefined ? undefined : inverse(back)).toEqual(change);
  expect(applyChanges(changed, back === undefined ? [] : [back])).toEqual(fabric);
});

test("an MTU that was not set before goes back to the default", () => {
  const change: ConfigChange = { kind: "set-mtu", port: fabricEnd("sw2/p1"), mtu: 9000 };
  expect(inverse(change)).toEqual({ kind: "set-mtu", port: fabricEnd("sw2/p1"), before: 9000 });
  const fabric = fabricWith(portVlans("trunk all"));
  expect(applyChanges(fabric, [change, ...[inverse(change)].filter((each) => each !== undefined)])).toEqual(fabric);
});

test("a filter stands on the link for its gateway, and is taken away again", () => {
  const fabric = fabricWith(portVlans("trunk all"));
  const change: ConfigChange = {
    kind: "filter-gateway",
    port,
    gateway: "gw",
    what: ["hello", "gateway-arp"],
    isAdded: true,
  };
  const changed = applyChange(fabric, change);
  expect(changed.links[0]?.filters).toEqual({ hello: "yes", gatewayArp: "yes", gateways: ["gw"] });
  const back = inverse(change);
  expect(applyChanges(changed, back === undefined ? [] : [back]).links[0]?.filters).toEqual({
    hello: "no",
    gatewayArp: "no",
    gateways: ["gw"],
  });
});

test("filters for all gateways stay filters for all", () => {
  const fabric = fabricWith(portVlans("trunk all"));
  const filtered = { ...fabric, links: fabric.links.map((link) => ({ ...link, filters: { hello: "yes" as const } })) };
  const change: ConfigChange = { kind: "filter-gateway", port, gateway: "gw", what: ["virtual-mac"], isAdded: true };
  expect(applyChange(filtered, change).links[0]?.filters).toEqual({ hello: "yes", virtualMac: "yes" });
});

test("nobody goes back to what nobody had read", () => {
  const before = portVlans("unknown");
  expect(inverse({ kind: "allow-vlan", port, vlan: 2, before })).toBeUndefined();
  expect(inverse({ kind: "set-native", port, vlan: 2, before })).toBeUndefined();
});

test("runs of three or more become a range", () => {
  expect(rangesOf([7, 1, 2, 4, 5, 6, 2, 10])).toEqual(["1", "2", "4-7", "10"]);
  expect(rangesOf([])).toEqual([]);
});
