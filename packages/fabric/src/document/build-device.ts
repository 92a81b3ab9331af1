/** One device of a document as the fabric has it, its VLANs as the numbers that they are in its site. */
import type { Device, NamedNetwork, Port, SpanningTree } from "../fabric.ts";
import type { PortVlans } from "../ports.ts";
import { defined } from "./defined.ts";
import type { DevicePart, PortPart } from "./device-schema.ts";
import type { VlanResolver } from "./resolve-vlans.ts";
import { parseVlanKey } from "./vlan-list.ts";
import type { VlanItem } from "./vlan-list.ts";

/** Why nothing is known of a port whose VLANs the document leaves out. */
export const unsaid = "the document does not say";

/** @param mtu that of ports which say none. */
export function buildDevice(part: DevicePart, mtu: number | undefined, resolver: VlanResolver): Device {
  const { migration, vtep } = part;
  return defined({
    name: part.name,
    kind: part.kind,
    site: part.site,
    platform: part.platform,
    bridge: part.bridge,
    ovsdb: part.ovsdb,
    vlans: part.vlans && resolver.all(part.vlans, part.site).vlans,
    mlag: part.mlag,
    spanningTree: part.spanningTree && buildSpanningTree(part.spanningTree, part.site, resolver),
    ports: (part.ports ?? []).map((port) => buildPort(port, part.site, mtu, resolver)),
    interfaces: part.interfaces?.map(defined),
    routes: part.routes?.map(defined),
    vtep: vtep && defined(vtep),
    migration,
    networks: part.networks?.map((network): NamedNetwork =>
      defined({ ...network, vlan: only(network.vlan, part.site, resolver) }),
    ),
    announces: part.announces,
    shaping: part.shaping?.map((traffic) =>
      defined({
        name: traffic.class,
        reservationBps: traffic.reservation,
        shares: traffic.shares,
        limitBps: traffic.limit,
      }),
    ),
  });
}

function buildPort(part: PortPart, site: string | undefined, mtu: number | undefined, resolver: VlanResolver): Port {
  const own = part.mtu ?? mtu;
  return defined({
    name: part.name,
    vlans: portVlans(part, site, resolver),
    mtu: own === "unknown" ? undefined : own,
    isEnabled: part.enabled,
    lag: part.lag,
    knowledge: part.knowledge,
  });
}

/** What the port carries. Its contradictions have been refused before. */
export function portVlans(part: PortPart, site: string | undefined, resolver: VlanResolver): PortVlans {
  if (part.access !== undefined) return { kind: "access", tag: only(part.access, site, resolver) };
  if (part.trunk === undefined) return { kind: "unknown", why: part.unread ?? unsaid };
  const trunks = part.trunk === "all" ? part.trunk : resolver.all(part.trunk, site).vlans;
  return defined({ kind: "trunk", trunks, native: part.native && only(part.native, site, resolver) } as const);
}

function buildSpanningTree(
  part: NonNullable<DevicePart["spanningTree"]>,
  site: string | undefined,
  resolver: VlanResolver,
): SpanningTree {
  const byVlan = Object.entries(part.priorityByVlan ?? {}).flatMap(([key, priority]) => {
    const item = parseVlanKey(key);
    return item === undefined ? [] : [[only(item, site, resolver), priority] as const];
  });
  return defined({
    mode: part.mode,
    priority: part.priority,
    priorityByVlan: part.priorityByVlan && Object.fromEntries(byVlan),
    instances: part.instances?.map((instance) =>
      defined({ ...instance, vlans: resolver.all(instance.vlans, site).vlans }),
    ),
    mac: part.mac,
  });
}

/** An item that stands for one VLAN; what it could not be resolved to has been refused before. */
function only(item: VlanItem, site: string | undefined, resolver: VlanResolver): number {
  return resolver.one(item, site).vlans[0] ?? 0;
}
