import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import type { FabricWords } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Flow } from "../fabric.ts";
import { flowPath } from "../path/flow-path.ts";
import { alikeFlow } from "./alike-flows.ts";
import { alikeHost } from "./alike-hosts.ts";
import { directionAt } from "./flow-track.ts";
import type { FlowTrack, Track } from "./flow-track.ts";
import { sharedTracks, singleTracks } from "./flow-tracks.ts";
import { linkTable } from "./link-table.ts";
import { waysOf } from "./ways.ts";

/** Two leaves as a pair with three hosts, a single leaf with two, a router that both hang on, and the outside. */
function words(settings: {
  readonly ports: Readonly<Record<string, string>>;
  readonly isBonded: boolean;
  readonly gateway: "hsrp" | "anycast" | "mlag";
  readonly hasService: boolean;
}): FabricWords {
  const lag = (port: string, name: string): readonly [string, { lag: string }] => [port, { lag: name }];
  const bonds = ["h1", "h2", "h3"].flatMap((host) => [
    lag(`${host}/up0`, "bond0"),
    lag(`${host}/up1`, "bond0"),
    lag(`leaf1/${host}`, host),
    lag(`leaf2/${host}`, host),
  ]);
  const pair = [lag("leaf1/core", "core"), lag("leaf2/core", "core"), lag("core/l1", "pair"), lag("core/l2", "pair")];
  const interfaces = [
    { segment: "web", address: "10.1.10.2/24" },
    { segment: "db", address: "10.1.20.2/24" },
    { segment: "out", address: "10.1.99.2/24" },
  ];
  return {
    segments: {
      web: { vlan: 10, subnets: ["10.1.10.0/24"] },
      db: { vlan: 20, subnets: ["10.1.20.0/24"] },
      out: { vlan: 99, subnets: ["10.1.99.0/24"] },
    },
    devices: {
      leaf1: { mlag: "pair" },
      leaf2: { mlag: "pair" },
      core: { kind: "switch", interfaces },
      ext1: { kind: "external", interfaces: [{ segment: "out", address: "10.1.99.1/24" }] },
    },
    ports: {
      ...Object.fromEntries([...(settings.isBonded ? bonds : []), ...pair]),
      ...Object.fromEntries(
        Object.entries(settings.ports).map(([port, vlans]) => {
          const group = settings.isBonded ? bonds.find(([name]) => name === port)?.[1] : undefined;
          const list = vlans.replace("trunk ", "").split(",").map(Number);
          return [port, { vlans: { kind: "trunk", trunks: list }, ...group }];
        }),
      ),
    },
    links: [
      ...["h1", "h2", "h3"].flatMap((host) => [`${host}/up0 leaf1/${host}`, `${host}/up1 leaf2/${host}`]),
      ...["h4", "h5"].map((host) => `${host}/up0 leaf3/${host}`),
      "leaf1/peer leaf2/peer",
      "leaf1/core core/l1",
      "leaf2/core core/l2",
      "leaf3/core core/l3",
      "core/out ext1/in",
    ],
    gateways: {
      web: { segment: "web", kind: settings.gateway, address: "10.1.10.1", members: ["core"] },
      db: { segment: "db", kind: settings.gateway, address: "10.1.20.1", members: ["core"] },
    },
    services: settings.hasService
      ? { lb: { kind: "load-balancer", device: "h4", isStateful: "yes" } }
      : { fw: { kind: "firewall", device: "core", isStateful: "yes" } },
    endpoints: Object.fromEntries([
      ...["h1", "h2", "h3", "h4", "h5"].flatMap((host, place) => [
        [`w${place}`, `${host} web 10.1.10.${10 + place}`],
        [`d${place}`, `${host} db 10.1.20.${10 + place}`],
        [`v${place}`, `${host} web 10.1.10.${20 + place}`],
      ]),
      ["client", "ext1 out 10.1.99.9"],
    ]),
  };
}

const names = ["client", ...["w", "d", "v"].flatMap((tier) => [0, 1, 2, 3, 4].map((place) => `${tier}${place}`))];
const everyFlow: readonly Flow[] = names.flatMap((from) =>
  names.flatMap((to): readonly Flow[] => [
    { name: `${from} ${to}`, from, to, rateBps: 1e6 },
    { name: `${from} ${to} by`, from, to, rateBps: 1e6, via: ["fw"], state: "pinned" },
  ]),
);

