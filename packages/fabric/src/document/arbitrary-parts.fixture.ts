/**
 * What fabrics for properties are made of, each part without its name and its place: see arbitrary-fabric.fixture.ts.
 * Names and texts are often those that YAML would like to read as something else.
 */
import fc from "fast-check";
import type { PortVlans } from "../ports.ts";
import { vlanSet } from "./vlan-list.ts";

/** Texts that a careless writer of YAML gets wrong. */
const tricky = ["yes", "off", "null", "True", "1e3", "0x1f", "12", "~", "-", "- x", "#x", "a #b", "a: b", "a:", "[x]"];
const trickier = [
  "{ y: z }",
  `"q"`,
  "it's",
  "a, b",
  "*a",
  "&a",
  "!t",
  "|",
  ">",
  "%d",
  "@at",
  "`b`",
  "ä ö",
  "1:2",
  "::1",
];
const text = fc.oneof(fc.constantFrom(...tricky, ...trickier), fc.stringMatching(/^[a-z][a-z0-9.-]{0,9}$/));

const tri = fc.constantFrom("yes" as const, "no" as const, "unknown" as const);
const rate = fc.oneof(
  fc.constantFrom(10e9, 2.5e9, 1e6, 1500, 7),
  fc.nat(2e9),
  fc.double({ min: 1, max: 1e12, noNaN: true }),
);
const timeUs = fc.oneof(
  fc.constantFrom(0, 0.5, 50, 1500, 2e6),
  fc.nat(1e7),
  fc.double({ min: 1e-9, max: 1e6, noNaN: true }),
);
const mac = fc
  .array(fc.nat(255), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":"));
const vlan = fc.integer({ min: 1, max: 4094 });
const vlans = fc
  .array(fc.tuple(vlan, fc.nat(5)), { maxLength: 4 })
  .map((runs) =>
    vlanSet(runs.flatMap(([first, more]) => [first, Math.min(4094, first + more), Math.min(4094, first + 1)])),
  );
const portVlans: fc.Arbitrary<PortVlans> = fc.oneof(
  vlan.map((tag): PortVlans => ({ kind: "access", tag })),
  fc.record(
    { kind: fc.constant("trunk" as const), trunks: fc.oneof(vlans, fc.constant("all" as const)), native: vlan },
    { requiredKeys: ["kind", "trunks"] },
  ),
  fc.oneof(fc.constant("the document does not say"), text).map((why): PortVlans => ({ kind: "unknown", why })),
);
const port = fc.record(
  {
    name: fc.constant(""),
    vlans: portVlans,
    mtu: fc.integer({ min: 68, max: 65_535 }),
    isEnabled: fc.boolean(),
    knowledge: fc.constantFrom("config" as const, "observed" as const, "assumed" as const),
  },
  { requiredKeys: ["name", "vlans"] },
);
const priority = fc.integer({ min: 0, max: 65_535 });
const spanningTree = fc.oneof(
  fc.record({ mode: fc.constantFrom("off" as const, "rstp" as const), priority, mac }, { requiredKeys: ["mode"] }),
  fc.record(
    { mode: fc.constant("rpvst" as const), priorityByVlan: fc.dictionary(vlan.map(String), priority, { maxKeys: 3 }) },
    { requiredKeys: ["mode"] },
  ),
  fc.record({
    mode: fc.constant("mst" as const),
    instances: vlans.map((list) => [
      { id: 1, vlans: list, priority: 4096 },
      { id: 2, vlans: [] },
    ]),
  }),
);
const trafficClass = fc.constantFrom("migration" as const, "vm" as const, "storage" as const, "management" as const);
const traffic = fc.record(
  { name: trafficClass, reservationBps: rate, shares: fc.integer({ min: 1, max: 100 }), limitBps: rate },
  { requiredKeys: ["name"] },
);
const network = fc.record(
  { name: text, vlan, bridge: text, policy: fc.dictionary(text, text, { maxKeys: 3 }) },
  { requiredKeys: ["name", "vlan"] },
);

