/** One device of a fabric as a document writes it. */
import type { Device, NamedNetwork, Port, SpanningTree, TrafficClass } from "../fabric.ts";
import { unsaid } from "./build-device.ts";
import { defined } from "./defined.ts";
import type { Plain, PlainMap } from "./emit.ts";
import { contracted } from "./vlan-list.ts";
import { unlessEmpty, writtenRate, yesOrNo } from "./written-values.ts";

export function documentDevice(device: Device): PlainMap {
  const { name, kind, site, platform, bridge, ovsdb, mlag, vtep, migration, announces } = device;
  return defined({
    name,
    kind,
    site,
    platform,
    bridge,
    ovsdb,
    vlans: device.vlans && contracted(device.vlans),
    mlag,
    spanningTree: device.spanningTree && documentSpanningTree(device.spanningTree),
    ports: unlessEmpty(device.ports.map(documentPort)),
    interfaces: device.interfaces?.map(({ segment, address, mac }) => defined({ segment, address, mac })),
    routes: device.routes?.map(({ prefix, via, metric }) => defined({ prefix, via, metric })),
    vtep: vtep && defined({ address: vtep.address, irb: vtep.irb }),
    migration: migration && { segment: migration.segment, address: migration.address },
    networks: device.networks?.map(documentNetwork),
    announces,
    shaping: device.shaping?.map(documentTrafficClass),
  });
}

function documentPort({ name, vlans, mtu, isEnabled, lag, knowledge }: Port): PlainMap {
  const access = vlans.kind === "access" ? vlans.tag : undefined;
  const trunk = vlans.kind === "trunk" ? (vlans.trunks === "all" ? "all" : contracted(vlans.trunks)) : undefined;
  const native = vlans.kind === "trunk" ? vlans.native : undefined;
  const unread = vlans.kind === "unknown" && vlans.why !== unsaid ? vlans.why : undefined;
  return defined({ name, access, trunk, native, unread, mtu, enabled: yesOrNo(isEnabled), lag, knowledge });
}

function documentSpanningTree({ mode, priority, priorityByVlan, instances, mac }: SpanningTree): Plain {
  const tree: PlainMap = defined({
    mode,
    priority,
    priorityByVlan,
    instances: instances?.map((instance) =>
      defined({ id: instance.id, vlans: contracted(instance.vlans), priority: instance.priority }),
    ),
    mac,
  });
  return Object.keys(tree).length === 1 ? mode : tree;
}

function documentNetwork({ name, vlan, bridge, policy }: NamedNetwork): PlainMap {
  return defined({ name, vlan, bridge, policy });
}

function documentTrafficClass({ name, reservationBps, shares, limitBps }: TrafficClass): PlainMap {
  return defined({ class: name, reservation: writtenRate(reservationBps), shares, limit: writtenRate(limitBps) });
}
