import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryFabric } from "../../document/arbitrary-fabric.fixture.ts";
import { emptyFabric } from "../../fabric.ts";
import type { Device, Fabric, Gateway, Port, Segment } from "../../fabric.ts";
import { throughDocument } from "../golden.fixture.ts";
import { noteList, ordered } from "../import-result.ts";
import { soundFabric } from "./sound-fabric.ts";

function made(parts: Partial<Fabric>): { readonly fabric: Fabric; readonly notes: readonly string[] } {
  const notes = noteList();
  const fabric = ordered(soundFabric({ ...emptyFabric, ...parts }, notes));
  expect(throughDocument(fabric)).toEqual(fabric);
  return { fabric, notes: notes.sorted().map(({ path, message }) => `${path}: ${message}`) };
}

const device = (name: string, ports: readonly (string | Port)[] = [], facts: Partial<Device> = {}): Device => ({
  name,
  kind: "switch",
  ports: ports.map((port) =>
    typeof port === "string" ? { name: port, vlans: { kind: "trunk", trunks: [10] } } : port,
  ),
  ...facts,
});
const link = (a: string, b: string): Fabric["links"][number] => {
  const end = (text: string): { device: string; port: string } => {
    const [on = "", port = ""] = text.split(" ");
    return { device: on, port };
  };
  return { a: end(a), b: end(b) };
};
const grouped = (name: string, lag: string, trunks: readonly number[] = [10]): Port => ({
  name,
  vlans: { kind: "trunk", trunks },
  lag,
});
const segment = (name: string, vlan: number, facts: Partial<Segment> = {}): Segment => ({
  name,
  vlan,
  subnets: [],
  ...facts,
});

