import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fabric } from "../fabric.ts";
import { diffFabric } from "./diff-fabric.ts";
import { differenceKinds } from "./difference.ts";
import type { Observation } from "./observation.ts";
import { at, hello, hsrp, macSeen, neighborSeen, noonMs, portSeen, smallNetwork } from "./small-network.fixture.ts";

const trunk = (trunks: readonly number[] | "all", native?: number): object => ({
  vlans: { kind: "trunk", trunks, ...(native === undefined ? {} : { native }) },
});

/** What is told of each observation: the kind, whether it is certain, and the message. */
const told = (observations: readonly Observation[], fabric: Fabric = smallNetwork): readonly string[] =>
  diffFabric(fabric, observations).map(({ kind, certainty, message }) => `${kind} ${certainty}: ${message}`);

const localised: Fabric = {
  ...smallNetwork,
  links: smallNetwork.links.map((link) => (link.kind === "dci" ? { ...link, filters: { hello: "yes" } } : link)),
};

/** A network that is as the document says. */
const agreeing: readonly Observation[] = [
  portSeen("h1 up0", { ...trunk([130, 120, 10], 10), mtu: 9000 }),
  portSeen("h1 vnet7", { vlans: { kind: "access", tag: 120 } }),
  neighborSeen("h1 up0", "leaf1.example.net Ethernet1", {
    untaggedVlan: 10,
    vlanNames: [{ vlan: 120, name: "web" }],
    maxFrameBytes: 9018,
  }),
  neighborSeen("leaf1 Eth1", "h1 up0", { untaggedVlan: 0, vlanNames: [] }),
  hello("10.1.120.2"),
  hello("10.1.120.3", { state: "standby" }),
  macSeen("h1 vnet7", "52:54:00:00:00:01", 120),
  macSeen("leaf1 Eth9", "52:54:00:00:00:99", 130),
  { kind: "announcement", form: "reverse-arp", where: at("h1 up0"), atMs: noonMs, mac: "52:54:00:00:00:01", vlan: 120 },
  {
    kind: "mapping",
    message: "map-register",
    where: at("leaf1 Eth9"),
    atMs: noonMs,
    prefix: "10.1.120.42/32",
    locators: ["10.0.0.1"],
  },
  { kind: "vtp-domain", where: at("leaf1 Eth9"), atMs: noonMs, domain: "dc" },
  neighborSeen("h1 up0", "leaf1 Eth1", { protocol: "cdp", vtpDomain: "dc", mtu: 9000, untaggedVlan: 10 }),
];

describe("a network that is as its document says", () => {
  it("shows no difference", () => {
    expect(told(agreeing)).toEqual([]);
  });

  it("proves nothing by silence", () => {
    expect(told([])).toEqual([]);
    expect(told([neighborSeen("h1 up0", "leaf1 Eth1")])).toEqual([]);
  });

  it("cannot contradict what the document leaves unknown", () => {
    expect(
      told([portSeen("leaf2 Eth1", trunk([120])), neighborSeen("h2 up0", "leaf2 Eth1", { untaggedVlan: 99 })]),
    ).toEqual([]);
  });
});

describe("ports", () => {
  it.each<readonly [string, Observation, readonly string[]]>([
    [
      "lack a VLAN and have another",
      portSeen("h1 up0", trunk([120, 131, 132, 133], 10)),
      [
        "port-vlans yes: h1/up0 does not carry VLAN 130, which the document has there; it carries VLANs 131-133, which the document does not have there.",
      ],
    ],
    [
      "carry all VLANs",
      portSeen("leaf1 Eth9", trunk("all", 10)),
      ["port-vlans yes: leaf1/Eth9 carries all VLANs, and the document has VLANs 10,120,130 only."],
    ],
    [
      "have another untagged VLAN",
      portSeen("leaf1 Eth9", trunk([120, 130, 10], 120)),
      ["port-vlans yes: leaf1/Eth9 takes untagged frames for VLAN 120, and the document has VLAN 10."],
    ],
    [
      "have another MTU",
      portSeen("leaf1 Eth1", { mtu: 1500 }),
      ["mtu yes: leaf1/Eth1 has an MTU of 1500 bytes, and the document says 9000."],
    ],
    [
      "are not documented",
      portSeen("leaf1 Eth7", trunk([1])),
      ["undocumented-port yes: leaf1/Eth7 exists, and the document does not have it."],
    ],
  ])("%s", (_what, observation, expected) => {
    expect(told([observation])).toEqual(expected);
  });

  it("count as they were seen last", () => {
    const wrong = portSeen("h1 up0", { ...trunk([120], 10), atMs: noonMs - 1 });
    expect(told([portSeen("h1 up0", trunk([120, 130], 10)), wrong])).toEqual([]);
    expect(told([wrong]).length).toBe(1);
  });
});