const hostPorts = ["h1", "h2", "h3"].flatMap((host) => [
  `${host}/up0`,
  `${host}/up1`,
  `leaf1/${host}`,
  `leaf2/${host}`,
]);
const settingsAny = fc.record({
  ports: fc.dictionary(
    fc.constantFrom(...hostPorts, "h4/up0", "leaf3/h5"),
    fc.constantFrom("trunk 10", "trunk 20", "trunk 10,20"),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  ),
  isBonded: fc.boolean(),
  gateway: fc.constantFrom("hsrp", "anycast", "mlag"),
  hasService: fc.boolean(),
});

describe("tracks of flows that are alike", () => {
  it("are those that each flow would have by itself", () => {
    fc.assert(
      fc.property(settingsAny, (settings) => {
        const index = indexFabric(buildFabric(words(settings)));
        const ways = waysOf(index);
        const [shared, single] = [sharedTracks(index, ways, undefined), singleTracks(index, ways, undefined)];
        const different = everyFlow.filter((flow) => told(shared(flow)) !== told(single(flow)));
        expect(different).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it("look at the placement of whoever is placed elsewhere", () => {
    const index = indexFabric(buildFabric(words({ ports: {}, isBonded: true, gateway: "hsrp", hasService: false })));
    const placement = new Map([["w0", "h5"]]);
    const ways = waysOf(index);
    const [shared, single] = [sharedTracks(index, ways, placement), singleTracks(index, ways, placement)];
    expect(everyFlow.filter((flow) => told(shared(flow)) !== told(single(flow)))).toEqual([]);
  });
});

describe("flows that are alike", () => {
  it("all arrive, or none of them does, for the same kind of reason", () => {
    fc.assert(
      fc.property(settingsAny, (settings) => {
        const index = indexFabric(buildFabric(words(settings)));
        const fates = new Map<string | number, string>();
        const different = everyFlow.filter((flow) => {
          const key = alikeFlow(index, flow)?.key;
          const { forward, reverse } = flowPath(index, flow);
          const fate = [forward, reverse].map((way) => (way.kind === "broken" ? way.why.kind : way.kind)).join(" ");
          if (key === undefined) return false;
          const first = fates.get(key) ?? fate;
          fates.set(key, first);
          return first !== fate;
        });
        expect(different).toEqual([]);
      }),
      { numRuns: 8 },
    );
  });
});

describe("hosts that are alike", () => {
  const group = (settings: Parameters<typeof words>[0], host: string): number | undefined =>
    alikeHost(indexFabric(buildFabric(words(settings))), host)?.group;
  const plain = { ports: {}, isBonded: true, gateway: "hsrp", hasService: false } as const;

  it("hang on the same switches in the same way, whatever their groups are called", () => {
    const index = indexFabric(buildFabric(words(plain)));
    const groups = ["h1", "h2", "h3", "h4", "h5"].map((host) => alikeHost(index, host)?.group);
    expect(new Set(groups.slice(0, 3)).size).toBe(1);
    expect(groups[3]).toBe(groups[4]);
    expect(groups[0]).not.toBe(groups[3]);
    const { directions } = linkTable(index);
    const own = [...(alikeHost(index, "h2")?.own ?? [])].map((at) => `${directions[at]?.from}>${directions[at]?.to}`);
    expect(own).toEqual(["h2>leaf1", "leaf1>h2", "h2>leaf2", "leaf2>h2"]);
  });

  it("are not those that carry something else, or offer a service", () => {
    const odd = { ...plain, ports: { "leaf1/h2": "trunk 10" } };
    expect(group(odd, "h2")).not.toBe(group(odd, "h1"));
    expect(group(odd, "h3")).toBe(group(odd, "h1"));
    expect(group({ ...plain, hasService: true }, "h4")).not.toBe(group({ ...plain, hasService: true }, "h5"));
    expect(alikeHost(indexFabric(buildFabric(words(plain))), "h9")).toBeUndefined();
  });
});

const told = ({ forward, reverse }: FlowTrack): string => JSON.stringify([loadsOf(forward), loadsOf(reverse)]);

/** In the order of the links: sums of shares are those of the same numbers in the same order. */
function loadsOf(track: Track): unknown {
  const sums = new Map<number, number>();
  for (const [place, share] of track.shares.entries()) {
    const at = directionAt(track, place);
    sums.set(at, (sums.get(at) ?? 0) + share);
  }
  return [[...sums].toSorted(([left], [right]) => left - right), track.isUnsure, track.lost];
}
