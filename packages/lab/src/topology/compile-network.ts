/** Bridges, their ports, and the cables between all nodes; a link between sites becomes a tunnel over a cable. */
import { join } from "node:path";
import { UNDERLAY_PREFIX } from "./check-link.ts";
import { withPrefixLength } from "./ipv4.ts";
import type { Attachment, BridgePlan, CableEnd, CablePlan, FilterKind, FilterPlan, PortPlan } from "./lab-plan.ts";
import type { UnderlayPlan } from "./lab-plan.ts";
import { internalPortName, known } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import { VLAN_ROLES } from "./schema.ts";
import { interconnectSchema } from "./routing-schema.ts";
import type { FiltersSpec } from "./routing-schema.ts";
import type { LinkEndSpec, LinkSpec } from "./schema.ts";

/** Each tunnel's underlay is a network of its own: the n-th /30 of TEST-NET-1 (RFC 5737), which nobody else uses. */
const UNDERLAY_NETWORK = "192.0.2";
const UNDERLAY_ADDRESSES = 4;

export function compileBridges(lookup: Lookup): readonly BridgePlan[] {
  const tunnels = tunnelsOf(lookup.topology.links);
  return lookup.nodes
    .filter((node) => node.kind === "host" || node.kind === "switch")
    .map((node): BridgePlan => {
      const ends = lookup.topology.links.flatMap((link) =>
        [link.a, link.b]
          .filter((end) => end.device === node.name)
          .map((end) => ({ end, tunnel: tunnels.get(end), link })),
      );
      const underlays = ends.flatMap(({ end, tunnel }, index): UnderlayPlan[] =>
        tunnel === undefined
          ? []
          : [{ bridge: `under${index}`, device: underlayDevice(end), address: `${tunnel.local}/30`, mtu: tunnel.mtu }],
      );
      return {
        node,
        ports: [
          ...ends.map(({ end, tunnel }) =>
            tunnel === undefined ? uplink(lookup, end) : tunnelPort(lookup, end, tunnel),
          ),
          ...internalPorts(lookup, node.name),
        ],
        underlays,
        database: join(node.folder, "ovs/conf.db"),
        databaseSocket: join(node.folder, "ovs/db.sock"),
        controlSocket: join(node.folder, "ovs/vs.ctl"),
      };
    });
}

export function compileCables(lookup: Lookup): readonly CablePlan[] {
  return lookup.topology.links.map((link): CablePlan => {
    const isTunnel = link.kind === "dci";
    const filters = link.filters === undefined ? undefined : filterPlan(link.filters);
    return {
      a: cableEnd(lookup, link.a, isTunnel),
      b: cableEnd(lookup, link.b, isTunnel),
      kind: link.kind,
      ...(isTunnel ? { mtu: interconnect(link).underlayMtu } : {}),
      ...(filters === undefined ? {} : { filters }),
      ...(link.capacityBps === undefined ? {} : { capacityBps: link.capacityBps }),
      moveBudget: link.moveBudget,
    };
  });
}

/** Where the one link of a SAN or client ends. */
export function attachmentOf(lookup: Lookup, device: string): Attachment {
  const ends = lookup.topology.links.flatMap(({ a, b }) => [
    { own: a, other: b },
    { own: b, other: a },
  ]);
  const { other } = known(
    ends.find(({ own }) => own.device === device),
    device,
  );
  return { device: other.device, port: other.port };
}

type Tunnel = { readonly local: string; readonly remote: string; readonly vni: number; readonly mtu: number };

function tunnelsOf(links: readonly LinkSpec[]): ReadonlyMap<LinkEndSpec, Tunnel> {
  const tunnels = links.filter((link) => link.kind === "dci");
  return new Map(
    tunnels.flatMap((link, index) => {
      const [one, other] = [1, 2].map((host) => `${UNDERLAY_NETWORK}.${index * UNDERLAY_ADDRESSES + host}`);
      const { vni, underlayMtu: mtu } = interconnect(link);
      const [a, b] = [known(one, "underlay"), known(other, "underlay")];
      return [
        [link.a, { local: a, remote: b, vni, mtu }],
        [link.b, { local: b, remote: a, vni, mtu }],
      ] as const;
    }),
  );
}

function interconnect(link: LinkSpec): NonNullable<LinkSpec["dci"]> {
  return link.dci ?? interconnectSchema.parse({});
}

function underlayDevice(end: LinkEndSpec): string {
  return `${UNDERLAY_PREFIX}${end.port}`;
}

function uplink(lookup: Lookup, end: LinkEndSpec): PortPlan {
  if (end.access !== undefined) {
    return { kind: "access", name: end.port, vlanId: lookup.segment(end.access).vlanId };
  }
  return { kind: "trunk", name: end.port, vlanIds: trunkOf(lookup, end) };
}

function tunnelPort(lookup: Lookup, end: LinkEndSpec, tunnel: Tunnel): PortPlan {
  return {
    kind: "tunnel",
    name: end.port,
    vlanIds: trunkOf(lookup, end),
    vni: tunnel.vni,
    localAddress: tunnel.local,
    remoteAddress: tunnel.remote,
  };
}

function trunkOf(lookup: Lookup, end: LinkEndSpec): readonly number[] {
  return (end.trunk ?? []).map((name) => lookup.segment(name).vlanId);
}

/** A host has a port of its own in each VLAN it speaks in, a layer-3 switch in each that it routes. */
function internalPorts(lookup: Lookup, device: string): readonly PortPlan[] {
  const host = lookup.topology.hosts.find((candidate) => candidate.name === device);
  const layer3 = lookup.topology.switches.find((candidate) => candidate.name === device);
  const feet = [
    ...(host === undefined ? [] : VLAN_ROLES.map((segment) => ({ segment, address: host.addresses[segment] }))),
    ...(layer3?.interfaces ?? []),
  ];
  return feet.map(({ segment: name, address }): PortPlan => {
    const { vlanId, subnet } = lookup.segment(name);
    return { kind: "internal", name: internalPortName(vlanId), vlanId, address: withPrefixLength(address, subnet) };
  });
}

function cableEnd(lookup: Lookup, end: LinkEndSpec, isTunnel: boolean): CableEnd {
  const address = ownAddress(lookup, end);
  return {
    node: lookup.node(end.device),
    port: end.port,
    device: isTunnel ? underlayDevice(end) : end.port,
    address,
    vlans:
      end.access !== undefined
        ? { kind: "access", vlanId: lookup.segment(end.access).vlanId }
        : end.trunk === undefined
          ? undefined
          : { kind: "trunk", vlanIds: trunkOf(lookup, end) },
  };
}

/** The address of a veth's end where no switch sits on it: at the SAN, a client, a router. */
function ownAddress(lookup: Lookup, end: LinkEndSpec): string | undefined {
  const { san, clients, routers } = lookup.topology;
  const router = routers.find((candidate) => candidate.name === end.device);
  const feet = [
    ...(san.name === end.device ? [{ address: san.address, segment: "storage" }] : []),
    ...clients.filter((client) => client.name === end.device),
    ...(router?.interfaces.filter(({ segment }) => segment === end.access) ?? []),
  ];
  const [foot] = feet;
  return foot === undefined ? undefined : withPrefixLength(foot.address, lookup.segment(foot.segment).subnet);
}

function filterPlan(filters: FiltersSpec): FilterPlan | undefined {
  const drops = (["hello", "virtualMac", "gatewayArp"] as const).filter((kind: FilterKind) => filters[kind] === "yes");
  if (drops.length === 0) return undefined;
  return { drops, ...(filters.gateways === undefined ? {} : { gateways: filters.gateways }) };
}
