/**
 * A fabric, made ready for questions: everything by name, links from each of their ends, endpoints by place and segment,
 * addresses to segments. A million questions about paths each cost a few look-ups.
 *
 * Invariants:
 * - Pure from outside: what is asked twice has the same answer. The memory behind `remember` only saves work.
 * - Lists come sorted by name or link id, so no answer depends on the order of the document.
 * - An index belongs to one fabric value. Another placement of endpoints is an argument (`Placement`), another fabric is
 *   another index.
 */
import type { IpAddress } from "./address/ip.ts";
import { parseAddress, parsePrefix, prefixKey, prefixOf } from "./address/ip.ts";
import type { Cluster, Device, Endpoint, Fabric, Flow, Gateway, Link, Port, Segment, Service, Site } from "./fabric.ts";
import { linkId } from "./migration-path.ts";
import type { PlannedMove } from "./path/way.ts";
import type { FabricEnd } from "./ports.ts";

/** A link as one of its devices sees it: the figures are those of the direction from `near` to `far`. */
export interface LinkView {
  readonly id: string;
  readonly link: Link;
  readonly near: FabricEnd;
  readonly far: FabricEnd;
  /** Undefined where the device does not describe the port. */
  readonly nearPort: Port | undefined;
  readonly farPort: Port | undefined;
  readonly capacityBps?: number;
  readonly latencyUs?: number;
  /** The two devices are in different sites; false where a site is not said. */
  readonly isBetweenSites: boolean;
}

/** Names a table of an index. Make one per kind of answer, as a constant beside the function that fills it. */
export interface MemoTable<Value> {
  readonly about: string;
  /** Never there: it ties the table to what it holds. */
  readonly holds?: Value;
}

export const memoTable = <Value>(about: string): MemoTable<Value> => ({ about });

export interface FabricIndex {
  readonly fabric: Fabric;
  readonly site: (name: string) => Site | undefined;
  readonly segment: (name: string) => Segment | undefined;
  readonly device: (name: string) => Device | undefined;
  readonly port: (end: FabricEnd) => Port | undefined;
  readonly gateway: (name: string) => Gateway | undefined;
  readonly service: (name: string) => Service | undefined;
  readonly endpoint: (name: string) => Endpoint | undefined;
  readonly flow: (name: string) => Flow | undefined;
  readonly cluster: (name: string) => Cluster | undefined;
  readonly siteOf: (device: string) => string | undefined;
  /** By linkId(). */
  readonly link: (id: string) => Link | undefined;
  /** Every link of the device, up or not, sorted by id. */
  readonly linksOf: (device: string) => readonly LinkView[];
  /** The link seen from `fromDevice`; undefined where it has no end there. */
  readonly linkFrom: (id: string, fromDevice: string) => LinkView | undefined;
  readonly endpointsIn: (segment: string) => readonly Endpoint[];
  /** By the document's placement. */
  readonly endpointsAt: (device: string) => readonly Endpoint[];
  readonly gatewaysIn: (segment: string) => readonly Gateway[];
  readonly servicesOf: (cluster: string) => readonly Service[];
  /** The VLAN number of the segment at the device; undefined where the segment does not exist in the device's site. */
  readonly vlanOf: (segment: string, device: string) => number | undefined;
  /** The segments that a VLAN number means at the device: one, unless the document gives a number away twice. */
  readonly segmentsOfVlan: (vlan: number, device: string) => readonly Segment[];
  /** The segments with the longest prefix that holds the address: one, unless VRFs reuse addresses. */
  readonly segmentsOfAddress: (address: string) => readonly Segment[];
  /** The device that answers for an address: by interface, gateway or gateway member. Sorted, without the prefix length. */
  readonly devicesOfAddress: (address: string) => readonly string[];
  /**
   * Makes the answer once for each name. The value must depend on nothing but the fabric and the name. An object stands
   * for itself, which is quicker than a long name, but it has to be the same one every time.
   */
  readonly remember: <Value>(table: MemoTable<Value>, name: string | object, make: () => Value) => Value;
}

/** Where endpoints are, as far as it differs from the document: endpoint to device. */
export type Placement = ReadonlyMap<string, string>;

/** The later of two moves of one endpoint counts. */
export const placementOf = (moves: readonly PlannedMove[]): Placement =>
  new Map(moves.map(({ endpoint, target }) => [endpoint, target]));

/** The device that the endpoint is attached to; undefined for an endpoint that the fabric does not have. */
export function attachedTo(index: FabricIndex, placement: Placement | undefined, endpoint: string): string | undefined {
  return placement?.get(endpoint) ?? index.endpoint(endpoint)?.device;
}