describe("a sound fabric", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(arbitraryFabric, (fabric) => {
        const notes = noteList();
        expect(ordered(soundFabric(fabric, notes))).toEqual(ordered(fabric));
        expect(notes.sorted()).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe("names", () => {
  it("that a document cannot have are written otherwise, wherever they stand", () => {
    const { fabric, notes } = made({
      sites: [{ name: "DC/1" }],
      segments: [segment("120", 120, { sites: ["DC/1"], vrf: "a/b" }), segment(" web  tier ", 121)],
      devices: [
        device("rack/leaf", ["Eth1/1", { ...grouped("Eth1/2", "po/1") }], {
          site: "DC/1",
          interfaces: [{ segment: "120", address: "10.0.0.2/24" }],
        }),
        device("h1", ["up0"], { kind: "host" }),
      ],
      links: [link("rack/leaf Eth1/1", "h1 up0")],
      gateways: [
        { name: "g/1", segment: "120", kind: "vrrp", address: "10.0.0.1", members: [{ device: "rack/leaf" }] },
      ],
      endpoints: [
        {
          name: "vm/1",
          kind: "vm",
          device: "h1",
          nics: [
            { segment: " web  tier ", addresses: [] },
            { segment: "120", addresses: [], gateway: "g/1" },
          ],
        },
      ],
      clusters: [{ name: "c/1", hosts: ["h1"] }],
    });
    expect(fabric.segments.map(({ name, sites, vrf }) => [name, sites, vrf])).toEqual([
      ["vlan-120", ["DC-1"], "a-b"],
      ["web tier", undefined, undefined],
    ]);
    expect(
      fabric.devices.map(({ name, site, ports }) => [
        name,
        site,
        ...ports.map((port) => `${port.name} ${port.lag ?? ""}`),
      ]),
    ).toEqual([
      ["h1", undefined, "up0 "],
      ["rack-leaf", "DC-1", "Eth1/1 ", "Eth1/2 po-1"],
    ]);
    expect(fabric.gateways[0]).toMatchObject({ name: "g-1", segment: "vlan-120", members: [{ device: "rack-leaf" }] });
    expect(fabric.endpoints[0]?.nics.map((nic) => [nic.segment, nic.gateway])).toEqual([
      ["web tier", undefined],
      ["vlan-120", "g-1"],
    ]);
    expect(notes).toContain("segment 120: is called vlan-120 here: names print, have no slash, and are no VLAN number");
  });

  it("that become the same are told apart", () => {
    const { fabric } = made({ devices: [device("a/b"), device("a-b")] });
    expect(fabric.devices.map(({ name }) => name)).toEqual(["a-b", "a-b-2"]);
  });
});

describe("segments", () => {
  it("of one number in one site become one, and what refers to them follows", () => {
    const { fabric, notes } = made({
      sites: [{ name: "east" }, { name: "west" }],
      segments: [
        segment("a", 10, { sites: ["east"] }),
        segment("b", 10, { sites: ["east"] }),
        segment("c", 10, { sites: ["west"] }),
      ],
      devices: [device("r1", [], { interfaces: [{ segment: "b", address: "10.0.0.2/24" }] })],
    });
    expect(fabric.segments.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(fabric.devices[0]?.interfaces).toEqual([{ segment: "a", address: "10.0.0.2/24" }]);
    expect(notes).toEqual(["segment b: has VLAN 10, which is a there as well; the two are one segment here"]);
  });

  it("of a number everywhere take in those of one site", () => {
    const { fabric } = made({
      sites: [{ name: "east" }, { name: "west" }],
      segments: [segment("a", 10, { sites: ["east"] }), segment("b", 10)],
    });
    expect(fabric.segments).toEqual([segment("a", 10)]);
  });

  it("do not share subnets: the smaller one stays, of equal ones the first", () => {
    const { fabric, notes } = made({
      segments: [
        segment("a", 10, { subnets: ["10.0.0.0/8"] }),
        segment("b", 20, { subnets: ["10.1.0.0/24", "nonsense"], vni: 5 }),
        segment("c", 30, { subnets: ["10.1.0.0/24", "10.2.0.7/24"], vni: 5 }),
        segment("d", 40, { subnets: ["10.1.0.0/24"], vrf: "other" }),
      ],
    });
    expect(fabric.segments.map(({ name, subnets, vni }) => [name, ...subnets, vni])).toEqual([
      ["a", undefined],
      ["b", "10.1.0.0/24", 5],
      ["c", "10.2.0.0/24", undefined],
      ["d", "10.1.0.0/24", undefined],
    ]);
    expect(notes.length).toBe(4);
  });
});

describe("addresses", () => {
  const web = segment("web", 10, { subnets: ["10.0.0.0/24"] });
  const gateway: Gateway = {
    name: "g",
    segment: "web",
    kind: "hsrp",
    address: "10.0.0.1",
    members: [{ device: "r1", address: "10.0.0.2" }],
  };

  it("of interfaces show a subnet that was not told", () => {
    const { fabric } = made({
      segments: [web],
      devices: [device("r1", [], { interfaces: [{ segment: "web", address: "10.0.1.2/24" }] })],
    });
    expect(fabric.segments[0]?.subnets).toEqual(["10.0.0.0/24", "10.0.1.0/24"]);
  });

  it("of interfaces in another segment's subnet are left out", () => {
    const { fabric, notes } = made({
      segments: [web, segment("db", 20, { subnets: ["10.0.1.0/24"] })],
      devices: [device("r1", [], { interfaces: [{ segment: "web", address: "10.0.1.2/24" }] })],
    });
    expect(fabric.devices[0]?.interfaces).toBeUndefined();
    expect(notes).toEqual(["r1: has 10.0.1.2/24 in web, and the subnet is one of db; left out"]);
  });

  it("of gateways, members and NICs that fit nowhere are left out", () => {
    const { fabric, notes } = made({
      segments: [web],
      devices: [
        device("r1", [], { interfaces: [{ segment: "web", address: "10.0.0.9/24" }] }),
        device("h1", [], { kind: "host" }),
      ],
      gateways: [
        { ...gateway, group: 9999, helloMs: 1e9 },
        { ...gateway, name: "far", address: "192.0.2.1" },
        { ...gateway, name: "nobody", members: [] },
      ],
      endpoints: [
        {
          name: "vm1",
          kind: "vm",
          device: "h1",
          nics: [{ segment: "web", addresses: ["10.0.0.7", "192.0.2.7"], gateway: "far" }],
        },
      ],
    });
    expect(fabric.gateways).toEqual([
      { name: "g", segment: "web", kind: "hsrp", address: "10.0.0.1", members: [{ device: "r1" }] },
    ]);
    expect(fabric.endpoints[0]?.nics).toEqual([{ segment: "web", addresses: ["10.0.0.7"] }]);
    expect(notes).toEqual([
      "endpoint vm1: has 192.0.2.7, which is in no subnet of web; left out",
      "gateway far: has 192.0.2.1, which is in no subnet of web; left out",
      "gateway g: has r1 with 10.0.0.2, which is not its address in web; left out",
      "gateway nobody: has no member that is known; left out",
    ]);
  });

  it("of a member that is named twice count once", () => {
    const { fabric } = made({
      segments: [web],
      devices: [device("r1")],
      gateways: [{ ...gateway, members: [{ device: "r1", priority: 300 }, { device: "r1" }] }],
    });
    expect(fabric.gateways[0]?.members).toEqual([{ device: "r1" }]);
  });
});

describe("plugs", () => {
  it("of two cables in one port are both out, and so is a cable back to the same device", () => {
    const { fabric, notes } = made({
      devices: [device("a", ["1", "2", "3"]), device("b", ["1"]), device("c", ["1"])],
      links: [link("a 1", "b 1"), link("a 1", "c 1"), link("a 2", "a 3")],
    });
    expect(fabric.links).toEqual([]);
    expect(notes).toEqual([
      "a/1: has 2 neighbours; something joins them that is not known, and no link was made",
      "link a/2--a/3: joins a device with itself; left out",
    ]);
  });

  it("carry VLANs that exist, and packets that IP knows", () => {
    const ports: readonly Port[] = [
      { name: "1", vlans: { kind: "access", tag: 0 }, mtu: 1 },
      { name: "2", vlans: { kind: "trunk", trunks: [0, 4095, 20, 10, 20], native: 4095 }, mtu: 9000 },
    ];
    expect(made({ devices: [device("a", ports)] }).fabric.devices[0]?.ports).toEqual([
      { name: "1", vlans: { kind: "unknown", why: "an access port of VLAN 0, which is none" } },
      { name: "2", vlans: { kind: "trunk", trunks: [10, 20] }, mtu: 9000 },
    ]);
  });

  it("of kinds that do not fit are plain cables", () => {
    const { fabric } = made({
      sites: [{ name: "east" }],
      devices: [device("a", ["1", "2"], { site: "east" }), device("b", ["1", "2"], { site: "east" })],
      links: [
        { ...link("a 1", "b 1"), kind: "dci" },
        { ...link("a 2", "b 2"), kind: "peer-link" },
      ],
    });
    expect(fabric.links.map(({ kind }) => kind)).toEqual([undefined, undefined]);
  });
});

describe("aggregation groups", () => {
  const host = (lag: string): Device => device("h1", [grouped("up0", lag), grouped("up1", lag)], { kind: "host" });

  it("that lead to two switches make them an MLAG pair", () => {
    const { fabric, notes } = made({
      devices: [host("bond0"), device("leaf1", [grouped("1", "po1")]), device("leaf2", [grouped("1", "po1")])],
      links: [link("h1 up0", "leaf1 1"), link("h1 up1", "leaf2 1")],
    });
    expect(fabric.devices.map(({ name, mlag }) => `${name} ${mlag ?? ""}`)).toEqual([
      "h1 ",
      "leaf1 leaf1+leaf2",
      "leaf2 leaf1+leaf2",
    ]);
    expect(notes).toEqual(["group bond0 of h1: leads to leaf1 and leaf2; they are taken for an MLAG pair"]);
  });

  it("of one name in a pair that lead to two neighbours are two groups", () => {
    const leaf = (name: string): Device => device(name, [grouped("1", "po1")], { mlag: "pair" });
    const { fabric } = made({
      devices: [leaf("leaf1"), leaf("leaf2"), device("h1", ["up0"]), device("h2", ["up0"])],
      links: [link("h1 up0", "leaf1 1"), link("h2 up0", "leaf2 1")],
    });
    expect(fabric.devices.flatMap(({ ports }) => ports.flatMap(({ lag }) => lag ?? []))).toEqual([
      "leaf1:po1",
      "leaf2:po1",
    ]);
  });

  it("that lead to several hosts are none", () => {
    const { fabric, notes } = made({
      devices: [
        device("leaf1", [grouped("1", "po1"), grouped("2", "po1")]),
        device("h1", ["up0"], { kind: "host" }),
        device("h2", ["up0"], { kind: "host" }),
      ],
      links: [link("h1 up0", "leaf1 1"), link("h2 up0", "leaf1 2")],
    });
    expect(fabric.devices.flatMap(({ ports }) => ports.flatMap(({ lag }) => lag ?? []))).toEqual([]);
    expect(notes).toEqual([
      "group po1 of leaf1: leads to several neighbours that are no MLAG pair; its ports are taken one by one",
    ]);
  });

  it("whose ports differ carry nobody knows what", () => {
    const { fabric } = made({ devices: [device("a", [grouped("1", "po1", [10]), grouped("2", "po1", [20])])] });
    expect(fabric.devices[0]?.ports.map(({ vlans }) => vlans.kind)).toEqual(["unknown", "unknown"]);
  });

  it("of a domain with one device are the device's own", () => {
    expect(made({ devices: [device("a", [], { mlag: "stack" })] }).fabric.devices[0]?.mlag).toBeUndefined();
  });
});

/** Few names and numbers, so that they meet. */
const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const anyPort: fc.Arbitrary<Port> = fc.record(
  {
    name: some("1", "2/1", " 3"),
    vlans: fc.oneof(
      fc.record({ kind: some("access" as const), tag: some(0, 10, 20) }),
      fc.record({ kind: some("trunk" as const), trunks: fc.array(some(0, 10, 20, 4095)), native: some(10, 4095) }),
    ),
    lag: some("po1", "po/1"),
    mtu: some(1, 1500),
  },
  { requiredKeys: ["name", "vlans"] },
);
const unique = <T extends { readonly name: string }>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 4 });
const segmentNames = ["10", "a/b", "web"] as const;
const deviceNames = ["d/1", "d2", "d3"] as const;
const anySegment = fc.record(
  {
    name: some(...segmentNames),
    vlan: some(10, 20),
    sites: fc.constant(["east"]),
    vni: some(7),
    vrf: some("x", "y/z"),
    subnets: fc.array(some("10.0.0.0/8", "10.1.0.0/24", "10.1.0.0/25", "x"), { maxLength: 2 }),
  },
  { requiredKeys: ["name", "vlan", "subnets"] },
);
const anyDevice = fc.record(
  {
    name: some(...deviceNames),
    kind: some("host" as const, "switch" as const),
    ports: unique(anyPort),
    site: some("east"),
    mlag: some("m/1", "m2"),
    interfaces: fc.array(
      fc.record({ segment: some(...segmentNames), address: some("10.1.0.1/24", "192.0.2.1/24", "bad") }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ["name", "kind", "ports"] },
);
const anyMember = fc.record(
  { device: some(...deviceNames), address: some("10.1.0.1", "10.1.0.2", "192.0.2.9"), priority: some(100, 999) },
  { requiredKeys: ["device"] },
);
const anyGateway = fc.record(
  {
    name: some("g", "g/2"),
    segment: some(...segmentNames),
    kind: some("hsrp" as const, "static" as const, "anycast" as const),
    address: some("10.1.0.254", "192.0.2.254"),
    group: some(1, 5000),
    members: fc.array(anyMember, { maxLength: 3 }),
    intendedActive: some(...deviceNames),
  },
  { requiredKeys: ["name", "segment", "kind", "address", "members"] },
);

describe("whatever another tool says", () => {
  it("becomes a document", () => {
    const parts = fc.record({
      segments: unique(anySegment),
      devices: unique(anyDevice),
      gateways: unique(anyGateway),
      plugs: fc.array(fc.tuple(fc.nat(20), fc.nat(20), some(undefined, "dci" as const, "peer-link" as const)), {
        maxLength: 4,
      }),
    });
    fc.assert(
      fc.property(parts, ({ segments, devices, gateways, plugs }) => {
        const ends = devices.flatMap(({ name, ports }) => ports.map((port) => ({ device: name, port: port.name })));
        const links = plugs.flatMap(([a, b, kind]) => {
          const [first, second] = [ends[a % ends.length], ends[b % ends.length]];
          return first === undefined || second === undefined
            ? []
            : [{ a: first, b: second, ...(kind === undefined ? {} : { kind }) }];
        });
        const names = {
          segments: new Set<string>(segments.map(({ name }) => name)),
          devices: new Set<string>(devices.map(({ name }) => name)),
        };
        // References lead somewhere in whatever an import gives; everything else may be wrong.
        const { fabric } = made({
          sites: [{ name: "east" }],
          segments,
          devices: devices.map((one) => ({
            ...one,
            interfaces: (one.interfaces ?? []).filter((known) => names.segments.has(known.segment)),
          })),
          links,
          gateways: gateways
            .filter((gateway) => names.segments.has(gateway.segment))
            .map((gateway) => ({
              ...gateway,
              members: gateway.members.filter((member) => names.devices.has(member.device)),
            })),
        });
        expect(fabric.devices).toHaveLength(devices.length);
      }),
      { numRuns: 100 },
    );
  });
});
