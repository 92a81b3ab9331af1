/** Every kind of change in every language, as files: `npx vitest run -u` writes them anew, and a person reads the difference. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildFabric, fabricEnd, portVlans } from "../fabric.fixture.ts";
import type { Platform } from "../fabric.ts";
import { repairCommand } from "../vlan-reach.ts";
import type { ConfigChange } from "./config-change.ts";
import { describeChange } from "./describe.ts";
import { everyChange, everyFabric } from "./every-change.fixture.ts";
import { renderChange } from "./render.ts";

const platforms: readonly Platform[] = ["open-vswitch", "linux-bridge", "ios", "nx-os", "eos", "junos"];
const kinds: Readonly<Record<ConfigChange["kind"], true>> = {
  "allow-vlan": true,
  "remove-vlans": true,
  "set-native": true,
  "set-vlans": true,
  "define-vlan": true,
  "undefine-vlan": true,
  "set-mtu": true,
  "filter-gateway": true,
  "add-gateway-address": true,
  "remove-gateway-address": true,
};

test("the fixture has a change of every kind", () => {
  const found = new Set(Object.values(everyChange).flatMap((changes) => changes.map(({ kind }) => kind)));
  expect([...found].sort()).toEqual(Object.keys(kinds).sort());
});

test.each(platforms)("in the words of %s", async (platform) => {
  const text = Object.entries(everyChange)
    .map(([title, changes]) =>
      [
        `# ${title}`,
        ...changes.flatMap((change) => [
          `# = ${describeChange(change)}`,
          ...renderChange(everyFabric, change, platform),
        ]),
      ].join("\n"),
    )
    .join("\n\n");
  const golden = fileURLToPath(new URL(`__golden__/${platform}.txt`, import.meta.url));
  await expect(`${text}\n`).toMatchFileSnapshot(golden);
});

test("the device says which language it is; a database address is Open vSwitch's; nobody's language is plain words", () => {
  const fabric = buildFabric({
    devices: { sw1: { ovsdb: "unix:/run/sw1.sock" }, sw2: { platform: "junos" } },
    links: ["sw1/p1 sw2/p1", "sw3/p1 sw2/p2"],
  });
  const change = (end: string): ConfigChange => ({
    kind: "allow-vlan",
    port: fabricEnd(end),
    vlan: 20,
    before: portVlans("trunk 10"),
  });
  expect(renderChange(fabric, change("sw1/p1"))).toEqual(["ovs-vsctl --db=unix:/run/sw1.sock add port p1 trunks 20"]);
  expect(renderChange(fabric, change("sw2/p1"))).toEqual([
    "set interfaces p1 unit 0 family ethernet-switching vlan members 20",
  ]);
  expect(renderChange(fabric, change("sw3/p1"))).toEqual(["sw3/p1: allow VLAN 20"]);
  expect(renderChange(fabric, change("sw3/p1"), "eos")).toEqual([
    "interface p1",
    " switchport trunk allowed vlan add 20",
  ]);
});

test("for Open vSwitch it says what the repair command of a VLAN search says", () => {
  for (const name of ["p-access", "p-trunk", "p-native"]) {
    const port = { device: "sw1", port: name };
    const vlans = everyFabric.devices[0]?.ports.find((candidate) => candidate.name === name)?.vlans;
    if (vlans === undefined) throw new Error(`the fixture has no port ${name}`);
    expect(renderChange(everyFabric, { kind: "allow-vlan", port, vlan: 120, before: vlans })).toEqual([
      repairCommand(everyFabric, port, 120),
    ]);
  }
});

test("a list longer than a command line is cut into several", () => {
  const vlans = Array.from({ length: 200 }, (_, index) => 2 + index * 3);
  const change: ConfigChange = {
    kind: "remove-vlans",
    port: fabricEnd("sw1/p-all"),
    vlans,
    before: portVlans("trunk all"),
  };
  const lines = renderChange(everyFabric, change, "ios");
  expect(lines.length).toBeGreaterThan(2);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(254);
  expect(lines.slice(1).flatMap((line) => (line.split("remove ")[1] ?? "").split(",").map(Number))).toEqual(vlans);
});
