/**
 * A fabric of the size that a large enterprise has in two sites: 1,000 hosts on 40 leaves, most of them in MLAG pairs,
 * under an MLAG pair of layer-3 spines in each site; every segment is stretched over both sites, its gateway is anycast, a
 * router pair that each site has for itself, or one active router for both. The same seed gives the same fabric.
 *
 * It is sound but for `flaws`: some ports lack a VLAN, some have a smaller MTU, some trunks carry everything.
 */
import { SeededRandom } from "@trunkline/simulator";
import { emptyFabric } from "@trunkline/fabric";
import type { Device, Endpoint, Fabric, Flow, Gateway, Link, Port, Segment } from "@trunkline/fabric";

export interface FabricSize {
  readonly racksPerSite: number;
  readonly hostsPerRack: number;
  readonly segmentsPerCluster: number;
  readonly vmsPerHost: number;
  readonly flows: number;
}

export const fullSize: FabricSize = {
  racksPerSite: 10,
  hostsPerRack: 50,
  segmentsPerCluster: 5,
  vmsPerHost: 20,
  flows: 100_000,
};

export interface GeneratedFabric {
  readonly fabric: Fabric;
  /** VLANs that a port of a switch is set to carry, counted for every port. */
  readonly vlanPortPairs: number;
}

export function generatedFabric(size: FabricSize, seed: number): GeneratedFabric {
  const random = new SeededRandom(seed);
  const plan = planOf(size);
  const wiring = new Wiring();
  for (const site of sites) wireSite(wiring, plan, site);
  wireInterconnect(wiring, plan);
  wireOutside(wiring);
  const devices = devicesOf(wiring, plan, random);
  const endpoints = endpointsOf(plan, random);
  const fabric: Fabric = {
    ...emptyFabric,
    sites: sites.map((name) => ({ name })),
    segments: segmentsOf(plan),
    devices,
    links: wiring.links,
    gateways: gatewaysOf(plan),
    hostRoutes: plan.segments.map(({ name }, place) => ({
      segment: name,
      mode: place % 4 === 3 ? "prefix" : "vmto",
      ingress: [
        { site: "dc1", metric: 10 },
        { site: "dc2", metric: 20 },
      ],
      convergeMs: 500,
    })),
    // The routers that lead out are firewalls as well, and share their sessions.
    services: sites.map((site) => ({
      name: `fw-${site}`,
      kind: "firewall",
      device: `${site}-edge`,
      isStateful: "yes",
      cluster: "firewalls",
      syncsState: "yes",
    })),
    endpoints,
    flows: flowsOf(plan, random),
    clusters: plan.clusters.map(({ name, hosts }) => ({ name, hosts })),
  };
  return { fabric, vlanPortPairs: pairsOf(devices) };
}

const sites = ["dc1", "dc2"] as const;
type SiteName = (typeof sites)[number];

interface Plan {
  readonly size: FabricSize;
  readonly hosts: readonly PlannedHost[];
  readonly clusters: readonly { readonly name: string; readonly hosts: readonly string[] }[];
  /** The stretched ones, by cluster. */
  readonly segments: readonly { readonly name: string; readonly vlan: number; readonly cluster: number }[];
}

interface PlannedHost {
  readonly name: string;
  readonly site: SiteName;
  readonly rack: number;
  readonly cluster: number;
}

/** Half of a rack and the same half of the rack in the other site are a cluster. */
function planOf(size: FabricSize): Plan {
  const { racksPerSite, hostsPerRack, segmentsPerCluster } = size;
  const hosts = sites.flatMap((site, side) =>
    Array.from({ length: racksPerSite * hostsPerRack }, (_, number): PlannedHost => {
      const rack = Math.floor(number / hostsPerRack);
      const half = number % hostsPerRack < hostsPerRack / 2 ? 0 : 1;
      const name = `h${String(side * racksPerSite * hostsPerRack + number).padStart(4, "0")}`;
      return { name, site, rack, cluster: rack * 2 + half };
    }),
  );
  const clusters = Array.from({ length: racksPerSite * 2 }, (_, cluster) => ({
    name: `cluster${String(cluster).padStart(2, "0")}`,
    hosts: hosts.filter((host) => host.cluster === cluster).map(({ name }) => name),
  }));
  const segments = clusters.flatMap((_, cluster) =>
    Array.from({ length: segmentsPerCluster }, (__, tier) => {
      const vlan = firstVlan + cluster * segmentsPerCluster + tier;
      return { name: `seg${vlan}`, vlan, cluster };
    }),
  );
  return { size, hosts, clusters, segments };
}

