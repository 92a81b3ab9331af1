/** What routers do with a packet: learned routes over equal ways, declared routes, VRFs, tunnels, and circles. */
import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Route } from "../fabric.ts";
import { limits } from "../limits.ts";
import { flowPath } from "./flow-path.ts";
import type { FlowPath, Way } from "./way.ts";

function pathOf(words: FabricWords, name = "f"): FlowPath {
  const index = indexFabric(buildFabric(words));
  const flow = index.flow(name);
  if (flow === undefined) throw new Error(`no flow ${name}`);
  return flowPath(index, flow);
}

const devices = (way: Way): string =>
  way.kind === "known" || way.kind === "broken" ? way.waypoints.map(({ device }) => device).join(" ") : way.kind;

/** Segments of a chain of routers r1 … rN, named by the two that they join. */
function chain(length: number, routes: Readonly<Record<string, readonly Route[]>> = {}): FabricWords {
  const joints = Array.from({ length: length - 1 }, (_, at) => [at + 1, at + 2] as const);
  const address = (low: number, high: number, own: number): string =>
    `10.9.${low}.${own === low ? 1 : high - low + 1}/30`;
  return {
    segments: {
      left: { vlan: 10, subnets: ["10.1.0.0/24"] },
      right: { vlan: 20, subnets: ["10.2.0.0/24"] },
      ...Object.fromEntries(
        joints.map(([low, high]) => [`t${low}-${high}`, { vlan: 100 + low, subnets: [`10.9.${low}.0/30`] }]),
      ),
    },
    devices: Object.fromEntries(
      Array.from({ length }, (_, at) => at + 1).map((own) => [
        `r${own}`,
        {
          routes: routes[`r${own}`] ?? [],
          interfaces: joints
            .filter((joint) => joint.includes(own))
            .map(([low, high]) => ({ segment: `t${low}-${high}`, address: address(low, high, own) })),
        },
      ]),
    ),
    links: ["h1/up r1/h", ...joints.map(([low, high]) => `r${low}/to${high} r${high}/to${low}`), `h2/up r${length}/h`],
    gateways: {
      "gw-left": { segment: "left", kind: "static", address: "10.1.0.1", members: ["r1"] },
      "gw-right": { segment: "right", kind: "static", address: "10.2.0.1", members: [`r${length}`] },
    },
    endpoints: { vm1: "h1 left 10.1.0.5", vm2: "h2 right 10.2.0.5" },
    flows: { f: "vm1 vm2 1" },
  };
}

