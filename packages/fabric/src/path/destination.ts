/**
 * Where a packet is to go, as routers know it: the device that it must get to, the subnet that its address belongs to, and
 * which routers say that they lead there.
 *
 * In a stretched segment the subnet says nothing about the site. Where host routes follow the endpoint, the routers of its
 * site advertise its address alone, and the longer prefix wins; where only the prefix is advertised, the sites of the
 * policy do, lowest metric first.
 */
import type { IpAddress } from "../address/ip.ts";
import { parseInterfaceAddress, parsePrefix, prefixKey, prefixOf } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { HostRoutePolicy } from "../fabric.ts";
import { isRouter, routersIn } from "./routers.ts";

export interface Destination {
  readonly device: string;
  /** Where it is bridged to the device at last; left out where the device itself is the goal. */
  readonly segment?: string;
  /** Whose subnet the address is of: another one than `segment` where LISP moves it across subnets. */
  readonly home?: string;
  readonly address?: IpAddress;
  /** Routers that advertise the address alone. */
  readonly hostRoute: readonly string[];
  /** Routers that advertise its prefix. */
  readonly prefixRoute: readonly Advertiser[];
  /** Equal for destinations that every router treats alike. */
  readonly key: string;
}

export interface Advertiser {
  readonly device: string;
  readonly metric: number;
}

export interface EndpointPlace {
  readonly device: string;
  /** What the endpoint is attached to there. */
  readonly segment: string;
  /** Its NIC's own segment. */
  readonly home: string;
  readonly address: string | undefined;
  /** The site that host routes point to, and the segment in which the endpoint was there. */
  readonly routed: { readonly site: string | undefined; readonly segment: string };
}

const policies = memoTable<ReadonlyMap<string, HostRoutePolicy>>("host-route policies by segment");
const advertisers = memoTable<readonly Advertiser[]>("advertisers of a prefix");
const declared = memoTable<DeclaredPrefixes>("declared prefixes");
const addressClasses = memoTable<string>("declared prefixes of an address");

export function policyOf(index: FabricIndex, segment: string): HostRoutePolicy | undefined {
  return index
    .remember(policies, "", () => new Map(index.fabric.hostRoutes.map((policy) => [policy.segment, policy])))
    .get(segment);
}

export function endpointDestination(index: FabricIndex, place: EndpointPlace): Destination {
  const { device, segment, home, routed } = place;
  const address = place.address === undefined ? undefined : parseInterfaceAddress(place.address);
  const policy = policyOf(index, home);
  const follows = policy !== undefined && policy.mode !== "prefix";
  const hostRoute =
    follows && routed.site !== undefined
      ? routersIn(index, routed.segment).filter(
          (router) => isRouter(index, router) && index.siteOf(router) === routed.site,
        )
      : [];
  return {
    device,
    segment,
    home,
    ...(address === undefined ? {} : { address }),
    hostRoute,
    prefixRoute: index.remember(advertisers, home, () => prefixAdvertisers(index, home, policy)),
    key: [
      device,
      segment,
      home,
      follows ? `${routed.site}/${routed.segment}` : "",
      addressClass(index, place.address),
    ].join("\u0000"),
  };
}

/** A box that traffic is led through, or what is outside: it advertises itself. */
export function deviceDestination(index: FabricIndex, device: string, address?: string): Destination {
  const own =
    address ??
    index
      .device(device)
      ?.interfaces?.map((one) => one.address)
      .toSorted()[0];
  const parsed = own === undefined ? undefined : parseInterfaceAddress(own);
  return {
    device,
    ...(parsed === undefined ? {} : { address: parsed }),
    hostRoute: [],
    prefixRoute: [{ device, metric: 0 }],
    key: [device, addressClass(index, own)].join("\u0000"),
  };
}

/** Bits of the subnet that the address stands in; 0 where no subnet of the segment is known to hold it. */
export function subnetLength(index: FabricIndex, segment: string, address: IpAddress | undefined): number {
  const prefixes = (index.segment(segment)?.subnets ?? []).flatMap((subnet) => parsePrefix(subnet) ?? []);
  const fitting = prefixes.filter(
    ({ network, length }) =>
      address === undefined || prefixKey({ network, length }) === prefixKey(prefixOf(address, length)),
  );
  return Math.max(0, ...fitting.map(({ length }) => length));
}

function prefixAdvertisers(
  index: FabricIndex,
  segment: string,
  policy: HostRoutePolicy | undefined,
): readonly Advertiser[] {
  const routers = routersIn(index, segment).filter((router) => isRouter(index, router));
  const sites = policy?.ingress ?? [];
  if (sites.length === 0) return routers.map((device) => ({ device, metric: 0 }));
  return routers.flatMap((device) => {
    const entries = sites.filter(({ site }) => site === index.siteOf(device)).map(({ metric = 0 }) => metric);
    return entries.length === 0 ? [] : [{ device, metric: Math.min(...entries) }];
  });
}

interface DeclaredPrefixes {
  readonly keys: ReadonlySet<string>;
  readonly lengths: readonly number[];
}

/** Which of the prefixes that any device has a route for hold the address: routes cannot tell such addresses apart. */
function addressClass(index: FabricIndex, text: string | undefined): string {
  if (text === undefined) return "";
  return index.remember(addressClasses, text, () => {
    const { keys, lengths } = index.remember(declared, "", () => declaredPrefixes(index));
    const address = parseInterfaceAddress(text);
    if (address === undefined) return "";
    return lengths
      .map((length) => prefixKey(prefixOf(address, length)))
      .filter((key) => keys.has(key))
      .join(" ");
  });
}

function declaredPrefixes(index: FabricIndex): DeclaredPrefixes {
  const prefixes = index.fabric.devices.flatMap(({ routes = [] }) =>
    routes.flatMap(({ prefix }) => parsePrefix(prefix) ?? []),
  );
  return {
    keys: new Set(prefixes.map(prefixKey)),
    lengths: [...new Set(prefixes.map(({ length }) => length))].toSorted((left, right) => left - right),
  };
}
