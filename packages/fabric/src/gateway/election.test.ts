import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Link, LinkFilters } from "../fabric.ts";
import { gatewayBarriers } from "./barriers.ts";
import { gatewayChoice } from "./choice.ts";
import type { GatewayChoice } from "./choice.ts";
import { electGateway, elections } from "./election.ts";
import type { ElectionChange } from "./election.ts";

/** Three layer-3 switches in a row with a host each: s1 ── s2 ── s3. Priorities fall from left to right. */
function row(
  parts: Partial<FabricWords> & { readonly kind?: "hsrp" | "vrrp" | "glbp"; readonly link?: Partial<Link> },
) {
  const { kind = "vrrp", link = {}, ...words } = parts;
  return indexFabric(
    buildFabric({
      segments: { web: { vlan: 10, subnets: ["10.1.10.0/24"] } },
      links: ["h1/up s1/p1", "h2/up s2/p1", "h3/up s3/p1", "s1/r s2/l", ["s2/r s3/l", link]],
      gateways: {
        gw: {
          segment: "web",
          kind,
          group: 10,
          address: "10.1.10.1",
          members: [
            { device: "s1", priority: 120, address: "10.1.10.2" },
            { device: "s2", priority: 110, address: "10.1.10.3" },
            { device: "s3", priority: 100, address: "10.1.10.4" },
          ],
        },
      },
      ...words,
    }),
  );
}

type Row = ReturnType<typeof row>;

function gatewayOf(index: Row) {
  const gateway = index.gateway("gw");
  if (gateway === undefined) throw new Error("the fixture has a gateway");
  return gateway;
}

const actives = (index: Row, change?: ElectionChange): readonly string[] =>
  electGateway(index, gatewayOf(index), change)?.components.map(({ active }) => active) ?? [];

const choice = (index: Row, from: string): GatewayChoice => gatewayChoice(index, gatewayOf(index), from);

const filtered = (filters: LinkFilters): Row => row({ link: { filters } });

const nameOfLast = "s2/r--s3/l";

describe("elections", () => {
  it("have one active where all hear each other", () => {
    expect(elections(row({}))).toEqual([
      {
        gateway: "gw",
        segment: "web",
        kind: "vrrp",
        components: [{ active: "s1", standby: "s2", members: ["s1", "s2", "s3"], certainty: "yes" }],
      },
    ]);
  });

  it("are held by HSRP and VRRP only", () => {
    expect(elections(row({ kind: "glbp" }))).toEqual([]);
  });

  it("have one active on each side of a link that drops hellos", () => {
    const index = filtered({ hello: "yes", virtualMac: "yes", gatewayArp: "yes" });
    expect(elections(index)[0]?.components).toEqual([
      { active: "s1", standby: "s2", members: ["s1", "s2"], certainty: "yes" },
      { active: "s3", members: ["s3"], certainty: "yes" },
    ]);
  });

  it("do not notice a filter for another gateway", () => {
    expect(actives(filtered({ hello: "yes", virtualMac: "yes", gatewayArp: "yes", gateways: ["other"] }))).toEqual([
      "s1",
    ]);
  });

  it("have one active in each part that the VLAN does not join", () => {
    expect(actives(row({ ports: { "s2/r": "trunk 20" } }))).toEqual(["s1", "s3"]);
  });

  it("leave out members that are down", () => {
    const index = row({});
    expect(actives(index, { down: ["s1"] })).toEqual(["s2"]);
    expect(actives(index, { down: ["s1", "s2", "s3"] })).toEqual([]);
  });

  it("predict what a filter that comes or goes does", () => {
    const filters = { hello: "yes", virtualMac: "yes", gatewayArp: "yes" } as const;
    expect(actives(row({}), { filter: { links: [nameOfLast], filters } })).toEqual(["s1", "s3"]);
    expect(actives(filtered(filters), { filter: { links: [nameOfLast], filters: { hello: "no" } } })).toEqual(["s1"]);
  });

  it("predict a failover and the return: where nobody preempts, the one that took over stays", () => {
    const index = row({ kind: "hsrp" });
    expect(actives(index, { down: ["s1"], incumbents: ["s1"] })).toEqual(["s2"]);
    expect(actives(index, { incumbents: ["s2"] })).toEqual(["s2"]);
    expect(actives(row({}), { incumbents: ["s2"] })).toEqual(["s1"]);
  });

  it("say what they do not know", () => {
    const unread = row({ ports: { "s2/r": "unknown" } });
    expect(elections(unread)[0]?.components).toEqual([
      {
        active: "s1",
        standby: "s2",
        members: ["s1", "s2"],
        certainty: "unknown",
        why: `nothing says whether ${nameOfLast} carries web`,
      },
      { active: "s3", members: ["s3"], certainty: "unknown", why: `nothing says whether ${nameOfLast} carries web` },
    ]);
    const unsaid = filtered({ hello: "unknown", virtualMac: "no", gatewayArp: "no" });
    expect(elections(unsaid)[0]?.components[1]?.why).toBe(`nothing says whether ${nameOfLast} drops hellos`);
  });

  it("are certain in spite of an unread port behind which no member is", () => {
    const index = row({ ports: { "s3/p1": "unknown" } });
    expect(elections(index)[0]?.components.map(({ certainty }) => certainty)).toEqual(["yes"]);
  });

  it("do not hear each other through a host with two uplinks", () => {
    const index = row({
      links: ["h1/up s1/p1", "h1/up2 s3/p9", "h2/up s2/p1", "s1/r s2/l"],
    });
    expect(actives(index)).toEqual(["s1", "s3"]);
  });
});