const vlansOf = (plan: Plan, clusters: readonly number[]): readonly number[] => [
  migrationVlan,
  ...plan.segments.filter(({ cluster }) => clusters.includes(cluster)).map(({ vlan }) => vlan),
];

/** Ports by device, and the links between them. */
class Wiring {
  readonly links: Link[] = [];
  readonly ports = new Map<string, Port[]>();

  connect(a: End, b: End, link: Omit<Link, "a" | "b">): void {
    for (const { device, port, vlans, lag } of [a, b]) {
      const own = this.ports.get(device) ?? [];
      this.ports.set(device, own);
      const carried = { kind: "trunk", trunks: vlans } as const;
      own.push({ name: port, vlans: carried, mtu: 9_216, ...(lag === undefined ? {} : { lag }) });
    }
    this.links.push({ ...link, a: { device: a.device, port: a.port }, b: { device: b.device, port: b.port } });
  }
}

interface End {
  readonly device: string;
  readonly port: string;
  readonly vlans: readonly number[];
  readonly lag?: string;
}

const leafName = (site: SiteName, rack: number, side: number): string =>
  `${site}-leaf${String(rack * 2 + side + 1).padStart(2, "0")}`;
const spineName = (site: SiteName, side: number): string => `${site}-spine${side + 1}`;
/** The last two racks of a site have single leaves, with half of the hosts each. */
const isMlag = (plan: Plan, rack: number): boolean => rack < plan.size.racksPerSite - 2;

function wireSite(wiring: Wiring, plan: Plan, site: SiteName): void {
  const everything = vlansOf(plan, [...plan.clusters.keys()]);
  for (let rack = 0; rack < plan.size.racksPerSite; rack += 1) {
    const isPair = isMlag(plan, rack);
    for (const side of [0, 1]) {
      const leaf = leafName(site, rack, side);
      const vlans = vlansOf(plan, isPair ? [rack * 2, rack * 2 + 1] : [rack * 2 + side]);
      for (const spine of [0, 1])
        wiring.connect(
          { device: leaf, port: `up${spine}`, vlans, lag: "up" },
          // The spines see a pair of leaves as one neighbour.
          { device: spineName(site, spine), port: `p-${leaf}`, vlans, lag: isPair ? `rack${rack}` : leaf },
          { capacityBps: 100e9, latencyUs: 2 },
        );
    }
    if (isPair) wirePeers(wiring, leafName(site, rack, 0), leafName(site, rack, 1), everything);
  }
  // What the edge's link group brings to one spine may be meant for the other.
  wirePeers(wiring, spineName(site, 0), spineName(site, 1), [...everything, edgeVlan + sites.indexOf(site)]);
  for (const host of plan.hosts.filter((one) => one.site === site)) {
    const vlans = vlansOf(plan, [host.cluster]);
    const leaves = isMlag(plan, host.rack) ? [0, 1] : [host.cluster % 2];
    for (const side of leaves) {
      const bond = leaves.length === 2;
      wiring.connect(
        { device: host.name, port: `up${side}`, vlans, ...(bond ? { lag: "bond0" } : {}) },
        { device: leafName(site, host.rack, side), port: `p-${host.name}`, vlans, ...(bond ? { lag: host.name } : {}) },
        { capacityBps: 25e9, latencyUs: 2 },
      );
    }
  }
}

function wirePeers(wiring: Wiring, one: string, other: string, vlans: readonly number[]): void {
  for (const number of [0, 1])
    wiring.connect(
      { device: one, port: `peer${number}`, vlans, lag: "peer" },
      { device: other, port: `peer${number}`, vlans, lag: "peer" },
      { kind: "peer-link", capacityBps: 100e9, latencyUs: 1 },
    );
}

/** Gateways that each site has for itself do not hear each other over it. */
function wireInterconnect(wiring: Wiring, plan: Plan): void {
  const vlans = vlansOf(plan, [...plan.clusters.keys()]);
  const gateways = plan.segments.filter((_, place) => place % 4 === 1).map(({ name }) => `gw-${name}`);
  for (const side of [0, 1])
    wiring.connect(
      { device: spineName("dc1", side), port: "dci", vlans, lag: "dci" },
      { device: spineName("dc2", side), port: "dci", vlans, lag: "dci" },
      {
        kind: "dci",
        capacityBps: 200e9,
        latencyUs: 1_200,
        dci: { technology: "dark-fibre" },
        filters: { hello: "yes", virtualMac: "yes", gatewayArp: "yes", gateways },
        moveBudget: { moves: 8, rateBps: 40e9 },
      },
    );
}

