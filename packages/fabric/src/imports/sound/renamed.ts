/** The same fabric with other names: every object and whatever refers to it. */
import type { Device, Fabric } from "../../fabric.ts";
import type { FabricEnd } from "../../ports.ts";

/** New names by old ones; what stands in none keeps its name. */
export interface Renaming {
  readonly sites?: ReadonlyMap<string, string>;
  readonly segments?: ReadonlyMap<string, string>;
  readonly devices?: ReadonlyMap<string, string>;
  readonly gateways?: ReadonlyMap<string, string>;
  readonly endpoints?: ReadonlyMap<string, string>;
  readonly clusters?: ReadonlyMap<string, string>;
  /** Aggregation groups, MLAG domains and VRFs, which are names without an object. */
  readonly labels?: ReadonlyMap<string, string>;
  /** By the old name of the device, then of the port. */
  readonly ports?: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export function renamed(fabric: Fabric, to: Renaming): Fabric {
  const named = (map: ReadonlyMap<string, string> | undefined) => (name: string) => map?.get(name) ?? name;
  const [site, segment, device, gateway] = [named(to.sites), named(to.segments), named(to.devices), named(to.gateways)];
  const [endpoint, cluster, label] = [named(to.endpoints), named(to.clusters), named(to.labels)];
  const port = (on: string, name: string): string => to.ports?.get(on)?.get(name) ?? name;
  const end = (at: FabricEnd): FabricEnd => ({ device: device(at.device), port: port(at.device, at.port) });
  return {
    sites: fabric.sites.map((one) => ({ name: site(one.name) })),
    segments: fabric.segments.map((one) => ({
      ...one,
      name: segment(one.name),
      ...optional("sites", one.sites?.map(site)),
      ...optional("vrf", one.vrf === undefined ? undefined : label(one.vrf)),
      ...optional("vlanBySite", one.vlanBySite === undefined ? undefined : keysRenamed(one.vlanBySite, site)),
    })),
    devices: fabric.devices.map((one) => deviceRenamed(one)),
    links: fabric.links.map((one) => ({
      ...one,
      a: end(one.a),
      b: end(one.b),
      ...optional(
        "filters",
        one.filters === undefined
          ? undefined
          : { ...one.filters, ...optional("gateways", one.filters.gateways?.map(gateway)) },
      ),
    })),
    gateways: fabric.gateways.map((one) => ({
      ...one,
      name: gateway(one.name),
      segment: segment(one.segment),
      members: one.members.map((member) => ({ ...member, device: device(member.device) })),
      ...optional("intendedActive", one.intendedActive === undefined ? undefined : device(one.intendedActive)),
    })),
    hostRoutes: fabric.hostRoutes.map((one) => ({
      ...one,
      segment: segment(one.segment),
      ingress: one.ingress.map((ingress) => ({ ...ingress, site: site(ingress.site) })),
    })),
    services: fabric.services.map((one) => ({ ...one, device: device(one.device) })),
    endpoints: fabric.endpoints.map((one) => ({
      ...one,
      name: endpoint(one.name),
      device: device(one.device),
      ...optional("port", one.port === undefined ? undefined : port(one.device, one.port)),
      nics: one.nics.map((nic) => ({
        ...nic,
        segment: segment(nic.segment),
        ...optional("gateway", nic.gateway === undefined ? undefined : gateway(nic.gateway)),
        ...optional("forwarder", nic.forwarder === undefined ? undefined : device(nic.forwarder)),
      })),
    })),
    flows: fabric.flows.map((one) => ({ ...one, from: endpoint(one.from), to: endpoint(one.to) })),
    clusters: fabric.clusters.map((one) => ({ name: cluster(one.name), hosts: one.hosts.map(device) })),
  };

  function deviceRenamed(one: Device): Device {
    return {
      ...one,
      name: device(one.name),
      ports: one.ports.map((known) => ({
        ...known,
        name: port(one.name, known.name),
        ...optional("lag", known.lag === undefined ? undefined : label(known.lag)),
      })),
      ...optional("site", one.site === undefined ? undefined : site(one.site)),
      ...optional("mlag", one.mlag === undefined ? undefined : label(one.mlag)),
      ...optional(
        "interfaces",
        one.interfaces?.map((known) => ({ ...known, segment: segment(known.segment) })),
      ),
      ...optional(
        "migration",
        one.migration === undefined ? undefined : { ...one.migration, segment: segment(one.migration.segment) },
      ),
    };
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

function keysRenamed<V>(
  mapping: Readonly<Record<string, V>>,
  to: (key: string) => string,
): Readonly<Record<string, V>> {
  return Object.fromEntries(Object.entries(mapping).map(([key, value]) => [to(key), value] as const));
}
