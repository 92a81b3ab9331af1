/**
 * Two data centres with one stretched segment for web servers and one for databases. In each stand a layer-3 switch (a in
 * dc1, b in dc2), two hosts, a firewall on a stub, and an uplink to the outside; clients are nearer to dc1.
 *
 *     ext1 ──── a ════ dci ════ b ──── ext1
 *               │ ╲              │ ╲
 *          h1, h2  fw1      h3, h4  fw2
 */
import type { Fabric, GatewayKind, HostRoutePolicy, LinkFilters, Service } from "../fabric.ts";
import { buildFabric } from "../fabric.fixture.ts";

export interface Design {
  readonly kind?: GatewayKind;
  /** Of the gateways, on the interconnect. */
  readonly filters?: LinkFilters;
  readonly hostRoutes?: Partial<HostRoutePolicy>;
  readonly syncsState?: Service["syncsState"];
}

export const isolated: LinkFilters = { hello: "yes", virtualMac: "yes", gatewayArp: "yes" };

/** One way over the interconnect: 4.1 ms, as in the worked example of the field. */
export const dciUs = 4100;

export function twoSites(design: Design = {}): Fabric {
  const kind = design.kind ?? "vrrp";
  const group = { kind, members: [member("a", 2, 110), member("b", 3, 100)] };
  const filters = design.filters === undefined ? {} : { filters: design.filters };
  const service = {
    kind: "firewall",
    isStateful: "yes",
    cluster: "walls",
    syncsState: design.syncsState ?? "no",
  } as const;
  return buildFabric({
    segments: {
      web: { vlan: 10, subnets: ["10.1.10.0/24"] },
      db: { vlan: 20, subnets: ["10.1.20.0/24"] },
      core: { vlan: 900, subnets: ["10.9.0.0/24"] },
      out1: { vlan: 801, subnets: ["192.0.2.0/30"], sites: ["dc1"] },
      out2: { vlan: 802, subnets: ["192.0.2.4/30"], sites: ["dc2"] },
      stub1: { vlan: 811, subnets: ["10.9.1.0/30"], sites: ["dc1"] },
      stub2: { vlan: 812, subnets: ["10.9.2.0/30"], sites: ["dc2"] },
    },
    devices: {
      a: {
        site: "dc1",
        interfaces: [
          { segment: "core", address: "10.9.0.1/24" },
          { segment: "out1", address: "192.0.2.2/30" },
          { segment: "stub1", address: "10.9.1.1/30" },
        ],
      },
      b: {
        site: "dc2",
        interfaces: [
          { segment: "core", address: "10.9.0.2/24" },
          { segment: "out2", address: "192.0.2.6/30" },
          { segment: "stub2", address: "10.9.2.1/30" },
        ],
      },
      h1: { site: "dc1" },
      h2: { site: "dc1" },
      h3: { site: "dc2" },
      h4: { site: "dc2" },
      fw1: { site: "dc1", interfaces: [{ segment: "stub1", address: "10.9.1.2/30" }] },
      fw2: { site: "dc2", interfaces: [{ segment: "stub2", address: "10.9.2.2/30" }] },
      ext1: {
        interfaces: [
          { segment: "out1", address: "192.0.2.1/30" },
          { segment: "out2", address: "192.0.2.5/30" },
        ],
      },
    },
    ports: { "ext1/dc1": "access 801", "a/out": "access 801", "ext1/dc2": "access 802", "b/out": "access 802" },
    links: [
      "h1/up a/h1",
      "h2/up a/h2",
      "h3/up b/h3",
      "h4/up b/h4",
      "fw1/up a/fw1",
      "fw2/up b/fw2",
      ["a/dci b/dci", { kind: "dci", latencyUs: dciUs, ...filters }],
      ["ext1/dc1 a/out", { latencyUs: 1000 }],
      ["ext1/dc2 b/out", { latencyUs: 20_000 }],
    ],
    gateways: {
      "gw-web": { segment: "web", address: "10.1.10.1", group: 10, ...group },
      "gw-db": { segment: "db", address: "10.1.20.1", group: 20, ...group },
    },
    hostRoutes: [
      { segment: "web", mode: "prefix", ingress: [{ site: "dc1" }], ...design.hostRoutes },
      { segment: "db", mode: "prefix", ingress: [{ site: "dc1" }], ...design.hostRoutes },
    ],
    services: {
      wall1: { device: "fw1", ...service },
      wall2: { device: "fw2", ...service },
    },
    endpoints: {
      client: { kind: "external", device: "ext1", nics: [] },
      web: "h1 web 10.1.10.50",
      db: "h2 db 10.1.20.60",
    },
    flows: {
      "north-south": "client web 410 410",
      pinned: { from: "client", to: "web", rateBps: 410e6, reverseRateBps: 410e6, state: "pinned", via: ["walls"] },
      walled: { from: "client", to: "web", rateBps: 410e6, via: ["wall1"] },
      "east-west": "web db 410 410",
    },
  });
}

const member = (device: string, last: number, priority: number) => ({ device, priority, address: `10.1.10.${last}` });
