/** The `VirtualSwitch` port: the ports and MAC tables as they are, for whoever asks. */
import { TrunklineError } from "@trunkline/model";
import type { SwitchAccess } from "@trunkline/model";
import type { MacEntry, SwitchBridge, VirtualSwitch } from "@trunkline/ports";
import { pace } from "../limits.ts";
import type { Device } from "../network/layer-two.ts";
import type { ProcessLife } from "./process.ts";

export function simulatedSwitch(
  life: ProcessLife,
  name: string,
  access: SwitchAccess,
  /** Undefined: there is nothing at that address. */
  device: Device | undefined,
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
    close: async () => undefined,
  };
}