const device = fc.record(
  {
    kind: fc.constantFrom("host" as const, "host" as const, "switch" as const, "router" as const, "external" as const),
    ports: fc.array(port, { maxLength: 4 }),
    site: fc.nat(),
    platform: fc.constantFrom("open-vswitch" as const, "nx-os" as const),
    bridge: text,
    ovsdb: text,
    vlans,
    spanningTree,
    interfaces: fc.uniqueArray(fc.nat(3), { maxLength: 3 }),
    routes: fc.array(fc.record({ metric: fc.nat(100) }, { requiredKeys: [] }), { maxLength: 2 }),
    vtep: fc.record(
      { address: fc.constantFrom("10.255.0.1", "2001:db8::1"), irb: fc.constantFrom("symmetric" as const) },
      { requiredKeys: ["address"] },
    ),
    migration: fc.nat(),
    networks: fc.uniqueArray(network, { maxLength: 2, selector: ({ name }) => name }),
    announces: tri,
    shaping: fc.uniqueArray(traffic, { maxLength: 3, selector: ({ name }) => name }),
  },
  { requiredKeys: ["kind", "ports"] },
);
const link = fc.record(
  {
    isInterconnect: fc.boolean(),
    capacityBps: rate,
    capacityBackBps: rate,
    latencyUs: timeUs,
    latencyBackUs: timeUs,
    isUp: fc.boolean(),
    dci: fc.record(
      {
        technology: fc.constantFrom("otv" as const, "evpn" as const, "dark-fibre" as const),
        overheadBytes: fc.nat(100),
        floodsUnknownUnicast: tri,
        carriesBpdus: tri,
      },
      { requiredKeys: ["technology"] },
    ),
    filters: fc.record({ hello: tri, virtualMac: tri, gatewayArp: tri }, { requiredKeys: [] }),
    moveBudget: fc.record({ moves: fc.integer({ min: 1, max: 9 }), rateBps: rate }, { requiredKeys: [] }),
  },
  { requiredKeys: ["isInterconnect"] },
);
const segment = fc.record(
  {
    hasSubnet: fc.boolean(),
    isIpv6: fc.boolean(),
    hasSiteNumbers: fc.boolean(),
    isEverywhere: fc.boolean(),
    hasVni: fc.boolean(),
    vrf: text,
    mtu: fc.integer({ min: 68, max: 9216 }),
  },
  { requiredKeys: ["hasSubnet", "isIpv6", "hasSiteNumbers", "isEverywhere", "hasVni"] },
);
const gateway = fc.record(
  {
    kind: fc.constantFrom("hsrp" as const, "vrrp" as const, "glbp" as const, "anycast" as const, "static" as const),
    segment: fc.nat(),
    group: fc.integer({ min: 1, max: 255 }),
    mac,
    helloMs: fc.nat(10_000),
    holdMs: fc.nat(30_000),
    peerGateway: tri,
    members: fc.array(
      fc.record(
        {
          hasAddress: tri,
          isNumbered: fc.boolean(),
          priority: fc.nat(255),
          weight: fc.integer({ min: 1, max: 254 }),
          preempts: fc.boolean(),
          isUp: fc.boolean(),
          isIncumbent: fc.boolean(),
        },
        { requiredKeys: ["isNumbered"] },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    isIntended: fc.boolean(),
  },
  { requiredKeys: ["kind", "segment", "members", "isIntended"] },
);
const nic = fc.record(
  { segment: fc.nat(), mac, isNumbered: fc.boolean(), network: text, gateway: fc.nat(), isForwarder: fc.boolean() },
  { requiredKeys: ["segment", "isNumbered"] },
);
const endpoint = fc.record(
  {
    kind: fc.constantFrom("vm" as const, "server" as const, "external" as const),
    device: fc.nat(),
    nics: fc.array(nic, { maxLength: 2 }),
    memoryMiB: fc.integer({ min: 1, max: 65_536 }),
    hasPort: fc.boolean(),
  },
  { requiredKeys: ["kind", "device", "nics", "hasPort"] },
);
const service = fc.record(
  {
    kind: fc.constantFrom("firewall" as const, "load-balancer" as const, "nat" as const),
    device: fc.nat(),
    isStateful: tri,
    syncsState: tri,
    isClustered: fc.boolean(),
  },
  { requiredKeys: ["kind", "device", "isStateful", "isClustered"] },
);
const flow = fc.record(
  {
    from: fc.nat(),
    to: fc.nat(),
    rateBps: rate,
    reverseRateBps: rate,
    state: fc.constantFrom("pinned" as const, "new" as const),
    via: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
    trafficClass,
  },
  { requiredKeys: ["from", "to", "rateBps"] },
);
const hostRoute = fc.record(
  {
    mode: fc.constantFrom("prefix" as const, "lisp-extended" as const, "vmto" as const),
    metrics: fc.array(fc.option(fc.nat(1000)), { maxLength: 2 }),
    convergeMs: fc.nat(60_000),
  },
  { requiredKeys: ["mode", "metrics"] },
);

/** Enough for any kind of entry; a kind takes the first ones. */
const names = fc.uniqueArray(text, { minLength: 12, maxLength: 12 });

export const fabricParts = fc.record({
  names,
  sites: fc.nat(2),
  segments: fc.array(segment, { maxLength: 4 }),
  devices: fc.array(device, { maxLength: 5 }),
  /** The first two devices are one MLAG domain; one with two ports has them in one group. */
  isPaired: fc.boolean(),
  isAggregated: fc.boolean(),
  links: fc.array(link, { maxLength: 5 }),
  gateways: fc.array(gateway, { maxLength: 3 }),
  hostRoutes: fc.array(hostRoute, { maxLength: 2 }),
  services: fc.array(service, { maxLength: 3 }),
  endpoints: fc.array(endpoint, { maxLength: 4 }),
  flows: fc.array(flow, { maxLength: 4 }),
  hasCluster: fc.boolean(),
});

type FabricParts = typeof fabricParts extends fc.Arbitrary<infer Parts> ? Parts : never;
export type Drawn<Kind extends keyof FabricParts> = FabricParts[Kind] extends readonly (infer Part)[] ? Part : never;
export type { FabricParts };
