/** The `VirtualSwitch` port: the ports and MAC tables as they are, for whoever asks. */
import { isSamePortVlans } from "@trunkline/fabric";
import { TrunklineError } from "@trunkline/model";
import type { SwitchAccess } from "@trunkline/model";
import type { MacEntry, SwitchBridge, VirtualSwitch } from "@trunkline/ports";
import { pace } from "../limits.ts";
import type { Device, LayerTwo } from "../network/layer-two.ts";
import type { ProcessLife } from "./process.ts";

export function simulatedSwitch(
  life: ProcessLife,
  name: string,
  access: SwitchAccess,
  /** Undefined: there is nothing at that address. */
  device: Device | undefined,
  network: LayerTwo,
): VirtualSwitch {
  const ask = async <T>(signal: AbortSignal, answer: (device: Device) => T): Promise<T> => {
    await life.clock.sleep(pace.questionMs, signal);
    if (device === undefined || device.isSilent) {
      await life.clock.sleep(pace.connectMs, signal);
      throw new TrunklineError("host.unreachable", `the switch ${name} does not answer`, { details: { host: name } });
    }
    return answer(device);
  };
  return {
    name,
    bridge: access.bridge,
    ovsdb: access.ovsdb,
    canReadMacTable: access.control !== undefined,
    readBridges: async (signal): Promise<readonly SwitchBridge[]> =>
      await ask(signal, ({ bridges }) =>
        bridges.map((bridge) => ({
          name: bridge.name,
          mtu: bridge.mtu,
          datapathType: "system",
          ports: [...bridge.ports],
        })),
      ),
    macTable: async (signal): Promise<readonly MacEntry[]> => {
      if (access.control === undefined)
        throw new TrunklineError("host.unreachable", `the inventory gives no way to read the MAC table of ${name}`);
      return await ask(signal, ({ macs }) => [...macs.values()]);
    },
    counters: async (signal) =>
      await ask(signal, () =>
        network.carriedBytes(name).map(({ port, received, sent }) => ({
          port,
          receivedBytes: received,
          receivedFrames: Math.ceil(received / frameBytes),
          sentBytes: sent,
          sentFrames: Math.ceil(sent / frameBytes),
        })),
      ),
    setPortVlans: async (port, before, after, signal) => {
      await ask(signal, ({ bridges }) => {
        const holder = bridges.find((bridge) => bridge.ports.some((candidate) => candidate.name === port));
        const found = holder?.ports.find((candidate) => candidate.name === port);
        if (holder === undefined || found === undefined || !isSamePortVlans(found.vlans, before))
          throw new TrunklineError("fabric.changed", `port ${port} of ${name} is not as it was when it was looked at`);
        holder.ports = holder.ports.map((candidate) =>
          candidate.name === port ? { ...candidate, vlans: after } : candidate,
        );
      });
    },
    close: async () => undefined,
  };
}

/** A full Ethernet frame: the memory of a VM travels in such. */
const frameBytes = 1_514;