describe("learned routes", () => {
  it("lead from router to router", () => {
    const { forward, reverse, isAsymmetric } = pathOf(chain(4));
    expect(devices(forward)).toBe("h1 r1 r2 r3 r4 h2");
    expect(devices(reverse)).toBe("h2 r4 r3 r2 r1 h1");
    expect(isAsymmetric).toBe("no");
    expect(forward.kind === "known" ? forward.latencyUs : forward).toEqual({ known: true, value: 25 });
  });

  it("end when the time to live does", () => {
    expect(pathOf(chain(limits.routedHops)).forward.kind).toBe("known");
    const { forward } = pathOf(chain(limits.routedHops + 1));
    expect(forward).toMatchObject({ kind: "broken", why: { kind: "no-route", device: `r${limits.routedHops + 1}` } });
  });

  /** Two leaves, two spines, routed links between them. */
  const clos: FabricWords = {
    segments: {
      left: { vlan: 10, subnets: ["10.1.0.0/24"] },
      right: { vlan: 20, subnets: ["10.2.0.0/24"] },
      ...Object.fromEntries(
        ["11", "12", "21", "22"].map((pair) => [
          `p${pair}`,
          { vlan: 100 + Number(pair), subnets: [`10.9.${pair}.0/31`] },
        ]),
      ),
    },
    devices: {
      l1: {
        interfaces: [
          { segment: "p11", address: "10.9.11.0/31" },
          { segment: "p12", address: "10.9.12.0/31" },
        ],
      },
      l2: {
        interfaces: [
          { segment: "p21", address: "10.9.21.0/31" },
          { segment: "p22", address: "10.9.22.0/31" },
        ],
      },
      s1: {
        interfaces: [
          { segment: "p11", address: "10.9.11.1/31" },
          { segment: "p21", address: "10.9.21.1/31" },
        ],
      },
      s2: {
        interfaces: [
          { segment: "p12", address: "10.9.12.1/31" },
          { segment: "p22", address: "10.9.22.1/31" },
        ],
      },
    },
    ports: Object.fromEntries(
      [
        ["l1", "s1", 111],
        ["l1", "s2", 112],
        ["l2", "s1", 121],
        ["l2", "s2", 122],
      ].flatMap(([leaf, spine, vlan]) => [
        [`${leaf}/${spine}`, `access ${vlan}`],
        [`${spine}/${leaf}`, `access ${vlan}`],
      ]),
    ),
    links: ["h1/up l1/h", "h2/up l2/h", "l1/s1 s1/l1", ["l1/s2 s2/l1", { latencyUs: 7 }], "l2/s1 s1/l2", "l2/s2 s2/l2"],
    gateways: {
      "gw-left": { segment: "left", kind: "static", address: "10.1.0.1", members: ["l1"] },
      "gw-right": { segment: "right", kind: "static", address: "10.2.0.1", members: ["l2"] },
    },
    endpoints: { vm1: "h1 left 10.1.0.5", vm2: "h2 right 10.2.0.5" },
    flows: { f: "vm1 vm2 1" },
  };

  it("split equally over equal ways, and meet again", () => {
    const { forward, isAsymmetric } = pathOf(clos);
    if (forward.kind !== "known") throw new Error("the way is known");
    expect(forward.waypoints).toEqual([
      { device: "h1", role: "endpoint", name: "vm1" },
      { device: "l1", role: "gateway", name: "gw-left" },
      { device: "s1", role: "router", probability: 0.5 },
      { device: "s2", role: "router", probability: 0.5 },
      { device: "l2", role: "router" },
      { device: "h2", role: "endpoint", name: "vm2" },
    ]);
    expect(forward.legs.map(({ from, to, crossings }) => [from, to, crossings.map(({ share }) => share)])).toEqual([
      ["h1", "l1", [1]],
      ["l1", "s1", [0.5]],
      ["l1", "s2", [0.5]],
      ["s1", "l2", [0.5]],
      ["s2", "l2", [0.5]],
      ["l2", "h2", [1]],
    ]);
    // 5 + (5 or 7) + 5 + 5: the mean of both ways.
    expect(forward.latencyUs).toEqual({ known: true, value: 21 });
    expect(isAsymmetric).toBe("no");
  });

  it("are not exchanged through what is outside", () => {
    const { forward } = pathOf({
      ...clos,
      devices: { ...clos.devices, s1: { kind: "external" }, s2: { kind: "external" } },
    });
    expect(forward).toMatchObject({
      kind: "broken",
      why: { kind: "no-route", device: "l1", message: "l1 has no route to right" },
    });
  });

  it("take the segments of hosts only where no transit segment leads", () => {
    const words = chain(3);
    const { forward } = pathOf({
      ...words,
      // A shortcut through a segment with a gateway.
      segments: { ...words.segments, shared: { vlan: 30, subnets: ["10.3.0.0/24"] } },
      links: [...(words.links ?? []), "r1/x r3/x"],
      gateways: {
        ...words.gateways,
        "gw-shared": { segment: "shared", kind: "vrrp", address: "10.3.0.1", members: ["r1", "r3"] },
      },
    });
    expect(devices(forward)).toBe("h1 r1 r2 r3 h2");
  });

  it("stop at the border of a VRF, unless a firewall joins them", () => {
    const words = chain(3);
    const vrfs = { left: "red", "t1-2": "red", "t2-3": "blue", right: "blue" } as const;
    const segments = Object.fromEntries(
      Object.entries(words.segments ?? {}).map(([name, segment]) => [
        name,
        typeof segment === "number" ? segment : { ...segment, vrf: vrfs[name as keyof typeof vrfs] },
      ]),
    );
    const { forward } = pathOf({ ...words, segments });
    expect(forward).toMatchObject({
      kind: "broken",
      why: { message: "r1 has no route to right: right is in VRF blue, the packet in VRF red" },
    });
    const joined = pathOf({
      ...words,
      segments,
      devices: { ...words.devices, r2: { ...(words.devices?.["r2"] as object), kind: "firewall" } },
    });
    expect(devices(joined.forward)).toBe("h1 r1 r2 r3 h2");
  });
});