describe("neighbours", () => {
  it.each<readonly [string, Observation, readonly string[]]>([
    [
      "contradict a link for certain where the document knows both names",
      neighborSeen("h1 up0", "leaf2 Eth1"),
      ["link yes: h1/up0 leads to leaf2/Eth1, and the document says leaf1/Eth1."],
    ],
    [
      "contradict a link with doubt where the device is not known",
      neighborSeen("h1 up0", "spine7 Eth1"),
      [
        "link unknown: h1/up0 leads to spine7/Eth1, and the document says leaf1/Eth1. It has no device spine7; it may have it under another name.",
      ],
    ],
    [
      "contradict a link with doubt where the port is not known",
      neighborSeen("h1 up0", "leaf1 Eth77"),
      [
        "link unknown: h1/up0 leads to leaf1/Eth77, and the document says leaf1/Eth1. It has no port Eth77 of leaf1; it may have it under another name, or its group instead.",
      ],
    ],
    [
      "show a link that is not documented",
      neighborSeen("h1 up1", "leaf2 Eth5"),
      ["undocumented-link yes: h1/up1 leads to leaf2/Eth5, and the document has no link there."],
    ],
    [
      "show a device that is not documented",
      neighborSeen("h3 up0", "leaf2 Eth5"),
      ["undocumented-device yes: h3 was asked or listened to, and the document does not have it."],
    ],
    [
      "prove membership of a VLAN",
      neighborSeen("h1 up0", "leaf1 Eth1", {
        vlanNames: [
          { vlan: 120, name: "web" },
          { vlan: 300, name: "x" },
        ],
      }),
      [
        "vlan-membership yes: leaf1/Eth1 says by LLDP that it is a member of VLAN 300, which the document does not have there.",
      ],
    ],
    [
      "tell another native VLAN",
      neighborSeen("h1 up0", "leaf1 Eth1", { protocol: "cdp", untaggedVlan: 1 }),
      ["native-vlan yes: leaf1/Eth1 says by CDP that its untagged frames are of VLAN 1, and the document has VLAN 10."],
    ],
    [
      "tell another MTU",
      neighborSeen("h1 up0", "leaf1 Eth1", { protocol: "cdp", mtu: 1500 }),
      ["mtu yes: leaf1/Eth1 says by CDP that its MTU is 1500 bytes, and the document says 9000."],
    ],
    [
      "tell of frames that are too small for certain",
      neighborSeen("h1 up0", "leaf1 Eth1", { maxFrameBytes: 1518 }),
      [
        "mtu yes: leaf1/Eth1 says by LLDP that its frames have at most 1518 bytes, too few for the document's MTU of 9000.",
      ],
    ],
    [
      "tell of larger frames with doubt",
      neighborSeen("h1 up0", "leaf1 Eth1", { maxFrameBytes: 9216 }),
      [
        "mtu unknown: leaf1/Eth1 says by LLDP that its frames have up to 9216 bytes, more than the document's MTU of 9000 needs; the port may take larger packets.",
      ],
    ],
  ])("%s", (_what, observation, expected) => {
    expect(told([observation])).toEqual(expected);
  });

  it("do not contradict a link when one of several is the documented one", () => {
    expect(
      told([neighborSeen("h1 up0", "leaf1 Eth1"), neighborSeen("h1 up0", "phone1 sw", { atMs: noonMs + 1 })]),
    ).toEqual([]);
  });

  it("of two VTP domains do not form a trunk", () => {
    const seen = [
      neighborSeen("h1 up0", "leaf1 Eth1", { protocol: "cdp", vtpDomain: "lab" }),
      { kind: "vtp-domain" as const, where: at("leaf1 Eth9"), atMs: noonMs, domain: "dc" },
    ];
    expect(told(seen)).toEqual([
      'vtp-domain yes: leaf1 is in VTP domain "lab" and leaf2 in "dc": a trunk between them is not negotiated.',
    ]);
  });
});

