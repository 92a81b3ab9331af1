/**
 * Small fabrics in few words, for tests. Everything that a text leaves out has a plain default, and every object may be
 * written in full instead.
 *
 *     buildFabric({
 *       segments: { web: 10, db: { vlan: 20, subnets: ["10.1.20.0/24"] } },
 *       devices: { sw1: { spanningTree: { mode: "rstp" } } },
 *       ports: { "sw1/p2": "trunk 20 native 1" },
 *       links: ["h1/up0 sw1/p1", ["sw1/p2 sw2/p1", { capacityBps: 40e9 }]],
 *       endpoints: { vm1: "h1 web 10.1.10.5" },
 *       flows: { f1: "vm1 vm2 100" },
 *     })
 *
 * Devices and ports that only links name exist. Kinds follow the names: h1 host, r1 router, fw1 firewall, lb1 load
 * balancer, ext1 external, anything else a switch. Ports are `trunk all`. Links have 10 Gbit/s and 5 µs. Rates are Mbit/s.
 */
import type {
  Cluster,
  Device,
  DeviceKind,
  Endpoint,
  Fabric,
  Flow,
  Gateway,
  HostRoutePolicy,
  Link,
  Port,
  Segment,
  Service,
} from "./fabric.ts";
import { emptyFabric } from "./fabric.ts";
import type { FabricEnd, PortVlans } from "./ports.ts";

type Unnamed<Thing> = Partial<Omit<Thing, "name">>;

export interface FabricWords {
  readonly sites?: readonly string[];
  /** A VLAN number, or the segment. */
  readonly segments?: Readonly<Record<string, number | (Unnamed<Segment> & { readonly vlan: number })>>;
  readonly devices?: Readonly<Record<string, DeviceKind | Unnamed<Omit<Device, "ports">>>>;
  /** `device/port` to the words of portVlans(), or to parts of a port. */
  readonly ports?: Readonly<Record<string, string | Unnamed<Port>>>;
  /** `h1/up0 sw1/p1`. */
  readonly links?: readonly (string | readonly [string, Partial<Omit<Link, "a" | "b">>])[];
  readonly gateways?: Readonly<
    Record<
      string,
      Omit<Gateway, "name" | "members"> & { readonly members: readonly (string | Gateway["members"][number])[] }
    >
  >;
  readonly hostRoutes?: readonly HostRoutePolicy[];
  readonly services?: Readonly<Record<string, Omit<Service, "name">>>;
  /** `device segment [address…]`: a VM with one NIC. */
  readonly endpoints?: Readonly<Record<string, string | Omit<Endpoint, "name">>>;
  /** `from to Mbit/s [Mbit/s back]`. */
  readonly flows?: Readonly<Record<string, string | Omit<Flow, "name">>>;
  readonly clusters?: Readonly<Record<string, readonly string[]>>;
}

export function buildFabric(words: FabricWords): Fabric {
  const links = (words.links ?? []).map(linkOf);
  return {
    ...emptyFabric,
    sites: (words.sites ?? sitesNamed(words)).map((name) => ({ name })),
    segments: Object.entries(words.segments ?? {}).map(([name, segment]): Segment => {
      const parts = typeof segment === "number" ? { vlan: segment } : segment;
      return { subnets: [], ...parts, name };
    }),
    devices: devicesOf(words, links),
    links,
    gateways: Object.entries(words.gateways ?? {}).map(([name, gateway]): Gateway => ({
      ...gateway,
      name,
      members: gateway.members.map((member) => (typeof member === "string" ? { device: member } : member)),
    })),
    hostRoutes: words.hostRoutes ?? [],
    services: Object.entries(words.services ?? {}).map(([name, service]): Service => ({ ...service, name })),
    endpoints: Object.entries(words.endpoints ?? {}).map(([name, endpoint]) => endpointOf(name, endpoint)),
    flows: Object.entries(words.flows ?? {}).map(([name, flow]) => flowOf(name, flow)),
    clusters: Object.entries(words.clusters ?? {}).map(([name, hosts]): Cluster => ({ name, hosts })),
  };
}

