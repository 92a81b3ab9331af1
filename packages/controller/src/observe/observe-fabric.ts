/** What the network shows of itself now: ports and MAC tables of the switches, and on wish what hosts hear by LLDP. */
import type { Observation } from "@trunkline/fabric";
import { messageOf } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { macObservations, portObservations } from "./fabric-observations.ts";
import { readFabric } from "./read-fabric.ts";

export interface FabricObservations {
  readonly observations: readonly Observation[];
  /** What could not be asked, and why. */
  readonly silent: ReadonlyMap<string, string>;
}

/** @param listenMs how long hosts listen for LLDP, which is sent every 30 s by default (IEEE 802.1AB, 9.2.5.6); 0: not. */
export async function observeFabric(world: World, listenMs: number, signal: AbortSignal): Promise<FabricObservations> {
  const atMs = Date.parse(world.clock.timestamp());
  const { view, silent } = await readFabric(world, signal);
  const unheard = new Map(silent);
  const hosts = new Set<string>(world.inventory.hosts.map((host) => host.name));
  const readable = world.virtualSwitches().filter(({ name, canReadMacTable }) => canReadMacTable && !silent.has(name));
  const tables = readable.map(async (device) => {
    try {
      return macObservations(device.name, await device.macTable(signal), atMs);
    } catch (error) {
      unheard.set(device.name, messageOf(error));
      return [];
    }
  });
  const heard = (listenMs === 0 ? [] : world.inventory.hosts).map(async ({ name }): Promise<readonly Observation[]> => {
    const uplinks = world.inventory.links.flatMap(({ a, b }) => [a, b]).filter(({ device }) => device === name);
    try {
      return await world.neighbours(
        name,
        uplinks.map(({ port }) => port),
        listenMs,
        signal,
      );
    } catch (error) {
      unheard.set(name, messageOf(error));
      return [];
    }
  });
  const seen = await Promise.all([...tables, ...heard]);
  return { observations: [...portObservations(view, { atMs, hosts }), ...seen.flat()], silent: unheard };
}