describe("gateways", () => {
  it("have another active router than their priorities give, which may have a reason", () => {
    expect(told([hello("10.1.120.3")])).toEqual([
      "gateway-active unknown: leaf2 is active for HSRP group 10 of web, and leaf1 was expected by the election among those that hear each other.",
    ]);
  });

  it.each([
    ["intends", { ...hsrp, intendedActive: "leaf1" }],
    [
      "has active",
      { ...hsrp, members: hsrp.members.map((member) => ({ ...member, isIncumbent: member.device === "leaf1" })) },
    ],
  ])("have another active router than the document %s, for certain", (_what, gateway) => {
    const [first] = diffFabric({ ...smallNetwork, gateways: [gateway] }, [hello("10.1.120.3")]);
    expect(first).toMatchObject({ kind: "gateway-active", certainty: "yes", document: "leaf1", observed: "leaf2" });
  });

  it.each<readonly [string, Observation, string]>([
    [
      "a stranger",
      hello("10.1.120.77", { state: "standby" }),
      "gateway-member yes: 10.1.120.77 takes part in HSRP group 10 of web, and no member of web-gateway has that address.",
    ],
    [
      "another priority",
      hello("10.1.120.2", { priority: 90 }),
      "gateway-priority yes: leaf1 has priority 90 in HSRP group 10 of web, and the document says 110.",
    ],
    [
      "another address",
      hello("10.1.120.2", { addresses: ["10.1.120.254"] }),
      "gateway-address yes: 10.1.120.2 stands for 10.1.120.254 in HSRP group 10 of web, and the document says 10.1.120.1.",
    ],
    [
      "another group",
      hello("10.1.120.2", { group: 11 }),
      "gateway-group yes: 10.1.120.2 stands for 10.1.120.1 in HSRP group 11 of web, and the document says group 10.",
    ],
    [
      "no document",
      hello("10.9.0.2", { vlan: 300, addresses: ["10.9.0.1"] }),
      "undocumented-gateway yes: 10.9.0.2 stands for 10.9.0.1 in HSRP group 10 at h1/up0, VLAN 300, and the document has no such gateway.",
    ],
  ])("have %s", (_what, observation, expected) => {
    expect(told([observation])).toContainEqual(expected);
  });

  it("have another virtual MAC address", () => {
    const gateway = { ...hsrp, mac: "02:00:00:00:00:0A" };
    const [first, ...others] = diffFabric({ ...smallNetwork, gateways: [gateway] }, [
      hello("10.1.120.2", { virtualMac: "00:00:0c:07:ac:0a" }),
    ]);
    expect(first).toMatchObject({ kind: "gateway-mac", observed: "00:00:0c:07:ac:0a" });
    expect(others).toEqual([]);
  });

  it("are found by the port's native VLAN when hellos are untagged", () => {
    const { vlan: _tag, ...untagged } = hello("10.1.120.3");
    expect(told([untagged]).map((line) => line.slice(0, 20))).toEqual(["undocumented-gateway"]);
    const native = { ...smallNetwork, gateways: [{ ...hsrp, segment: "migration" }] };
    expect(told([untagged], native).map((line) => line.slice(0, 14))).toEqual(["gateway-active"]);
  });

  it("with link-local senders are not taken for strangers", () => {
    expect(told([hello("fe80::2", { state: "standby" })])).toEqual([]);
  });
});

describe("two active routers", () => {
  const seconds = (source: string, ...times: readonly number[]): readonly Observation[] =>
    times.map((s) => hello(source, { atMs: noonMs + s * 1000 }));
  const elsewhere = (observations: readonly Observation[]): readonly Observation[] =>
    observations.map((one): Observation => ("where" in one ? { ...one, where: at("h2 up0") } : one));

  it("are a split where each was heard between two hellos of the other", () => {
    const seen = [...seconds("10.1.120.2", 0, 3, 6), ...elsewhere(seconds("10.1.120.3", 1, 4, 7))];
    expect(told(seen)).toEqual([
      "gateway-split yes: leaf1 and leaf2 are active at once for HSRP group 10 of web: they do not hear each other.",
    ]);
  });

  it("are a take-over where one was heard after the other in the same place", () => {
    expect(told([...seconds("10.1.120.3", 0, 3), ...seconds("10.1.120.2", 5, 8)])).toEqual([]);
  });

  it("are a take-over and back where the first was silent for its hold time", () => {
    expect(
      told([...seconds("10.1.120.2", 0, 3), ...seconds("10.1.120.3", 14, 17), ...seconds("10.1.120.2", 20)]),
    ).toEqual([]);
  });

  it("may be a split where they were heard in two places at about the same time", () => {
    const seen = [...seconds("10.1.120.2", 0), ...elsewhere(seconds("10.1.120.3", 5))];
    expect(told(seen)).toEqual([
      "gateway-split unknown: leaf1 and leaf2 were active for HSRP group 10 of web in two places within one hold time: they may not hear each other.",
    ]);
    expect(told([...seen, hello("10.1.120.2", { state: "standby", atMs: noonMs + 1000 })])).toEqual([
      "gateway-active unknown: leaf2 is active for HSRP group 10 of web, and leaf1 was expected by the election among those that hear each other.",
    ]);
    expect(told([...seconds("10.1.120.3", 0), ...elsewhere(seconds("10.1.120.2", 11))])).toEqual([]);
  });

  it("are a split when one of them is nobody's member", () => {
    const [first] = diffFabric(localised, [...seconds("10.1.120.9", 1, 4), ...seconds("10.1.120.2", 0, 3)]);
    expect(first).toMatchObject({ kind: "gateway-split", certainty: "yes", observed: "10.1.120.9, leaf1" });
  });

  it("are meant so where the document drops hellos between the sites", () => {
    expect(told([...seconds("10.1.120.2", 0, 3, 6), ...elsewhere(seconds("10.1.120.3", 1, 4, 7))], localised)).toEqual(
      [],
    );
  });
});