export function indexFabric(fabric: Fabric): FabricIndex {
  const sites = byName(fabric.sites);
  const segments = byName(fabric.segments);
  const devices = byName(fabric.devices);
  const gateways = byName(fabric.gateways);
  const services = byName(fabric.services);
  const endpoints = byName(fabric.endpoints);
  const flows = byName(fabric.flows);
  const clusters = byName(fabric.clusters);
  const ports = new Map(
    fabric.devices.map((device) => [device.name, new Map(device.ports.map((port) => [port.name, port]))]),
  );
  const siteOf = (device: string): string | undefined => devices.get(device)?.site;
  const portAt = (end: FabricEnd): Port | undefined => ports.get(end.device)?.get(end.port);
  const { links, views, viewsByDevice } = linkTables(fabric.links, siteOf, portAt);
  const endpointsByDevice = grouped(sorted(fabric.endpoints), (endpoint) => [endpoint.device]);
  const endpointsBySegment = grouped(sorted(fabric.endpoints), ({ nics }) => [
    ...new Set(nics.map((nic) => nic.segment)),
  ]);
  const gatewaysBySegment = grouped(sorted(fabric.gateways), (gateway) => [gateway.segment]);
  const servicesByCluster = grouped(sorted(fabric.services), ({ cluster }) => (cluster === undefined ? [] : [cluster]));
  const segmentsByVlan = vlanTable(fabric);
  const memory = new Map<MemoTable<unknown>, Map<string | object, unknown>>();
  const answering = once(() => answeringDevices(fabric));
  const longestPrefix = once(() => prefixTable(fabric.segments));

  return {
    fabric,
    site: (name) => sites.get(name),
    segment: (name) => segments.get(name),
    device: (name) => devices.get(name),
    port: portAt,
    gateway: (name) => gateways.get(name),
    service: (name) => services.get(name),
    endpoint: (name) => endpoints.get(name),
    flow: (name) => flows.get(name),
    cluster: (name) => clusters.get(name),
    siteOf,
    link: (id) => links.get(id),
    linksOf: (device) => viewsByDevice.get(device) ?? [],
    linkFrom: (id, fromDevice) => views.get(id)?.get(fromDevice),
    endpointsIn: (segment) => endpointsBySegment.get(segment) ?? [],
    endpointsAt: (device) => endpointsByDevice.get(device) ?? [],
    gatewaysIn: (segment) => gatewaysBySegment.get(segment) ?? [],
    servicesOf: (cluster) => servicesByCluster.get(cluster) ?? [],
    vlanOf: (name, device) => {
      const segment = segments.get(name);
      return segment === undefined || !devices.has(device) ? undefined : vlanIn(segment, siteOf(device));
    },
    segmentsOfVlan: (vlan, device) => segmentsByVlan.get(siteOf(device))?.get(vlan) ?? [],
    segmentsOfAddress: (text) => {
      const address = parseAddress(text);
      return address === undefined ? [] : longestPrefix()(address);
    },
    devicesOfAddress: (text) => {
      const address = parsePrefix(text);
      return address === undefined ? [] : (answering().get(prefixKey(address)) ?? []);
    },
    remember: <Value>(table: MemoTable<Value>, name: string | object, make: () => Value): Value => {
      let answers = memory.get(table);
      if (answers === undefined) memory.set(table, (answers = new Map()));
      // A table holds what its own type says: only this line and the next ones write to it.
      const known = answers.get(name);
      if (known !== undefined || answers.has(name)) return known as Value;
      const made = make();
      answers.set(name, made);
      return made;
    },
  };
}

/** A device without a site is everywhere and nowhere: every segment exists there, by its common number. */
function vlanIn(segment: Segment, site: string | undefined): number | undefined {
  if (site === undefined) return segment.vlan;
  if (segment.sites !== undefined && !segment.sites.includes(site)) return undefined;
  const bySite = segment.vlanBySite;
  return bySite !== undefined && Object.hasOwn(bySite, site) ? bySite[site] : segment.vlan;
}

type Named = { readonly name: string };

const sorted = <Thing extends Named>(things: readonly Thing[]): readonly Thing[] =>
  things.toSorted((left, right) => (left.name < right.name ? -1 : 1));

const byName = <Thing extends Named>(things: readonly Thing[]): ReadonlyMap<string, Thing> =>
  new Map(things.map((thing) => [thing.name, thing]));

