/** Who sends what to whom: policies of host routes, services, endpoints, flows and clusters name what exists. */
import { flowName } from "../build.ts";
import { didYouMean } from "../nearest.ts";
import type { DocumentPath } from "../problem.ts";
import type { EndpointPart, GatewayPart } from "../schema.ts";
import { belongs, claims, refer, unique } from "./scope.ts";
import type { Scope } from "./scope.ts";

export function checkTraffic(scope: Scope): void {
  checkHostRoutes(scope);
  checkServices(scope);
  checkEndpoints(scope);
  checkFlows(scope);
  checkClusters(scope);
}

function checkHostRoutes(scope: Scope): void {
  const policies = scope.document.hostRoutes ?? [];
  unique(
    scope,
    "segment of host routes",
    claims(["hostRoutes"], policies, "segment", ({ segment }) => segment),
  );
  for (const [index, { segment, ingress }] of policies.entries()) {
    const path = ["hostRoutes", index];
    refer(scope, [...path, "segment"], segment, scope.segments, "segment");
    unique(
      scope,
      "site",
      claims([...path, "ingress"], ingress, "site", ({ site }) => site),
    );
    for (const [at, { site }] of ingress.entries())
      refer(scope, [...path, "ingress", at, "site"], site, scope.sites, "site");
  }
}

function checkServices(scope: Scope): void {
  const services = scope.document.services ?? [];
  unique(
    scope,
    "service",
    claims(["services"], services, "name", ({ name }) => name),
  );
  for (const [index, { device, cluster }] of services.entries()) {
    refer(scope, ["services", index, "device"], device, scope.devices, "device");
    if (cluster !== undefined && scope.services.has(cluster))
      scope.complain(
        ["services", index, "cluster"],
        `"${cluster}" is a service and a cluster of services`,
        "Give the cluster another name: flows name both in via.",
      );
  }
}

function checkEndpoints(scope: Scope): void {
  const endpoints = scope.document.endpoints ?? [];
  unique(
    scope,
    "endpoint",
    claims(["endpoints"], endpoints, "name", ({ name }) => name),
  );
  const gateways = gatewaysBySegment(scope);
  for (const [index, endpoint] of endpoints.entries()) {
    const path = ["endpoints", index];
    checkAttachment(scope, path, endpoint);
    for (const [at, nic] of (endpoint.nics ?? []).entries()) {
      const place = [...path, "nics", at];
      refer(scope, [...place, "segment"], nic.segment, scope.segments, "segment");
      for (const [number, address] of (nic.addresses ?? []).entries())
        belongs(scope, [...place, "addresses", number], address, nic.segment);
      checkGateway(scope, place, nic, gateways.get(nic.segment) ?? []);
    }
  }
}

function checkAttachment(scope: Scope, path: DocumentPath, { kind = "vm", device: on, port }: EndpointPart): void {
  const device = refer(scope, [...path, "device"], on, scope.devices, "device");
  if (device === undefined) return;
  if (kind === "vm" && device.kind !== "host")
    scope.complain([...path, "device"], `a VM runs on a host, and ${on} is a ${device.kind}`, () =>
      didYouMean(on, hostsOf(scope), "hosts"),
    );
  if (port === undefined || (device.ports ?? []).some(({ name }) => name === port)) return;
  scope.complain([...path, "port"], `there is no port "${port}" on ${on}`, () => {
    const ports = (device.ports ?? []).map(({ name }) => name);
    return didYouMean(port, ports, `ports of ${on}`);
  });
}

type NicPart = NonNullable<EndpointPart["nics"]>[number];

function checkGateway(scope: Scope, path: DocumentPath, nic: NicPart, inSegment: readonly GatewayPart[]): void {
  const named = refer(scope, [...path, "gateway"], nic.gateway, scope.gateways, "gateway");
  if (named !== undefined && named.segment !== nic.segment)
    scope.complain([...path, "gateway"], `the gateway ${named.name} is in the segment ${named.segment}`, () => {
      const own = inSegment.map(({ name }) => name).join(", ");
      return own === "" ? `The segment ${nic.segment} has none.` : `Gateways of ${nic.segment}: ${own}.`;
    });
  const used = nic.gateway === undefined && inSegment.length === 1 ? inSegment[0] : named;
  if (nic.forwarder === undefined || used === undefined) return;
  const members = new Map(used.members.map(({ device }) => [device, device]));
  refer(scope, [...path, "forwarder"], nic.forwarder, members, "member");
}

function gatewaysBySegment(scope: Scope): ReadonlyMap<string, readonly GatewayPart[]> {
  const table = new Map<string, GatewayPart[]>();
  for (const gateway of scope.document.gateways ?? [])
    table.set(gateway.segment, [...(table.get(gateway.segment) ?? []), gateway]);
  return table;
}

function checkFlows(scope: Scope): void {
  const flows = scope.document.flows ?? [];
  unique(scope, "flow", claims(["flows"], flows, "name", flowName));
  const clusters = (scope.document.services ?? []).flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster]));
  const services = new Map([...scope.services.keys(), ...clusters].map((name) => [name, name]));
  for (const [index, { from, to, via }] of flows.entries()) {
    const path = ["flows", index];
    refer(scope, [...path, "from"], from, scope.endpoints, "endpoint");
    refer(scope, [...path, "to"], to, scope.endpoints, "endpoint");
    if (from === to) scope.complain([...path, "to"], `the flow goes from ${from} to itself`, "Name another endpoint.");
    for (const [at, service] of (via ?? []).entries()) refer(scope, [...path, "via", at], service, services, "service");
  }
}

function checkClusters(scope: Scope): void {
  const clusters = scope.document.clusters ?? [];
  unique(
    scope,
    "cluster",
    claims(["clusters"], clusters, "name", ({ name }) => name),
  );
  for (const [index, { hosts }] of clusters.entries()) {
    const path = ["clusters", index, "hosts"];
    const places = hosts.map((value, at) => ({ path: [...path, at], value }));
    unique(scope, "host", places);
    for (const { path, value } of places) {
      const device = refer(scope, path, value, scope.devices, "device");
      if (device === undefined || device.kind === "host") continue;
      scope.complain(path, `a cluster is made of hosts, and ${value} is a ${device.kind}`, () =>
        didYouMean(value, hostsOf(scope), "hosts"),
      );
    }
  }
}

function hostsOf(scope: Scope): readonly string[] {
  return [...scope.devices.values()].filter(({ kind }) => kind === "host").map(({ name }) => name);
}
