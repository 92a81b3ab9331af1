/**
 * A document that has passed every check, as the fabric that it means: units, defaults and names of segments are worked
 * out, and what was left out stays left out.
 */
import type { Endpoint, Fabric, Flow, Gateway, HostRoutePolicy, Link, Segment, Service } from "../fabric.ts";
import { buildDevice } from "./build-device.ts";
import { defined } from "./defined.ts";
import type { VlanResolver } from "./resolve-vlans.ts";
import type {
  EndpointPart,
  FabricDocument,
  FlowPart,
  GatewayPart,
  HostRoutePart,
  LinkPart,
  SegmentPart,
  ServicePart,
} from "./schema.ts";

type Defaults = NonNullable<FabricDocument["defaults"]>;

export function buildFabric(document: FabricDocument, resolver: VlanResolver): Fabric {
  const defaults = document.defaults ?? {};
  return {
    sites: (document.sites ?? []).map(({ name }) => ({ name })),
    segments: (document.segments ?? []).map(buildSegment),
    devices: (document.devices ?? []).map((device) => buildDevice(device, defaults.mtu, resolver)),
    links: (document.links ?? []).map((link) => buildLink(link, defaults)),
    gateways: (document.gateways ?? []).map(buildGateway),
    hostRoutes: (document.hostRoutes ?? []).map(buildHostRoute),
    services: (document.services ?? []).map(buildService),
    endpoints: (document.endpoints ?? []).map(buildEndpoint),
    flows: (document.flows ?? []).map(buildFlow),
    clusters: document.clusters ?? [],
  };
}

/** What a flow without a name is called. */
export const flowName = ({ name, from, to }: Pick<FlowPart, "name" | "from" | "to">): string =>
  name ?? `${from} to ${to}`;

function buildSegment(segment: SegmentPart): Segment {
  return defined({ ...segment, subnets: segment.subnets ?? [] });
}

/** What joins sites takes no defaults: it is never like the other links, and a wrong latency there is a wrong answer. */
function buildLink(part: LinkPart, defaults: Defaults): Link {
  const kind = part.kind ?? (part.dci === undefined ? undefined : "dci");
  const common = kind === "dci" ? {} : defaults;
  const capacity = part.capacity ?? { forward: common.capacity };
  const latency = part.latency ?? { forward: common.latency };
  return defined({
    a: part.a,
    b: part.b,
    kind,
    capacityBps: capacity.forward,
    capacityBackBps: capacity.back,
    latencyUs: latency.forward,
    latencyBackUs: latency.back,
    isUp: part.up,
    dci: part.dci && defined(part.dci),
    filters: part.filters && defined(part.filters),
    moveBudget: part.moveBudget && defined({ moves: part.moveBudget.moves, rateBps: part.moveBudget.rate }),
  });
}

function buildGateway(part: GatewayPart): Gateway {
  return defined({
    ...part,
    members: part.members.map(({ up, incumbent, ...member }) =>
      defined({ ...member, isUp: up, isIncumbent: incumbent }),
    ),
  });
}

function buildHostRoute(part: HostRoutePart): HostRoutePolicy {
  return defined({ ...part, ingress: part.ingress.map(defined) });
}

function buildService({ stateful, ...part }: ServicePart): Service {
  return defined({ ...part, isStateful: stateful ?? "unknown" });
}

function buildEndpoint(part: EndpointPart): Endpoint {
  return defined({
    ...part,
    kind: part.kind ?? "vm",
    nics: (part.nics ?? []).map((nic) => defined({ ...nic, addresses: nic.addresses ?? [] })),
  });
}

function buildFlow(part: FlowPart): Flow {
  return defined({
    name: flowName(part),
    from: part.from,
    to: part.to,
    rateBps: part.rate,
    reverseRateBps: part.reverseRate,
    state: part.state,
    via: part.via,
    trafficClass: part.class,
  });
}
