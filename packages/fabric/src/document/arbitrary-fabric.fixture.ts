/**
 * Small fabrics for properties. Every one of them is valid: it is what parseFabricDocument() may return. What refers to
 * another part was drawn as a number and is taken modulo what there is, so that a shrunk fabric stays valid.
 */
import type fc from "fast-check";
import type { Device, Endpoint, Fabric, Flow, Gateway, Link, Segment, Service } from "../fabric.ts";
import { fabricParts } from "./arbitrary-parts.fixture.ts";
import type { Drawn, FabricParts } from "./arbitrary-parts.fixture.ts";
import { defined } from "./defined.ts";

/** Copied, because records are drawn with and without a prototype, and documents have none of the latter. */
export const arbitraryFabric: fc.Arbitrary<Fabric> = fabricParts.map((parts) => structuredClone(assemble(parts)));

function assemble(parts: FabricParts): Fabric {
  const { names } = parts;
  const sites = names.slice(0, parts.sites).map((name) => ({ name }));
  const segmentNames = names.filter((name) => !/^(?:all|unknown|\d+|\d+-\d+)$/.test(name));
  const segments = parts.segments.map((part, index) => segmentOf(part, index, segmentNames, sites));
  const devices = parts.devices.map((part, index) => deviceOf(part, index, parts, sites, segments));
  const wiring = linksOf(parts.links, devices);
  const gateways = parts.gateways.flatMap((part, index) => gatewayOf(part, index, names, segments, devices));
  const services = parts.services.flatMap((part, index) => serviceOf(part, index, names, devices));
  const endpoints = parts.endpoints.flatMap((part, index) =>
    endpointOf(part, index, names, { segments, devices, gateways, free: wiring.free }),
  );
  const hosts = devices.filter(({ kind }) => kind === "host").map(({ name }) => name);
  return {
    sites,
    segments,
    devices,
    links: wiring.links,
    gateways,
    hostRoutes: segments.slice(0, parts.hostRoutes.length).flatMap(({ name }, index) => {
      const { metrics = [], mode = "prefix", ...rest } = parts.hostRoutes[index] ?? {};
      const ingress = sites.slice(0, metrics.length).map((site, at) => {
        const metric = metrics[at];
        return typeof metric === "number" ? { site: site.name, metric } : { site: site.name };
      });
      return [{ segment: name, mode, ingress, ...rest }];
    }),
    services,
    endpoints,
    flows: parts.flows.flatMap((part, index) => flowOf(part, index, names, endpoints, services)),
    clusters: parts.hasCluster && hosts.length > 0 ? [{ name: names[0] ?? "", hosts }] : [],
  };
}

function at<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[index % Math.max(1, items.length)];
}

/** The address of a member of the segment with that number, if the segment has a subnet. */
function addressIn(segment: Segment | undefined, host: number): string | undefined {
  const [subnet] = segment?.subnets ?? [];
  if (subnet === undefined) return undefined;
  const network = subnet.split("/")[0] ?? "";
  return network.endsWith("::") ? `${network}${(host + 1).toString(16)}` : network.replace(/0$/, String(host + 1));
}

function segmentOf(part: Drawn<"segments">, index: number, names: readonly string[], sites: Fabric["sites"]): Segment {
  const { hasSubnet, isIpv6, hasSiteNumbers, isEverywhere, hasVni, ...rest } = part;
  const subnet = isIpv6 ? `2001:db8:${index + 1}::/64` : `10.1.${index}.0/24`;
  const [first] = sites;
  return defined({
    ...rest,
    name: names[index] ?? "",
    vlan: 10 + index,
    subnets: hasSubnet ? [subnet] : [],
    vni: hasVni ? 10_010 + index : undefined,
    sites: isEverywhere || first === undefined ? undefined : [first.name],
    vlanBySite: hasSiteNumbers && first !== undefined ? { [first.name]: 100 + index } : undefined,
  });
}

function deviceOf(
  part: Drawn<"devices">,
  index: number,
  { names, isPaired, isAggregated, devices }: FabricParts,
  sites: Fabric["sites"],
  segments: readonly Segment[],
): Device {
  const { site, interfaces, routes, migration, ports, ...rest } = part;
  const [first, second] = ports;
  const isGroup = isAggregated && first !== undefined && second !== undefined;
  const own = interfaces?.flatMap((number) => interfaceOf(segments[number], index));
  const hop = addressIn(segments[interfaces?.find((number) => segments[number] !== undefined) ?? -1], 250);
  const foot = migration === undefined ? undefined : at(segments, migration);
  const lag = `po${index}`;
  return defined({
    ...rest,
    name: names[index] ?? "",
    site: site === undefined ? undefined : at(sites, site)?.name,
    mlag: isPaired && devices.length > 1 && index < 2 ? "pair" : undefined,
    ports: ports.map((port, number) => ({
      ...port,
      name: `Eth1/${number}`,
      ...(isGroup && number < 2 ? { vlans: first.vlans, lag } : {}),
    })),
    interfaces: own,
    routes: hop === undefined ? undefined : routes?.map((route) => ({ prefix: "0.0.0.0/0", via: hop, ...route })),
    migration: foot && { segment: foot.name, address: addressIn(foot, 200 + index) ?? "192.0.2.1" },
  });
}

function interfaceOf(segment: Segment | undefined, device: number): NonNullable<Device["interfaces"]> {
  const address = addressIn(segment, 10 + device);
  if (segment === undefined || address === undefined) return [];
  return [{ segment: segment.name, address: `${address}/${address.includes(":") ? 64 : 24}` }];
}