function grouped<Thing>(
  things: readonly Thing[],
  keysOf: (thing: Thing) => readonly string[],
): ReadonlyMap<string, readonly Thing[]> {
  const table = new Map<string, Thing[]>();
  for (const thing of things)
    for (const key of keysOf(thing)) {
      const group = table.get(key);
      if (group === undefined) table.set(key, [thing]);
      else group.push(thing);
    }
  return table;
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function linkTables(
  list: readonly Link[],
  siteOf: (device: string) => string | undefined,
  portAt: (end: FabricEnd) => Port | undefined,
): {
  readonly links: ReadonlyMap<string, Link>;
  readonly views: ReadonlyMap<string, ReadonlyMap<string, LinkView>>;
  readonly viewsByDevice: ReadonlyMap<string, readonly LinkView[]>;
} {
  const links = new Map<string, Link>();
  const views = new Map<string, ReadonlyMap<string, LinkView>>();
  for (const link of list) {
    const id = linkId(link);
    const [siteA, siteB] = [siteOf(link.a.device), siteOf(link.b.device)];
    const isBetweenSites = siteA !== undefined && siteB !== undefined && siteA !== siteB;
    links.set(id, link);
    const there = view(id, link, isBetweenSites, portAt, true);
    const back = view(id, link, isBetweenSites, portAt, false);
    // A cable from a device to itself is seen once.
    views.set(
      id,
      new Map([
        [link.b.device, back],
        [link.a.device, there],
      ]),
    );
  }
  const inOrder = [...views]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, ends]) => [...ends.values()]);
  return { links, views, viewsByDevice: grouped(inOrder, ({ near }) => [near.device]) };
}

function view(
  id: string,
  link: Link,
  isBetweenSites: boolean,
  portAt: (end: FabricEnd) => Port | undefined,
  isForward: boolean,
): LinkView {
  const [near, far] = isForward ? [link.a, link.b] : [link.b, link.a];
  const capacityBps = isForward ? link.capacityBps : (link.capacityBackBps ?? link.capacityBps);
  const latencyUs = isForward ? link.latencyUs : (link.latencyBackUs ?? link.latencyUs);
  return {
    id,
    link,
    near,
    far,
    nearPort: portAt(near),
    farPort: portAt(far),
    isBetweenSites,
    ...(capacityBps === undefined ? {} : { capacityBps }),
    ...(latencyUs === undefined ? {} : { latencyUs }),
  };
}

/** Segments by site, then by the number that they have there. */
function vlanTable(fabric: Fabric): ReadonlyMap<string | undefined, ReadonlyMap<number, readonly Segment[]>> {
  const sites = new Set<string | undefined>([undefined, ...fabric.sites.map(({ name }) => name)]);
  for (const device of fabric.devices) sites.add(device.site);
  const table = new Map<string | undefined, ReadonlyMap<number, readonly Segment[]>>();
  for (const site of sites) {
    const numbers = new Map<number, Segment[]>();
    for (const segment of sorted(fabric.segments)) {
      const vlan = vlanIn(segment, site);
      if (vlan === undefined) continue;
      const sharing = numbers.get(vlan);
      if (sharing === undefined) numbers.set(vlan, [segment]);
      else sharing.push(segment);
    }
    table.set(site, numbers);
  }
  return table;
}

function prefixTable(segments: readonly Segment[]): (address: IpAddress) => readonly Segment[] {
  const holders = new Map<string, Segment[]>();
  const lengths = new Set<number>();
  for (const segment of sorted(segments))
    for (const subnet of new Set(segment.subnets)) {
      const prefix = parsePrefix(subnet);
      if (prefix === undefined) continue;
      lengths.add(prefix.length);
      const sharing = holders.get(prefixKey(prefix));
      if (sharing === undefined) holders.set(prefixKey(prefix), [segment]);
      else if (!sharing.includes(segment)) sharing.push(segment);
    }
  const longestFirst = [...lengths].toSorted((left, right) => right - left);
  return (address) => {
    for (const length of longestFirst) {
      const found = holders.get(prefixKey(prefixOf(address, length)));
      if (found !== undefined && length <= (address.version === 4 ? 32 : 128)) return found;
    }
    return [];
  };
}

function answeringDevices(fabric: Fabric): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, Set<string>>();
  const add = (text: string | undefined, device: string): void => {
    const address = text === undefined ? undefined : parsePrefix(text.split("/")[0] ?? "");
    if (address === undefined) return;
    const key = prefixKey(address);
    const known = table.get(key);
    if (known === undefined) table.set(key, new Set([device]));
    else known.add(device);
  };
  for (const device of fabric.devices) {
    for (const { address } of device.interfaces ?? []) add(address, device.name);
    add(device.vtep?.address, device.name);
    add(device.migration?.address, device.name);
  }
  for (const gateway of fabric.gateways)
    for (const member of gateway.members) {
      add(gateway.address, member.device);
      add(member.address, member.device);
    }
  return new Map([...table].map(([key, devices]) => [key, [...devices].toSorted()]));
}
