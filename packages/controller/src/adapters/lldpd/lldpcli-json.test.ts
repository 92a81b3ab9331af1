import { readFileSync } from "node:fs";
import { TrunklineError } from "@trunkline/model";
import type { HostShell, ShellResult } from "@trunkline/ports";
import { describe, expect, it } from "vitest";
import { readLldpNeighbors } from "./lldp-neighbors.ts";
import { lldpcliNeighbors } from "./lldpcli-json.ts";

const place = { device: "h1", atMs: 7 };

/** Two neighbours as `-f json0` prints them. */
const json0 = {
  lldp: [
    {
      interface: [
        {
          name: "eno1",
          via: "LLDP",
          rid: "1",
          age: "0 day, 00:12:07",
          chassis: [
            {
              id: [{ type: "mac", value: "02:00:00:00:00:01" }],
              name: [{ value: "leaf1" }],
              descr: [{ value: "A switch" }],
              "mgmt-ip": [{ value: "192.0.2.1" }, { value: "2001:db8::1" }],
              capability: [
                { type: "Bridge", enabled: true },
                { type: "Router", enabled: false },
              ],
            },
          ],
          port: [
            {
              id: [{ type: "ifname", value: "Ethernet1" }],
              descr: [{ value: "to h1" }],
              mfs: [{ value: "9236" }],
              ttl: [{ value: "120" }],
            },
          ],
          vlan: [
            { "vlan-id": "10", pvid: true },
            { "vlan-id": "120", value: "web" },
          ],
        },
        {
          name: "eno2",
          via: "CDPv2",
          chassis: [{ id: [{ type: "local", value: "sw9.example.net" }], name: [{ value: "sw9.example.net" }] }],
          port: [{ id: [{ type: "ifname", value: "GigabitEthernet0/8" }], descr: [{ value: "GigabitEthernet0/8" }] }],
          vlan: [{ "vlan-id": "20", pvid: true }],
        },
        {
          name: "eno2",
          via: "FDP",
          chassis: [{ id: [{ type: "local", value: "x" }] }],
          port: [{ id: [{ type: "local", value: "y" }] }],
        },
      ],
    },
  ],
};

/** The same as `-f json` prints them. */
const json = {
  lldp: {
    interface: [
      {
        eno1: {
          via: "LLDP",
          rid: "1",
          age: "0 day, 00:12:07",
          chassis: {
            leaf1: {
              id: { type: "mac", value: "02:00:00:00:00:01" },
              descr: "A switch",
              "mgmt-ip": ["192.0.2.1", "2001:db8::1"],
              capability: [
                { type: "Bridge", enabled: true },
                { type: "Router", enabled: false },
              ],
            },
          },
          port: { id: { type: "ifname", value: "Ethernet1" }, descr: "to h1", mfs: "9236", ttl: "120" },
          vlan: [
            { "vlan-id": "10", pvid: true },
            { "vlan-id": "120", value: "web" },
          ],
        },
      },
      {
        eno2: {
          via: "CDPv2",
          chassis: { "sw9.example.net": { id: { type: "local", value: "sw9.example.net" } } },
          port: { id: { type: "ifname", value: "GigabitEthernet0/8" }, descr: "GigabitEthernet0/8" },
          vlan: { "vlan-id": "20", pvid: true },
        },
      },
    ],
  },
};

const expected = [
  {
    kind: "neighbor",
    protocol: "lldp",
    atMs: 7,
    where: { device: "h1", port: "eno1" },
    names: ["leaf1"],
    ports: ["Ethernet1", "to h1"],
    mac: "02:00:00:00:00:01",
    addresses: ["192.0.2.1", "2001:db8::1"],
    roles: ["bridge"],
    untaggedVlan: 10,
    vlanNames: [{ vlan: 120, name: "web" }],
    maxFrameBytes: 9236,
  },
  {
    kind: "neighbor",
    protocol: "cdp",
    atMs: 7,
    where: { device: "h1", port: "eno2" },
    names: ["sw9.example.net"],
    ports: ["GigabitEthernet0/8"],
    addresses: [],
    roles: [],
    untaggedVlan: 20,
    vlanNames: [],
  },
];