/** `access 10`, `trunk all`, `trunk 10,20 native 1`, `trunk none`, `unknown`. */
export function portVlans(text: string): PortVlans {
  const [kind, list = "all", , native] = text.split(" ");
  if (kind === "unknown") return { kind, why: "nobody could read it" };
  if (kind === "access") return { kind, tag: Number(list) };
  if (kind !== "trunk") throw new Error(`a port is access, trunk or unknown, not ${text}`);
  const trunks = list === "all" ? list : list === "none" ? [] : list.split(",").map(Number);
  return { kind, trunks, ...(native === undefined ? {} : { native: Number(native) }) };
}

/** `sw1/p1`. */
export function fabricEnd(text: string): FabricEnd {
  const slash = text.indexOf("/");
  if (slash < 1) throw new Error(`an end is written device/port, not ${text}`);
  return { device: text.slice(0, slash), port: text.slice(slash + 1) };
}

function linkOf(words: string | readonly [string, Partial<Omit<Link, "a" | "b">>]): Link {
  const [text, parts] = typeof words === "string" ? [words, {}] : words;
  const [a = "", b = ""] = text.split(" ");
  return { capacityBps: 10e9, latencyUs: 5, ...parts, a: fabricEnd(a), b: fabricEnd(b) };
}

function devicesOf(words: FabricWords, links: readonly Link[]): readonly Device[] {
  const ports = new Map<string, Map<string, Port>>(Object.keys(words.devices ?? {}).map((name) => [name, new Map()]));
  const add = (end: FabricEnd, parts: Unnamed<Port>): void => {
    const own = ports.get(end.device) ?? new Map<string, Port>();
    ports.set(end.device, own);
    own.set(end.port, { ...(own.get(end.port) ?? { vlans: portVlans("trunk all") }), ...parts, name: end.port });
  };
  for (const link of links) for (const end of [link.a, link.b]) add(end, {});
  for (const [text, port] of Object.entries(words.ports ?? {}))
    add(fabricEnd(text), typeof port === "string" ? { vlans: portVlans(port) } : port);
  return [...ports].map(([name, own]) => {
    const said = words.devices?.[name] ?? {};
    const parts = typeof said === "string" ? { kind: said } : said;
    return { kind: kindByName(name), ...parts, name, ports: [...own.values()] };
  });
}

function kindByName(name: string): DeviceKind {
  const kinds: Readonly<Record<string, DeviceKind>> = {
    h: "host",
    r: "router",
    fw: "firewall",
    lb: "load-balancer",
    ext: "external",
  };
  return kinds[/^[a-z]+(?=\d*$)/.exec(name)?.[0] ?? ""] ?? "switch";
}

/** The sites that devices name, for fabrics that do not list them. */
function sitesNamed(words: FabricWords): readonly string[] {
  const sites = Object.values(words.devices ?? {}).flatMap((device) =>
    typeof device === "string" || device.site === undefined ? [] : [device.site],
  );
  return [...new Set(sites)].toSorted();
}

function endpointOf(name: string, words: string | Omit<Endpoint, "name">): Endpoint {
  if (typeof words !== "string") return { ...words, name };
  const [device = "", segment = "", ...addresses] = words.split(" ");
  return { name, kind: "vm", device, nics: [{ segment, addresses }] };
}

function flowOf(name: string, words: string | Omit<Flow, "name">): Flow {
  if (typeof words !== "string") return { ...words, name };
  const [from = "", to = "", rate = "0", back] = words.split(" ");
  const reverse = back === undefined ? {} : { reverseRateBps: Number(back) * 1e6 };
  return { name, from, to, rateBps: Number(rate) * 1e6, ...reverse };
}
