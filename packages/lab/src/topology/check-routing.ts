/** What sites, interfaces, routes, gateways, filters and host routes of a topology owe each other. */
import type { Complaint, DocumentPath, Part } from "./complaint.ts";
import { isInSubnet } from "./ipv4.ts";
import type { TopologyParts, WrittenNames } from "./parts.ts";
import type { GatewaySpec, InterfaceSpec, RouteSpec } from "./routing-schema.ts";

export function checkRouting(parts: TopologyParts, names: WrittenNames): readonly Complaint[] {
  return [
    ...checkSites(parts, names),
    ...[...parts.switches, ...parts.routers].flatMap((device) => checkDevice(device, parts)),
    ...checkRouterPorts(parts),
    ...parts.gateways.flatMap((gateway) => checkGateway(gateway, parts, names)),
    ...checkGatewayUses(parts, names),
    ...checkHostRoutes(parts, names),
  ];
}

function unknown(path: DocumentPath, what: string, name: string, known: readonly string[]): Complaint {
  const hint = known.length === 0 ? `The topology has no ${what}.` : `Known are ${known.join(", ")}.`;
  return { path, message: `there is no ${what} "${name}"`, hint };
}

function checkSites(parts: TopologyParts, names: WrittenNames): readonly Complaint[] {
  const placed = [...parts.hosts, ...parts.switches, ...parts.routers];
  return placed.flatMap(({ path, value }) =>
    value.site === undefined || names.sites.includes(value.site)
      ? []
      : [unknown([...path, "site"], "site", value.site, names.sites)],
  );
}

type Forwarding = {
  readonly name: string;
  readonly interfaces: readonly InterfaceSpec[];
  readonly routes: readonly RouteSpec[];
};

function checkDevice(device: Part<Forwarding>, parts: TopologyParts): readonly Complaint[] {
  const { interfaces, routes } = device.value;
  const segments = interfaces.map(({ segment }) => segment);
  const twice = segments.flatMap((segment, index) =>
    segments.indexOf(segment) === index
      ? []
      : [
          {
            path: [...device.path, "interfaces", index, "segment"],
            message: `${device.value.name} has two interfaces in "${segment}"`,
            hint: "One device has one interface in a segment.",
          },
        ],
  );
  const subnets = segments.flatMap((segment) => parts.vlans.get(segment)?.value.subnet ?? []);
  const lost = routes.flatMap(({ via }, index) =>
    subnets.some((subnet) => isInSubnet(via, subnet))
      ? []
      : [
          {
            path: [...device.path, "routes", index, "via"],
            message: `${device.value.name} has no interface from which it reaches ${via}`,
            hint: "The next hop is an address in a segment in which the device has an interface.",
          },
        ],
  );
  return [...twice, ...lost];
}

function checkRouterPorts(parts: TopologyParts): readonly Complaint[] {
  const ends = parts.links.flatMap((link) => [link.value.a, link.value.b]);
  return parts.routers.flatMap((router) =>
    router.value.interfaces.flatMap(({ segment }, index) => {
      const ports = ends.filter((end) => end.device === router.value.name && end.access === segment);
      if (ports.length === 1) return [];
      const message = `${router.value.name} has ${ports.length} ports in "${segment}"`;
      const hint = `Exactly one link must end at it with access: ${segment}; routers do not bridge.`;
      return [{ path: [...router.path, "interfaces", index], message, hint }];
    }),
  );
}

function checkGateway(
  { path, value }: Part<GatewaySpec>,
  parts: TopologyParts,
  names: WrittenNames,
): readonly Complaint[] {
  const devices = [...parts.switches, ...parts.routers].map((part) => part.value);
  const memberNames = value.members.map(({ device }) => device);
  const members = memberNames.flatMap((name, index) => {
    const memberPath = [...path, "members", index, "device"];
    if (!names.devices.includes(name)) return [unknown(memberPath, "device", name, names.devices)];
    const device = devices.find((candidate) => candidate.name === name);
    const own = device?.interfaces.find(({ segment }) => segment === value.segment);
    if (own === undefined) {
      const message = `${name} has no interface in "${value.segment}"`;
      return [{ path: memberPath, message, hint: "A member is a switch or router with an interface in the segment." }];
    }
    if (memberNames.indexOf(name) !== index) {
      return [{ path: memberPath, message: `${name} is a member twice`, hint: "Name it once." }];
    }
    if (value.kind !== "static" || own.address === value.address) return [];
    const message = `${value.address} is not the address of ${name} in "${value.segment}"`;
    return [{ path: [...path, "address"], message, hint: `A static gateway is the router itself: ${own.address}.` }];
  });
  const intended =
    value.intendedActive === undefined || memberNames.includes(value.intendedActive)
      ? []
      : [unknown([...path, "intendedActive"], "member", value.intendedActive, memberNames)];
  const isTooEager = value.kind === "hsrp" && value.holdMs <= value.helloMs;
  const hold = isTooEager
    ? [{ path: [...path, "holdMs"], message: "holdMs is not above helloMs", hint: "Three hellos are the custom." }]
    : [];
  return [...members, ...intended, ...hold];
}

/** Gateways as VMs, clients and filters name them. */
function checkGatewayUses(parts: TopologyParts, names: WrittenNames): readonly Complaint[] {
  const nics = [...parts.vms, ...parts.clients].flatMap(({ path, value }) => {
    if (value.gateway === undefined) return [];
    if (!names.gateways.includes(value.gateway)) {
      return [unknown([...path, "gateway"], "gateway", value.gateway, names.gateways)];
    }
    const gateway = parts.gateways.find((part) => part.value.name === value.gateway);
    if (gateway === undefined || gateway.value.segment === value.segment) return [];
    const message = `the gateway "${value.gateway}" is in "${gateway.value.segment}", not in "${value.segment}"`;
    return [{ path: [...path, "gateway"], message, hint: "Choose a gateway of its own segment." }];
  });
  const filters = parts.links.flatMap(({ path, value }) =>
    (value.filters?.gateways ?? []).flatMap((gateway, index) =>
      names.gateways.includes(gateway)
        ? []
        : [unknown([...path, "filters", "gateways", index], "gateway", gateway, names.gateways)],
    ),
  );
  return [...nics, ...filters];
}

function checkHostRoutes(parts: TopologyParts, names: WrittenNames): readonly Complaint[] {
  return parts.hostRoutes.flatMap(({ path, value }) => {
    const segment = names.vlans.includes(value.segment)
      ? []
      : [unknown([...path, "segment"], "VLAN", value.segment, names.vlans)];
    const sites = value.ingress.flatMap(({ site }, index) =>
      names.sites.includes(site) ? [] : [unknown([...path, "ingress", index, "site"], "site", site, names.sites)],
    );
    return [...segment, ...sites];
  });
}