describe("lldpcli's answer", () => {
  it.each([
    ["json0", json0],
    ["json", json],
  ])("in the form %s has the neighbours of LLDP and CDP", (_form, answer) => {
    expect(lldpcliNeighbors(answer, place)).toEqual(expected);
  });

  it("in the form json has one interface, and a neighbour without a name", () => {
    const one = {
      lldp: {
        interface: {
          eno1: {
            via: "LLDP",
            chassis: { id: { type: "mac", value: "02:00:00:00:00:01" } },
            port: { id: { type: "mac", value: "02:00:00:00:00:02" } },
          },
        },
      },
    };
    expect(lldpcliNeighbors(one, place)).toMatchObject([
      { names: [], mac: "02:00:00:00:00:01", ports: ["02:00:00:00:00:02"], where: { port: "eno1" } },
    ]);
  });

  it.each(["json0", "json"])(
    "of lldpd 1.0.16 in the form %s, printed for a frame that was sent to it, is read",
    (form) => {
      const text = readFileSync(new URL(`./__golden__/lldpd-1.0.16.${form}.json`, import.meta.url), "utf8");
      expect(lldpcliNeighbors(JSON.parse(text) as unknown, place)).toEqual([
        {
          ...expected[0],
          where: { device: "h1", port: "near0" },
          vlanNames: [
            { vlan: 120, name: "web" },
            { vlan: 130, name: "data" },
          ],
        },
      ]);
    },
  );

  it("names ports as the fabric does", () => {
    const found = lldpcliNeighbors(json0, { ...place, ports: { eno1: "bond0" } });
    expect(found?.map(({ where }) => where.port)).toEqual(["bond0", "eno2"]);
  });

  it.each([[{ lldp: [{}] }], [{ lldp: {} }], [{ lldp: [{ interface: [] }] }]])(
    "without neighbours is empty: %j",
    (answer) => {
      expect(lldpcliNeighbors(answer, place)).toEqual([]);
    },
  );

  it.each([[undefined], [[]], ["text"], [{ configuration: {} }]])("is none: %j", (answer) => {
    expect(lldpcliNeighbors(answer, place)).toBeUndefined();
  });
});

describe("a host's lldpd", () => {
  const shell = (result: ShellResult | Error): HostShell => ({
    run: async () => {
      await Promise.resolve();
      if (result instanceof Error) throw result;
      return result;
    },
  });
  const { signal } = new AbortController();
  const answer = (facts: Partial<ShellResult>): ShellResult => ({ status: 0, stdout: "", stderr: "", ...facts });

  it("is asked", async () => {
    const reading = await readLldpNeighbors(shell(answer({ stdout: JSON.stringify(json0) })), place, signal);
    expect(reading).toEqual({ kind: "read", observations: expected });
  });

  it.each<readonly [string, ShellResult | Error, string]>([
    ["does not run", answer({ status: 1, stderr: "unable to connect to socket\n" }), "unable to connect to socket"],
    ["says nothing", answer({ status: 1 }), "lldpcli ended with status 1"],
    [
      "is not installed",
      new TrunklineError("host.unreachable", "lldpcli could not be run on h1"),
      "lldpcli could not be run on h1",
    ],
    ["answers something else", answer({ stdout: "<lldp/>" }), "lldpcli's answer is not in the form json0"],
  ])("%s", async (_what, result, why) => {
    expect(await readLldpNeighbors(shell(result), place, signal)).toEqual({ kind: "unavailable", why });
  });

  it("is given up with its signal", async () => {
    const aborted = AbortSignal.abort(new Error("enough"));
    await expect(readLldpNeighbors(shell(new Error("aborted")), place, aborted)).rejects.toThrow("enough");
  });
});
