/**
 * The shape of a fabric document: sections of entries, all of which may be left out. It is close to the type Fabric, but
 * written for people: rates and times with units, ports by one word, names where a mapping would say no more.
 *
 * A key that names its unit (helloMs, memoryMiB) takes a plain number; one that does not takes a value with its unit.
 * What entries owe each other is checked afterwards, in check/.
 */
import { z } from "zod";
import { vlanMax, vlanMin } from "../fix/vlan-sets.ts";
import { device, mtu, trafficClass } from "./device-schema.ts";
import { entry, list, oneOrMany, section, table } from "./entry.ts";
import { lesson, notA } from "./lesson.ts";
import { address, flag, mac, name, oneOf, portName, rate, segmentName, subnet, timeUs, tri, whole } from "./scalars.ts";

const metric = whole("metric", 0, 4_294_967_295);
const vlan = whole("VLAN", vlanMin, vlanMax);
/** An hour: no hello and no routing protocol is slower. */
const ms = whole("time in milliseconds", 0, 3_600_000);

/** A name alone, where the entry would say no more than it. */
function named<Entry extends z.ZodType>(key: string, what: string, full: Entry) {
  return z.union([name.transform((value) => ({ [key]: value }) as z.output<Entry>), full], {
    error: ({ input }) => notA(input, what, `Write its name, or { ${key}: … }.`),
  });
}

const site = named("name", "site", entry("site", { name }));

const segment = entry("segment", {
  name: segmentName,
  vlan,
  vlanBySite: table("VLANs by site", vlan).optional(),
  sites: oneOrMany("sites", name).optional(),
  // RFC 7348, section 5: 24 bits.
  vni: whole("VNI", 1, 16_777_215).optional(),
  vrf: name.optional(),
  subnets: oneOrMany("subnets", subnet).optional(),
  mtu: mtu.optional(),
});

const endHint = "Write device/port such as h1/up0, or { device: h1, port: up0 }.";
const endText = z
  .string()
  .regex(/^[^/]+\/./, { error: ({ input }) => notA(input, "end of a link", endHint) })
  .transform((written) => {
    const at = written.indexOf("/");
    return { device: written.slice(0, at), port: written.slice(at + 1) };
  })
  .meta({ description: "device/port, h1/up0" });
const end = z.union([endText, entry("end of a link", { device: name, port: portName })], {
  error: ({ input }) => notA(input, "end of a link", endHint),
});

interface EachWay {
  readonly forward?: number | undefined;
  readonly back?: number | undefined;
}

/** A rate or time of a link: the same both ways, each way, or nothing known. */
function eachWay(what: string, known: typeof rate, example: string) {
  const hint = `Write ${example}, { forward: ${example}, back: ${example} } or unknown.`;
  const bothWays = known.transform((forward): EachWay => ({ forward }));
  const unknown = z.literal("unknown").transform((): EachWay => ({}));
  const apart = entry(what, { forward: known.optional(), back: known });
  return z.union([bothWays, unknown, apart], {
    error: ({ input }) => notA(input, what, hint),
  });
}

const link = entry("link", {
  a: end,
  b: end,
  kind: oneOf("kind of link", ["wire", "peer-link", "dci"]).optional(),
  capacity: eachWay("capacity", rate, "10G").optional(),
  latency: eachWay("latency", timeUs, "50us").optional(),
  up: flag.optional(),
  dci: entry("interconnect", {
    technology: oneOf("way of joining sites", ["dark-fibre", "vpls", "otv", "vxlan", "evpn"]),
    overheadBytes: whole("number of bytes", 0, 1000).optional(),
    floodsUnknownUnicast: tri.optional(),
    carriesBpdus: tri.optional(),
  }).optional(),
  filters: entry("filter", {
    hello: tri.optional(),
    virtualMac: tri.optional(),
    gatewayArp: tri.optional(),
    gateways: oneOrMany("gateways", name).optional(),
  }).optional(),
  moveBudget: entry("budget", {
    moves: whole("number of moves", 1, 1000).optional(),
    rate: rate.optional(),
  }).optional(),
});

const member = named(
  "device",
  "member of a gateway",
  entry("member of a gateway", {
    device: name,
    address: address.optional(),
    // One byte in HSRP (RFC 2281, 5.1), VRRP (RFC 9568, 5.2.4) and GLBP.
    priority: whole("priority", 0, 255).optional(),
    preempts: flag.optional(),
    weight: whole("weight", 1, 254).optional(),
    up: flag.optional(),
    incumbent: flag.optional(),
    hasAddress: tri.optional(),
  }),
);

const gateway = entry("gateway", {
  name,
  segment: name,
  kind: oneOf("kind of gateway", ["hsrp", "vrrp", "glbp", "anycast", "mlag", "central", "proxy", "static"]),
  address,
  mac: mac.optional(),
  group: whole("group number", 0, 4095).optional(),
  helloMs: ms.optional(),
  holdMs: ms.optional(),
  peerGateway: tri.optional(),
  intendedActive: name.optional(),
  members: list("members", member).min(1, {
    error: lesson("the gateway has no members", "Name the devices that have its address."),
  }),
});

const hostRoute = entry("policy of host routes", {
  segment: name,
  mode: oneOf("mode of host routes", ["prefix", "lisp-extended", "lisp-across", "route-injection", "vmto"]),
  ingress: list("sites", named("site", "site", entry("site", { site: name, metric: metric.optional() }))),
  convergeMs: ms.optional(),
});

const service = entry("service", {
  name,
  kind: oneOf("kind of service", ["firewall", "load-balancer", "nat"]),
  device: name,
  stateful: tri.optional(),
  cluster: name.optional(),
  syncsState: tri.optional(),
});

const endpoint = entry("endpoint", {
  name,
  kind: oneOf("kind of endpoint", ["vm", "server", "external"]).optional(),
  device: name,
  port: portName.optional(),
  memoryMiB: whole("number of MiB", 1, 1_073_741_824).optional(),
  nics: list(
    "NICs",
    entry("NIC", {
      segment: name,
      mac: mac.optional(),
      addresses: oneOrMany("addresses", address).optional(),
      network: name.optional(),
      gateway: name.optional(),
      forwarder: name.optional(),
    }),
  ).optional(),
});

const flow = entry("flow", {
  name: name.optional(),
  from: name,
  to: name,
  rate,
  reverseRate: rate.optional(),
  state: oneOf("state of a flow", ["pinned", "new"]).optional(),
  via: oneOrMany("services", name).optional(),
  class: trafficClass.optional(),
});

export const documentSchema = entry("fabric document", {
  defaults: entry("section of defaults", {
    capacity: rate.optional(),
    latency: timeUs.optional(),
    mtu: mtu.optional(),
  }).nullish(),
  sites: section("sites", site),
  segments: section("segments", segment),
  devices: section("devices", device),
  links: section("links", link),
  gateways: section("gateways", gateway),
  hostRoutes: section("policies of host routes", hostRoute),
  services: section("services", service),
  endpoints: section("endpoints", endpoint),
  flows: section("flows", flow),
  clusters: section("clusters", entry("cluster", { name, hosts: oneOrMany("hosts", name) })),
});

export type SegmentPart = z.output<typeof segment>;
export type LinkPart = z.output<typeof link>;
export type GatewayPart = z.output<typeof gateway>;
export type HostRoutePart = z.output<typeof hostRoute>;
export type ServicePart = z.output<typeof service>;
export type EndpointPart = z.output<typeof endpoint>;
export type FlowPart = z.output<typeof flow>;
export type FabricDocument = z.output<typeof documentSchema>;
