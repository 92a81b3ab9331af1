/**
 * A fabric as the document that means it: what parseFabricDocument() reads back as the same fabric. Keys stand in the
 * order of the schema, entries in that of the fabric; VLANs are written as numbers, never as names of segments.
 */
import type { Endpoint, Fabric, Flow, Gateway, HostRoutePolicy, Link, Segment, Service } from "../fabric.ts";
import { flowName } from "./build.ts";
import { defined } from "./defined.ts";
import { documentDevice } from "./document-device.ts";
import { emitYaml } from "./emit.ts";
import type { Plain, PlainMap } from "./emit.ts";
import { formatRate, formatTimeUs } from "./units.ts";
import { unlessEmpty, writtenRate, yesOrNo } from "./written-values.ts";

/** @param format JSON is for large fabrics: it is read a hundred times faster. */
export function writeFabricDocument(fabric: Fabric, format: "yaml" | "json" = "yaml"): string {
  const document: PlainMap = Object.fromEntries(
    Object.entries({
      sites: fabric.sites.map(({ name }) => name),
      segments: fabric.segments.map(documentSegment),
      devices: fabric.devices.map(documentDevice),
      links: fabric.links.map(documentLink),
      gateways: fabric.gateways.map(documentGateway),
      hostRoutes: fabric.hostRoutes.map(documentHostRoute),
      services: fabric.services.map(documentService),
      endpoints: fabric.endpoints.map(documentEndpoint),
      flows: fabric.flows.map(documentFlow),
      clusters: fabric.clusters.map(({ name, hosts }) => ({ name, hosts })),
    }).filter(([, entries]) => entries.length > 0),
  );
  return format === "json" ? `${JSON.stringify(document)}\n` : emitYaml(document, new Set(["devices"]));
}

function documentSegment({ subnets, ...segment }: Segment): PlainMap {
  const { name, vlan, vlanBySite, sites, vni, vrf, mtu } = segment;
  return defined({ name, vlan, vlanBySite, sites, vni, vrf, subnets: unlessEmpty(subnets), mtu });
}

function documentLink(link: Link): PlainMap {
  const { a, b, kind, dci, filters, moveBudget } = link;
  return defined({
    a: `${a.device}/${a.port}`,
    b: `${b.device}/${b.port}`,
    kind: kind === "dci" && dci !== undefined ? undefined : kind,
    capacity: eachWay(link.capacityBps, link.capacityBackBps, formatRate),
    latency: eachWay(link.latencyUs, link.latencyBackUs, formatTimeUs),
    up: yesOrNo(link.isUp),
    dci: dci && defined({ ...dci }),
    filters: filters && defined({ ...filters }),
    moveBudget: moveBudget && defined({ moves: moveBudget.moves, rate: writtenRate(moveBudget.rateBps) }),
  });
}

function eachWay(
  forward: number | undefined,
  back: number | undefined,
  format: (value: number) => string | number,
): Plain | undefined {
  if (back === undefined) return forward === undefined ? undefined : format(forward);
  return defined({ forward: forward === undefined ? undefined : format(forward), back: format(back) });
}

function documentGateway(gateway: Gateway): PlainMap {
  const { name, segment, kind, address, mac, group, helloMs, holdMs, peerGateway, intendedActive, members } = gateway;
  return defined({
    name,
    segment,
    kind,
    address,
    mac,
    group,
    helloMs,
    holdMs,
    peerGateway,
    intendedActive,
    members: members.map(({ device, address, priority, weight, preempts, isUp, isIncumbent, hasAddress }) =>
      short(
        device,
        defined({
          device,
          address,
          priority,
          weight,
          preempts: yesOrNo(preempts),
          up: yesOrNo(isUp),
          incumbent: yesOrNo(isIncumbent),
          hasAddress,
        }),
      ),
    ),
  });
}

function documentHostRoute({ segment, mode, ingress, convergeMs }: HostRoutePolicy): PlainMap {
  const sites = ingress.map(({ site, metric }) => short(site, defined({ site, metric })));
  return defined({ segment, mode, ingress: sites, convergeMs });
}

function documentService({ name, kind, device, isStateful, cluster, syncsState }: Service): PlainMap {
  const stateful = isStateful === "unknown" ? undefined : isStateful;
  return defined({ name, kind, device, stateful, cluster, syncsState });
}

function documentEndpoint({ name, kind, device, port, memoryMiB, nics }: Endpoint): PlainMap {
  const written = nics.map(({ segment, mac, addresses, network, gateway, forwarder }) =>
    defined({ segment, mac, addresses: unlessEmpty(addresses), network, gateway, forwarder }),
  );
  const unusual = kind === "vm" ? undefined : kind;
  return defined({ name, kind: unusual, device, port, memoryMiB, nics: unlessEmpty(written) });
}

function documentFlow(flow: Flow): PlainMap {
  const { from, to, state, via } = flow;
  const name = flow.name === flowName({ from, to }) ? undefined : flow.name;
  const [rate, reverseRate] = [formatRate(flow.rateBps), writtenRate(flow.reverseRateBps)];
  return defined({ name, from, to, rate, reverseRate, state, via, class: flow.trafficClass });
}

/** The name alone where the entry says nothing else. */
function short(name: string, entry: PlainMap): Plain {
  return Object.keys(entry).length === 1 ? name : entry;
}