describe("declared routes", () => {
  const via = (prefix: string, hop: string, metric?: number): Route => ({
    prefix,
    via: hop,
    ...(metric === undefined ? {} : { metric }),
  });

  it("lead hop by hop, each by its longest prefix", () => {
    const routes = {
      r1: [via("0.0.0.0/0", "10.9.1.3"), via("10.2.0.0/16", "10.9.1.2")],
      r2: [via("10.2.0.0/24", "10.9.2.2"), via("10.0.0.0/8", "10.9.1.1")],
      r3: [via("10.1.0.0/24", "10.9.2.1")],
    };
    const { forward, reverse } = pathOf(chain(3, routes));
    expect(devices(forward)).toBe("h1 r1 r2 r3 h2");
    expect(devices(reverse)).toBe("h2 r3 r2 r1 h1");
  });

  it("leave no room for learned ones", () => {
    const { forward } = pathOf(chain(3, { r1: [via("10.7.0.0/16", "10.9.1.2")] }));
    expect(forward).toMatchObject({ kind: "broken", why: { kind: "no-route", device: "r1" } });
  });

  it("are left for a host route that is longer than what is connected", () => {
    const words = chain(2, { r2: [via("10.2.0.5/32", "10.9.1.1")] });
    const { forward } = pathOf(words);
    expect(forward).toMatchObject({
      kind: "broken",
      why: { kind: "loop", devices: ["r1", "r2"], message: "routes lead in a circle: r1, r2, r1" },
    });
    expect(devices(forward)).toBe("h1 r1 r2 r1");
  });

  it("take the lowest metric, and split where it is the same", () => {
    const words = chain(2, { r1: [via("10.2.0.0/24", "10.9.1.2", 20), via("10.2.0.0/24", "10.9.1.3", 30)] });
    expect(devices(pathOf(words).forward)).toBe("h1 r1 r2 h2");
    const broken = chain(2, { r1: [via("10.2.0.0/24", "10.9.1.2", 20), via("10.2.0.0/24", "10.9.1.3", 20)] });
    expect(pathOf(broken).forward).toMatchObject({
      kind: "broken",
      why: { message: "r1 sends it to 10.9.1.3, which is nobody's address" },
    });
  });

  it("to the router's own address are a circle of one", () => {
    expect(pathOf(chain(2, { r1: [via("10.2.0.0/24", "10.9.1.1")] })).forward).toMatchObject({
      kind: "broken",
      why: { kind: "loop", devices: ["r1"] },
    });
  });

  it("to a virtual address go to whoever is active for it", () => {
    const words = chain(3, { r1: [via("10.2.0.0/24", "10.9.1.3")] });
    const behind = (isUp: boolean): FabricWords => ({
      ...words,
      gateways: {
        ...words.gateways,
        transit: {
          segment: "t1-2",
          kind: "vrrp",
          address: "10.9.1.3",
          members: [{ device: "r2", address: "10.9.1.2", isUp }],
        },
      },
    });
    expect(devices(pathOf(behind(true)).forward)).toBe("h1 r1 r2 r3 h2");
    expect(pathOf(behind(false)).forward).toMatchObject({
      kind: "broken",
      why: { kind: "no-gateway", gateway: "transit", message: "no member of transit is up" },
    });
  });

  it("carry what goes outside by the default route alone, where the address is not known", () => {
    const words = chain(2, { r1: [via("0.0.0.0/0", "10.9.1.2")], r2: [via("0.0.0.0/0", "10.8.0.1")] });
    const { forward } = pathOf({
      ...words,
      segments: { ...words.segments, out: { vlan: 40, subnets: ["10.8.0.0/30"] } },
      devices: {
        ...words.devices,
        r2: {
          routes: [via("0.0.0.0/0", "10.8.0.1")],
          interfaces: [
            { segment: "t1-2", address: "10.9.1.2/30" },
            { segment: "out", address: "10.8.0.2/30" },
          ],
        },
        ext1: { interfaces: [{ segment: "out", address: "10.8.0.1/30" }] },
      },
      links: [...(words.links ?? []), "r2/out ext1/in"],
      endpoints: { ...words.endpoints, world: { kind: "external", device: "ext1", nics: [] } },
      flows: { f: "vm1 world 1" },
    });
    expect(forward.kind === "known" ? forward.waypoints : forward).toEqual([
      { device: "h1", role: "endpoint", name: "vm1" },
      { device: "r1", role: "gateway", name: "gw-left" },
      { device: "r2", role: "exit" },
      { device: "ext1", role: "endpoint", name: "world" },
    ]);
  });
});