/** A router in each site leads out, and both to the same outside. */
function wireOutside(wiring: Wiring): void {
  sites.forEach((site, side) => {
    for (const spine of [0, 1])
      wiring.connect(
        { device: spineName(site, spine), port: "edge", vlans: [edgeVlan + side], lag: "edge" },
        { device: `${site}-edge`, port: `in${spine}`, vlans: [edgeVlan + side], lag: "in" },
        { capacityBps: 100e9, latencyUs: 5 },
      );
    wiring.connect(
      { device: `${site}-edge`, port: "wan", vlans: [wanVlan + side] },
      { device: "outside", port: site, vlans: [wanVlan + side] },
      { capacityBps: 100e9, latencyUs: 500 },
    );
  });
}

function devicesOf(wiring: Wiring, plan: Plan, random: SeededRandom): readonly Device[] {
  const devices: Device[] = plan.hosts.map(({ name, site }, number) => ({
    name,
    kind: "host",
    site,
    ports: wiring.ports.get(name) ?? [],
    migration: { segment: "migration", address: `10.0.${Math.floor(number / 250)}.${(number % 250) + 1}` },
  }));
  sites.forEach((site, side) => {
    for (let rack = 0; rack < plan.size.racksPerSite; rack += 1)
      for (const half of [0, 1]) {
        const name = leafName(site, rack, half);
        devices.push({
          name,
          kind: "switch",
          site,
          ports: flawed(wiring.ports.get(name) ?? [], random),
          spanningTree: { mode: "rstp", mac: macOf(100 + side * 100 + rack * 2 + half) },
          platform: "nx-os",
          ...(isMlag(plan, rack) ? { mlag: `${site}-rack${rack}` } : {}),
        });
      }
    for (const spine of [0, 1])
      devices.push({
        name: spineName(site, spine),
        kind: "switch",
        site,
        ports: wiring.ports.get(spineName(site, spine)) ?? [],
        mlag: `${site}-spines`,
        spanningTree: { mode: "rstp", priority: 4_096 * (1 + side), mac: macOf(1 + side * 2 + spine) },
        platform: "nx-os",
        interfaces: [
          ...plan.segments.map(({ name, vlan }) => ({
            segment: name,
            address: `10.${vlan}.0.${2 + side * 2 + spine}/16`,
          })),
          { segment: `edge-${site}`, address: `192.168.${side}.${2 + spine}/24` },
        ],
      });
    devices.push({
      name: `${site}-edge`,
      kind: "router",
      site,
      ports: wiring.ports.get(`${site}-edge`) ?? [],
      interfaces: [
        { segment: `edge-${site}`, address: `192.168.${side}.1/24` },
        { segment: `wan-${site}`, address: `192.168.${10 + side}.1/24` },
      ],
    });
  });
  devices.push({
    name: "outside",
    kind: "external",
    ports: wiring.ports.get("outside") ?? [],
    interfaces: sites.map((site, side) => ({ segment: `wan-${site}`, address: `192.168.${10 + side}.2/24` })),
  });
  return devices;
}

/** One port in a hundred lacks a VLAN, one in a hundred has a smaller MTU, one in a hundred carries all. */
function flawed(ports: readonly Port[], random: SeededRandom): readonly Port[] {
  return ports.map((port) => {
    const chance = random.below(300);
    if (!port.name.startsWith("p-") || port.vlans.kind !== "trunk" || port.vlans.trunks === "all") return port;
    if (chance === 0) return { ...port, vlans: { kind: "trunk", trunks: port.vlans.trunks.slice(0, -1) } };
    if (chance === 1) return { ...port, mtu: 1_500 };
    if (chance === 2) return { ...port, vlans: { kind: "trunk", trunks: "all" } };
    return port;
  });
}

function segmentsOf(plan: Plan): readonly Segment[] {
  return [
    { name: "migration", vlan: migrationVlan, subnets: ["10.0.0.0/16"], mtu: 9_000 },
    ...plan.segments.map(({ name, vlan }) => ({ name, vlan, subnets: [`10.${vlan}.0.0/16`], mtu: 1_500 })),
    ...sites.flatMap((site, side) => [
      { name: `edge-${site}`, vlan: edgeVlan + side, subnets: [`192.168.${side}.0/24`], sites: [site] },
      { name: `wan-${site}`, vlan: wanVlan + side, subnets: [`192.168.${10 + side}.0/24`] },
    ]),
  ];
}