describe("machines", () => {
  it("are attached to another host", () => {
    const seen = [
      macSeen("h1 vnet3", "52:54:00:00:00:01", 120, noonMs - 5),
      macSeen("h2 vnet9", "52:54:00:00:00:01", 120),
    ];
    expect(told(seen)).toEqual([
      "endpoint-place yes: web01 (52:54:00:00:00:01) is attached at h2/vnet9, and the document has it on h1.",
    ]);
    expect(told([...seen, macSeen("h1 vnet3", "52:54:00:00:00:01", 120)]).map((line) => line.slice(0, 22))).toEqual([
      "endpoint-place unknown",
    ]);
  });

  it("behind a port with a cable may be anywhere", () => {
    expect(
      told([macSeen("h2 up0", "52:54:00:00:00:01", 120), macSeen("leaf2 Eth9", "52:54:00:00:00:01", 120)]),
    ).toEqual([]);
  });

  it("announce themselves in another VLAN", () => {
    const seen = {
      kind: "announcement" as const,
      form: "reverse-arp" as const,
      where: at("leaf1 Eth1"),
      atMs: noonMs,
      mac: "52:54:00:00:00:01",
    };
    expect(told([{ ...seen, vlan: 130 }])).toEqual([
      "endpoint-vlan yes: web01 (52:54:00:00:00:01) was seen in VLAN 130 at leaf1/Eth1, and the document has it in web, which is VLAN 120 there.",
    ]);
    expect(told([seen])[0]).toContain("was seen in VLAN 10");
  });

  it("have the number of their segment in that site", () => {
    const [vm] = smallNetwork.endpoints;
    const data = {
      ...smallNetwork,
      endpoints:
        vm === undefined ? [] : [{ ...vm, nics: [{ segment: "data", mac: "52:54:00:00:00:01", addresses: [] }] }],
    };
    expect(told([macSeen("leaf2 Eth9", "52:54:00:00:00:01", 230)], data)).toEqual([]);
    expect(told([macSeen("leaf1 Eth9", "52:54:00:00:00:01", 230)], data).length).toBe(1);
  });

  it("are registered in another site, which may be late", () => {
    const seen = {
      kind: "mapping" as const,
      message: "map-register" as const,
      where: at("leaf1 Eth9"),
      atMs: noonMs,
      locators: ["10.0.0.2"],
    };
    expect(told([{ ...seen, prefix: "10.1.120.42/32" }])).toEqual([
      "endpoint-place unknown: 10.1.120.42/32 is registered at 10.0.0.2 in west, and the document has web01 on h1 in east; the mapping may lag behind a move.",
    ]);
    expect(told([{ ...seen, prefix: "10.1.120.0/24" }])).toEqual([]);
  });
});

describe("differences", () => {
  it("are the same for any order of observations, in the order of their kinds", () => {
    const all: readonly Observation[] = [
      ...agreeing,
      portSeen("h1 up0", { ...trunk([120], 10), mtu: 1500 }),
      portSeen("leaf1 Eth7", trunk([1])),
      neighborSeen("h2 up0", "leaf1 Eth9", { vlanNames: [{ vlan: 9, name: "x" }], untaggedVlan: 9 }),
      neighborSeen("h2 up0", "leaf1 Eth1", { protocol: "cdp" }),
      hello("10.1.120.3", { atMs: noonMs + 500 }),
      hello("10.1.120.2", { atMs: noonMs + 900 }),
      macSeen("h2 vnet1", "52:54:00:00:00:01", 130, noonMs + 1),
    ];
    const expected = diffFabric(smallNetwork, all);
    expect(expected.length).toBeGreaterThan(6);
    const ranks = expected.map(({ kind }) => differenceKinds.indexOf(kind));
    expect(ranks).toEqual(ranks.toSorted((left, right) => left - right));
    fc.assert(
      fc.property(fc.shuffledSubarray([...all], { minLength: all.length }), (shuffled) => {
        expect(diffFabric(smallNetwork, shuffled)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});