describe("gateways of senders", () => {
  const two = (nic: { readonly gateway?: string }, addresses = ["10.1.0.5"]): FabricWords => ({
    ...chain(2),
    links: ["h1/up sw/h", "sw/r1 r1/h", "sw/r2 r2/x", "r1/to2 r2/to1", "h2/up r2/h"],
    gateways: {
      one: { segment: "left", kind: "static", address: "10.1.0.1", members: ["r1"] },
      other: { segment: "left", kind: "static", address: "fd00::1", members: ["r2"] },
      spare: { segment: "left", kind: "static", address: "10.1.0.2", members: ["r2"] },
      "gw-right": { segment: "right", kind: "static", address: "10.2.0.1", members: ["r2"] },
    },
    endpoints: {
      vm1: { kind: "vm", device: "h1", nics: [{ segment: "left", addresses, ...nic }] },
      vm2: "h2 right 10.2.0.5 fd02::5",
    },
  });

  it("are those that the NIC names", () => {
    expect(devices(pathOf(two({ gateway: "spare" })).forward)).toBe("h1 r2 h2");
  });

  it("are not guessed among several", () => {
    expect(pathOf(two({})).forward).toEqual({
      kind: "unknown",
      why: "left has the gateways one and spare, and nothing says which one is used",
    });
  });

  it("are of the family of addresses that both ends have", () => {
    const { forward } = pathOf(two({}, ["fd01::5"]));
    expect(forward.kind === "known" ? forward.waypoints[1] : forward).toEqual({
      device: "r2",
      role: "gateway",
      name: "other",
    });
  });

  it("are the only router of the segment where none is described", () => {
    const words = chain(2);
    const { "gw-left": _, ...gateways } = words.gateways ?? {};
    const devicesOf = words.devices as Readonly<Record<string, { readonly interfaces: readonly object[] }>>;
    const r1 = devicesOf["r1"];
    const withFoot = {
      ...r1,
      interfaces: [...(r1?.interfaces ?? []), { segment: "left", address: "10.1.0.1/24" }],
    };
    const { forward } = pathOf({
      ...words,
      gateways,
      devices: { ...words.devices, r1: withFoot } as FabricWords["devices"] & object,
    });
    expect(devices(forward)).toBe("h1 r1 r2 h2");
    expect(pathOf({ ...words, gateways }).forward).toMatchObject({
      kind: "broken",
      why: { kind: "no-gateway", message: "left has no gateway and no router" },
    });
  });
});