function gatewaysOf(plan: Plan): readonly Gateway[] {
  return plan.segments.map(({ name, vlan }, place) => ({
    name: `gw-${name}`,
    segment: name,
    kind: place % 2 === 0 ? "anycast" : "hsrp",
    address: `10.${vlan}.0.1`,
    ...(place % 2 === 0 ? { mac: "02:00:ca:fe:00:ff" } : { group: place % 256 }),
    members: sites.flatMap((site, side) =>
      [0, 1].map((spine) => ({
        device: spineName(site, spine),
        address: `10.${vlan}.0.${2 + side * 2 + spine}`,
        priority: 120 - side * 10 - spine,
        preempts: true,
      })),
    ),
  }));
}

function endpointsOf(plan: Plan, random: SeededRandom): readonly Endpoint[] {
  const perCluster = plan.size.segmentsPerCluster;
  const used = new Map<number, number>();
  const vms = plan.hosts.flatMap(({ name: device, cluster }) =>
    Array.from({ length: plan.size.vmsPerHost }, (_, number): Endpoint => {
      const { name: segment = "", vlan = 0 } = plan.segments[cluster * perCluster + (number % perCluster)] ?? {};
      const member = (used.get(vlan) ?? 0) + 1;
      used.set(vlan, member);
      const address = `10.${vlan}.${1 + Math.floor(member / 250)}.${(member % 250) + 1}`;
      return {
        name: `${device}-vm${String(number).padStart(2, "0")}`,
        kind: "vm",
        device,
        nics: [{ segment, addresses: [address], mac: macOf(1_000_000 + vlan * 10_000 + member) }],
        memoryMiB: 4_096 * (1 + random.below(8)),
      };
    }),
  );
  const nics = [{ segment: "wan-dc1", addresses: ["192.168.10.10"] }];
  return [...vms, { name: "internet", kind: "external", device: "outside", nics }];
}

/** Mostly within a cluster, half of that within a segment; a tenth goes out, a twentieth to another cluster. */
function flowsOf(plan: Plan, random: SeededRandom): readonly Flow[] {
  const { vmsPerHost, segmentsPerCluster } = plan.size;
  const hostsOf = plan.clusters.map(({ hosts }) => hosts);
  const vmOf = (cluster: number, tier: number): string => {
    const hosts = hostsOf[cluster] ?? [];
    const number = tier + segmentsPerCluster * random.below(vmsPerHost / segmentsPerCluster);
    return `${hosts[random.below(hosts.length)] ?? ""}-vm${String(number).padStart(2, "0")}`;
  };
  return Array.from({ length: plan.size.flows }, (_, number): Flow => {
    const cluster = random.below(plan.clusters.length);
    const tier = random.below(segmentsPerCluster);
    const kind = random.below(20);
    const otherCluster = kind === 0 ? random.below(plan.clusters.length) : cluster;
    const otherTier = kind < 11 ? tier : random.below(segmentsPerCluster);
    const megabits = random.below(100) === 0 ? 400 : 2 + random.below(20);
    const [from, to] = [vmOf(cluster, tier), vmOf(otherCluster, otherTier)];
    // Nobody talks to itself over a network.
    const leaves = kind === 1 || kind === 2 || to === from;
    return {
      name: `f${String(number).padStart(6, "0")}`,
      from,
      to: leaves ? "internet" : to,
      ...(leaves ? { via: ["firewalls"] } : {}),
      rateBps: megabits * 1e6,
      reverseRateBps: megabits * 1e5,
      state: random.below(2) === 0 ? "pinned" : "new",
    };
  });
}

function pairsOf(devices: readonly Device[]): number {
  const lists = devices.filter(({ kind }) => kind === "switch").flatMap(({ ports }) => ports.map(({ vlans }) => vlans));
  return lists.reduce(
    (sum, vlans) => sum + (vlans.kind === "trunk" && vlans.trunks !== "all" ? vlans.trunks.length : 1),
    0,
  );
}

function macOf(number: number): string {
  const digits = number.toString(16).padStart(10, "0");
  return `02:${digits.match(/../g)?.join(":") ?? ""}`;
}

const migrationVlan = 10;
const firstVlan = 100;
const edgeVlan = 900;
const wanVlan = 910;