describe("the gateway of a device, by what is filtered beside it", () => {
  it("is the one active of all", () => {
    expect(["h1", "h2", "h3"].map((from) => choice(row({}), from))).toEqual(
      Array.from({ length: 3 }, () => ({ kind: "known", device: "s1" })),
    );
  });

  it("is that of each side where hellos and virtual MAC are filtered", () => {
    const index = filtered({ hello: "yes", virtualMac: "yes", gatewayArp: "yes" });
    expect(["h1", "h2", "h3"].map((from) => choice(index, from))).toEqual([
      { kind: "known", device: "s1" },
      { kind: "known", device: "s1" },
      { kind: "known", device: "s3" },
    ]);
    expect(gatewayBarriers(index, gatewayOf(index))).toMatchObject([{ links: [nameOfLast], effect: "isolated" }]);
  });

  it("needs no filter of ARP for it, because the answers come from the virtual MAC", () => {
    const index = filtered({ hello: "yes", virtualMac: "yes", gatewayArp: "no" });
    expect(choice(index, "h3")).toEqual({ kind: "known", device: "s3" });
  });

  it.each([
    ["nothing but hellos", { hello: "yes", virtualMac: "no", gatewayArp: "no" }],
    ["hellos and ARP", { hello: "yes", virtualMac: "no", gatewayArp: "yes" }],
  ] as const)("is nondeterministic where %s are filtered: both actives are learned", (_, filters) => {
    const index = filtered(filters);
    for (const from of ["h1", "h3"])
      expect(choice(index, from)).toEqual({
        kind: "one-of",
        candidates: [
          { device: "s1", probability: 0.5 },
          { device: "s3", probability: 0.5 },
        ],
        isHashed: false,
        why: "s1 and s3 are both active for gw, and the switches learn its virtual MAC at whichever spoke last",
      });
    expect(gatewayBarriers(index, gatewayOf(index))).toMatchObject([{ effect: "nondeterministic" }]);
  });

  it("is nobody beyond a filter of the virtual MAC that lets hellos pass: flooded, and dropped there", () => {
    const index = filtered({ hello: "no", virtualMac: "yes", gatewayArp: "no" });
    expect(choice(index, "h2")).toEqual({ kind: "known", device: "s1" });
    expect(choice(index, "h3")).toEqual({
      kind: "none",
      why: `nobody at h3 learns the virtual MAC of gw (active: s1): frames to it are flooded, and dropped on ${nameOfLast}`,
    });
    expect(gatewayBarriers(index, gatewayOf(index))).toMatchObject([{ effect: "cut-off" }]);
  });

  it("is nobody beyond a filter of its ARP alone", () => {
    const index = filtered({ hello: "no", virtualMac: "no", gatewayArp: "yes" });
    expect(choice(index, "h2")).toEqual({ kind: "known", device: "s1" });
    expect(choice(index, "h3")).toEqual({
      kind: "none",
      why: `ARP for 10.1.10.1 gets no answer at h3: it is dropped on ${nameOfLast}`,
    });
  });

  it("is the only active, beyond a filter of hellos with no member behind it", () => {
    const index = row({
      link: { filters: { hello: "yes", virtualMac: "no", gatewayArp: "no" } },
      gateways: {
        gw: {
          segment: "web",
          kind: "vrrp",
          address: "10.1.10.1",
          members: [
            { device: "s1", priority: 120 },
            { device: "s2", priority: 110 },
          ],
        },
      },
    });
    expect(choice(index, "h3")).toEqual({ kind: "known", device: "s1" });
    expect(gatewayBarriers(index, gatewayOf(index))).toMatchObject([{ effect: "none" }]);
  });

  it("is unknown where a filter may be there, on the far side only", () => {
    const index = filtered({ hello: "yes", virtualMac: "unknown", gatewayArp: "no" });
    expect(choice(index, "h3")).toEqual({
      kind: "unknown",
      why: `nothing says whether ${nameOfLast} drops frames of the virtual MAC`,
    });
    expect(gatewayBarriers(index, gatewayOf(index))).toMatchObject([{ effect: "unknown" }]);
  });

  it("takes what a filter leaves out for unknown", () => {
    expect(choice(filtered({ hello: "yes" }), "h3").kind).toBe("unknown");
  });

  it("is unknown behind a port that nobody could read, and known on this side of it", () => {
    const index = row({ ports: { "h3/up": "unknown" } });
    expect(choice(index, "h3")).toEqual({ kind: "unknown", why: "nothing says whether h3/up--s3/p1 carries web" });
    expect(choice(index, "h1")).toEqual({ kind: "known", device: "s1" });
  });

  it("is nobody where all members are down", () => {
    const index = row({
      gateways: {
        gw: { segment: "web", kind: "vrrp", address: "10.1.10.1", members: [{ device: "s1", isUp: false }] },
      },
    });
    expect(choice(index, "h1")).toEqual({ kind: "none", why: "no member of gw is up" });
  });
});
