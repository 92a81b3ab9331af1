/** What the switches said of themselves over OVSDB and their control sockets, as observations to compare a document with. */
import type { FabricView, MacEntrySeen, PortSeen } from "@trunkline/fabric";
import type { MacEntry } from "@trunkline/ports";

export interface ReadingMoment {
  /** Since 1970, UTC. */
  readonly atMs: number;
  /** Names of the devices that are hosts; the others are switches. */
  readonly hosts: ReadonlySet<string>;
}

/** A port of a device that did not answer was not seen, and gives no observation. */
export function portObservations(view: FabricView, { atMs, hosts }: ReadingMoment): readonly PortSeen[] {
  return view.devices.flatMap(({ name, bridge, ovsdb, ports }) =>
    ports
      .filter(({ vlans, mtu }) => vlans.kind !== "unknown" || mtu !== undefined)
      .map(({ name: port, vlans, mtu }) => ({
        kind: "port" as const,
        atMs,
        where: { device: name, port },
        vlans,
        ...(mtu === undefined ? {} : { mtu }),
        deviceKind: hosts.has(name) ? ("host" as const) : ("switch" as const),
        ...(bridge === undefined ? {} : { bridge }),
        ...(ovsdb === undefined ? {} : { ovsdb }),
      })),
  );
}

export function macObservations(device: string, entries: readonly MacEntry[], atMs: number): readonly MacEntrySeen[] {
  return entries.map(({ mac, vlan, port }) => ({ kind: "mac-entry", atMs, where: { device, port }, mac, vlan }));
}