interface Wiring {
  readonly links: readonly Link[];
  /** `device/port` of those that no link ends at. */
  readonly free: ReadonlySet<string>;
}

/** One after the other, between the first free ports of two devices; of a group of ports only the first is used. */
function linksOf(parts: readonly Drawn<"links">[], devices: readonly Device[]): Wiring {
  const free = new Map(devices.map(({ name, ports }) => [name, ports.map((port) => port.name)]));
  const left = new Set(devices.flatMap(({ name, ports }) => ports.map((port) => `${name}/${port.name}`)));
  const links = parts.flatMap(({ isInterconnect, dci, ...rest }): readonly Link[] => {
    const [a, b] = devices.filter(({ name }) => (free.get(name) ?? []).length > 0);
    const [portA, portB] = [free.get(a?.name ?? "")?.shift(), free.get(b?.name ?? "")?.shift()];
    if (a === undefined || b === undefined || portA === undefined || portB === undefined) return [];
    for (const { name } of [a, b])
      free.set(
        name,
        (free.get(name) ?? []).filter((port) => port !== "Eth1/1"),
      );
    left.delete(`${a.name}/${portA}`);
    left.delete(`${b.name}/${portB}`);
    const mayJoinSites = a.site === undefined || a.site !== b.site;
    const kind =
      isInterconnect && mayJoinSites ? "dci" : a.mlag !== undefined && a.mlag === b.mlag ? "peer-link" : "wire";
    const ends = { a: { device: a.name, port: portA }, b: { device: b.name, port: portB } };
    return [{ ...rest, ...ends, kind, ...(kind === "dci" && dci !== undefined ? { dci } : {}) }];
  });
  return { links, free: left };
}

function gatewayOf(
  part: Drawn<"gateways">,
  index: number,
  names: readonly string[],
  segments: readonly Segment[],
  devices: readonly Device[],
): readonly Gateway[] {
  const { segment: number, group, members: drawn, isIntended, ...rest } = part;
  const segment = at(segments, number);
  const address = addressIn(segment, 252 + index) ?? "192.0.2.254";
  const count = rest.kind === "static" ? 1 : devices.length;
  const members = drawn.slice(0, count).flatMap(({ isNumbered, ...member }, at) => {
    const device = devices[at];
    if (device === undefined || segment === undefined) return [];
    const own = device.interfaces?.find((candidate) => candidate.segment === segment.name)?.address.split("/")[0];
    return [
      defined({
        ...member,
        device: device.name,
        address: isNumbered ? (own ?? addressIn(segment, 20 + at)) : undefined,
      }),
    ];
  });
  const [first] = members;
  if (segment === undefined || first === undefined) return [];
  const hasGroup = rest.kind === "hsrp" || rest.kind === "vrrp" || rest.kind === "glbp";
  return [
    defined({
      ...rest,
      name: names[index] ?? "",
      segment: segment.name,
      address,
      group: hasGroup ? group : undefined,
      members,
      intendedActive: isIntended ? first.device : undefined,
    }),
  ];
}

function serviceOf(
  part: Drawn<"services">,
  index: number,
  names: readonly string[],
  devices: readonly Device[],
): readonly Service[] {
  const { device: number, isClustered, ...rest } = part;
  const device = at(devices, number);
  if (device === undefined) return [];
  const cluster = isClustered ? { cluster: "a cluster of services" } : {};
  return [{ ...rest, ...cluster, name: names[index] ?? "", device: device.name }];
}

interface Surroundings extends Pick<Fabric, "segments" | "devices" | "gateways"> {
  readonly free: ReadonlySet<string>;
}

function endpointOf(
  part: Drawn<"endpoints">,
  index: number,
  names: readonly string[],
  { segments, devices, gateways, free }: Surroundings,
): readonly Endpoint[] {
  const { device: number, nics, hasPort, ...rest } = part;
  const device = at(rest.kind === "vm" ? devices.filter(({ kind }) => kind === "host") : devices, number);
  if (device === undefined) return [];
  const port = device.ports.find(({ name }) => free.has(`${device.name}/${name}`))?.name;
  const written = nics.flatMap(({ isNumbered, isForwarder, ...nic }, number) => {
    const segment = at(segments, nic.segment);
    const gateway = nic.gateway === undefined ? undefined : gateways.find((one) => one.segment === segment?.name);
    const address = isNumbered ? addressIn(segment, 100 + index * 2 + number) : undefined;
    return segment === undefined
      ? []
      : [
          defined({
            ...nic,
            segment: segment.name,
            addresses: address === undefined ? [] : [address],
            gateway: gateway?.name,
            forwarder: isForwarder ? gateway?.members[0]?.device : undefined,
          }),
        ];
  });
  return [
    defined({
      ...rest,
      name: names[index] ?? "",
      device: device.name,
      port: hasPort ? port : undefined,
      nics: written,
    }),
  ];
}

function flowOf(
  part: Drawn<"flows">,
  index: number,
  names: readonly string[],
  endpoints: readonly Endpoint[],
  services: readonly Service[],
): readonly Flow[] {
  const { from: source, to: target, via, ...rest } = part;
  const from = at(endpoints, source);
  const to = at(
    endpoints.filter((endpoint) => endpoint !== from),
    target,
  );
  if (from === undefined || to === undefined) return [];
  const led = via?.flatMap((number) => services[number]?.cluster ?? services[number]?.name ?? []);
  return [defined({ ...rest, name: names[index] ?? "", from: from.name, to: to.name, via: led })];
}
