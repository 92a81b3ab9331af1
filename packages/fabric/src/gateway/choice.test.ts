import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { GatewayKind, GatewayMember, LinkFilters, Nic } from "../fabric.ts";
import { gatewayChoice } from "./choice.ts";
import type { GatewayChoice } from "./choice.ts";

interface Words {
  readonly kind: GatewayKind;
  readonly members: readonly (string | GatewayMember)[];
  readonly filters?: LinkFilters;
  readonly mlag?: boolean;
}

/**
 * Two leaves below a spine, a host on each, and one on both of them.
 *
 *     h1 ── l1 ── sp ── l2 ── h2      h3 ── l1, l2
 */
function ask(
  { kind, members, filters, mlag = false }: Words,
  from: string,
  nic?: Pick<Nic, "forwarder">,
): GatewayChoice {
  const index = indexFabric(
    buildFabric({
      segments: { web: { vlan: 10, subnets: ["10.1.10.0/24"] } },
      devices: mlag ? { l1: { mlag: "pair" }, l2: { mlag: "pair" } } : {},
      links: [
        "h1/up l1/p1",
        "h2/up l2/p1",
        "h3/up1 l1/p3",
        "h3/up2 l2/p3",
        "l1/up sp/l1",
        ["l2/up sp/l2", filters === undefined ? {} : { filters }],
        ...(mlag ? ["l1/peer l2/peer"] : []),
      ],
      ports: mlag
        ? { "h3/up1": { lag: "b" }, "h3/up2": { lag: "b" }, "l1/p3": { lag: "po3" }, "l2/p3": { lag: "po3" } }
        : {},
      gateways: { gw: { segment: "web", kind, group: 1, address: "10.1.10.1", members } },
    }),
  );
  const gateway = index.gateway("gw");
  if (gateway === undefined) throw new Error("the fixture has a gateway");
  return gatewayChoice(index, gateway, from, nic);
}

const known = (device: string): GatewayChoice => ({ kind: "known", device });

function probabilities(choice: GatewayChoice): Readonly<Record<string, number>> | string {
  return choice.kind === "one-of"
    ? Object.fromEntries(choice.candidates.map(({ device, probability }) => [device, probability]))
    : choice.kind;
}

describe("GLBP", () => {
  const members = ["l1", "l2"];

  it("is the forwarder that the ARP cache holds, near or far", () => {
    expect(ask({ kind: "glbp", members }, "h1", { forwarder: "l2" })).toEqual(known("l2"));
  });

  it("is each with its chance where the cache is not known", () => {
    expect(probabilities(ask({ kind: "glbp", members }, "h1"))).toEqual({ l1: 0.5, l2: 0.5 });
  });

  it("gives each forwarder a part by its weight, 100 where none is said", () => {
    const weighted = [{ device: "l1", weight: 300 }, "l2"];
    expect(probabilities(ask({ kind: "glbp", members: weighted }, "h1"))).toEqual({ l1: 0.75, l2: 0.25 });
    const idle = [
      { device: "l1", weight: 0 },
      { device: "l2", weight: 10 },
    ];
    expect(ask({ kind: "glbp", members: idle }, "h1")).toEqual(known("l2"));
  });

  it("passes to whoever took over where the forwarder is down", () => {
    const down = [{ device: "l1", isUp: false }, "l2", "sp"];
    expect(ask({ kind: "glbp", members: down }, "h1", { forwarder: "l1" })).toMatchObject({
      kind: "one-of",
      why: "l1 is not there, and nothing says which member of gw took over its virtual MAC",
    });
  });

  it("stays on its side of a filter", () => {
    const filters = { hello: "yes", virtualMac: "yes", gatewayArp: "yes" } as const;
    expect(ask({ kind: "glbp", members, filters }, "h1")).toEqual(known("l1"));
    expect(ask({ kind: "glbp", members: ["l2"], filters }, "h1").kind).toBe("none");
  });
});

describe("anycast", () => {
  it("is the sender's own leaf, and the sender itself where it routes", () => {
    expect(ask({ kind: "anycast", members: ["l1", "l2"] }, "h1")).toEqual(known("l1"));
    expect(ask({ kind: "anycast", members: ["h1", "h2"] }, "h1")).toEqual(known("h1"));
  });

  it("is the next one on the way where the leaf lacks the address", () => {
    const members = [{ device: "l1", hasAddress: "no" } as const, "sp", "l2"];
    expect(ask({ kind: "anycast", members }, "h1")).toEqual(known("sp"));
    expect(ask({ kind: "proxy", members }, "h1")).toEqual(known("sp"));
  });

  it("is unknown where nothing says whether the leaf has it", () => {
    const members = [{ device: "l1", hasAddress: "unknown" } as const, "sp"];
    expect(ask({ kind: "anycast", members }, "h1")).toEqual({
      kind: "unknown",
      why: "nothing says whether l1 has the address of gw",
    });
    expect(ask({ kind: "anycast", members }, "h2")).toEqual(known("sp"));
  });

  it("is nobody where nobody has it", () => {
    expect(ask({ kind: "anycast", members: [{ device: "l1", hasAddress: "no" }] }, "h1")).toEqual({
      kind: "none",
      why: "no member of gw that has 10.1.10.1 is in reach of h1",
    });
  });

  it("is either leaf for a host that has an uplink to both", () => {
    const choice = ask({ kind: "anycast", members: ["l1", "l2"] }, "h3");
    expect(probabilities(choice)).toEqual({ l1: 0.5, l2: 0.5 });
    expect(choice).toMatchObject({ isHashed: false, why: "l1 and l2 are equally near to h3" });
  });

  it("is not sought through a host", () => {
    const members = [{ device: "l1", hasAddress: "no" } as const, "l2", "sp"];
    expect(ask({ kind: "anycast", members }, "h1")).toEqual(known("sp"));
  });
});

describe("an MLAG pair", () => {
  it("forwards by the member that the frame comes to", () => {
    expect(ask({ kind: "mlag", members: ["l1", "l2"], mlag: true }, "h1")).toEqual(known("l1"));
    expect(ask({ kind: "mlag", members: ["l1", "l2"], mlag: true }, "h3")).toMatchObject({
      kind: "one-of",
      isHashed: true,
    });
  });
});

describe("a fixed gateway", () => {
  it.each(["central", "static"] as const)("%s is where it is, however far", (kind) => {
    expect(["h1", "h2", "h3"].map((from) => ask({ kind, members: ["l2"] }, from))).toEqual([
      known("l2"),
      known("l2"),
      known("l2"),
    ]);
  });

  it("is the nearest of several, and skips one that is down", () => {
    expect(ask({ kind: "central", members: ["l1", "l2"] }, "h2")).toEqual(known("l2"));
    expect(ask({ kind: "central", members: ["l1", { device: "l2", isUp: false }] }, "h2")).toEqual(known("l1"));
  });
});
