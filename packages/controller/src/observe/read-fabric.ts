/** The layer-2 fabric as the switches describe it now, with the links that the inventory names. */
import type { FabricDevice, FabricPort, FabricView } from "@trunkline/fabric";
import { messageOf } from "@trunkline/model";
import type { SwitchBridge, VirtualSwitch, World } from "@trunkline/ports";

export interface FabricReading {
  readonly view: FabricView;
  /** Bridges by device, for the devices that answered. */
  readonly bridges: ReadonlyMap<string, readonly SwitchBridge[]>;
  /** Why a device could not be read. */
  readonly silent: ReadonlyMap<string, string>;
}

export async function readFabric(world: World, signal: AbortSignal): Promise<FabricReading> {
  const bridges = new Map<string, readonly SwitchBridge[]>();
  const silent = new Map<string, string>();
  await Promise.all(
    world.virtualSwitches().map(async (device) => {
      try {
        bridges.set(device.name, await device.readBridges(signal));
      } catch (error) {
        silent.set(device.name, messageOf(error));
      }
    }),
  );
  const { links } = world.inventory;
  const devices = world.virtualSwitches().map((device): FabricDevice => {
    const read = bridges.get(device.name)?.find((bridge) => bridge.name === device.bridge);
    const ports =
      read?.ports ?? unreadPorts(device, links, silent.get(device.name) ?? `it has no bridge ${device.bridge}`);
    return { name: device.name, bridge: device.bridge, ovsdb: device.ovsdb, ports };
  });
  return { view: { devices, links }, bridges, silent };
}

/** A silent switch still has the ports that links lead to; what they carry is unknown. */
function unreadPorts(device: VirtualSwitch, links: FabricView["links"], why: string): readonly FabricPort[] {
  return links
    .flatMap((link) => [link.a, link.b])
    .filter((end) => end.device === device.name)
    .map((end) => ({ name: end.port, vlans: { kind: "unknown", why } }));
}
