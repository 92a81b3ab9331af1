/** The inventory that an operator of the simulated cluster would write. */
import { hostName } from "@trunkline/model";
import type { Inventory } from "@trunkline/model";
import type { Host } from "../host/host.ts";
import type { ClusterSpec } from "./spec.ts";

export function inventoryOf(spec: ClusterSpec, hosts: readonly Host[]): Inventory {
  return {
    hosts: hosts
      .filter((host) => host.spec.isUnlisted !== true)
      .map(({ name, uri, spec: { bridges, migration, moveBudget } }) => ({
        name: hostName(name),
        uri,
        peerUri: uri,
        shell: ["sim", name],
        virtualSwitch: accessOf(name, bridges?.[0]?.name ?? defaultBridge),
        ...(migration === undefined ? {} : { migration }),
        ...(moveBudget === undefined ? {} : { moveBudget }),
      })),
    switches: (spec.switches ?? []).map(({ name }) => ({ name, ...accessOf(name, defaultBridge) })),
    links: (spec.links ?? []).map(({ a, b, moveBudget }) => ({
      a,
      b,
      ...(moveBudget === undefined ? {} : { moveBudget }),
    })),
    probes: (spec.probes ?? []).map(({ name, at, vlan }) => ({ name, shell: ["sim", name], attachedTo: at, vlan })),
    services: spec.vms.flatMap(({ name, service }) => (service === undefined ? [] : [{ vm: name, ...service }])),
  };
}

const accessOf = (device: string, bridge: string) => ({
  bridge,
  ovsdb: `unix:/sim/${device}/db.sock`,
  control: `unix:/sim/${device}/ctl`,
});

export const defaultBridge = "br0";
