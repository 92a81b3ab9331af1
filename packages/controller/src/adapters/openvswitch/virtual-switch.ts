/** The `VirtualSwitch` port over OVSDB (RFC 7047) and, for the MAC table, ovs-vswitchd's control socket. */
import { connectControl, connectSwitch } from "@trunkline/ovsdb";
import type { OvsControl, SwitchPort, VirtualSwitchClient } from "@trunkline/ovsdb";
import type { FabricPort, PortVlans } from "@trunkline/fabric";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { SwitchAccess } from "@trunkline/model";
import type { MacEntry, SwitchBridge, VirtualSwitch } from "@trunkline/ports";
import { limits } from "../../limits.ts";

export class OpenVSwitch implements VirtualSwitch {
  readonly name: string;
  readonly bridge: string;
  readonly ovsdb: string;
  readonly canReadMacTable: boolean;
  readonly #access: SwitchAccess;
  #database: Promise<VirtualSwitchClient> | undefined;
  #control: Promise<OvsControl> | undefined;

  constructor(name: string, access: SwitchAccess) {
    this.name = name;
    this.bridge = access.bridge;
    this.ovsdb = access.ovsdb;
    this.canReadMacTable = access.control !== undefined;
    this.#access = access;
  }

  async readBridges(signal: AbortSignal): Promise<readonly SwitchBridge[]> {
    return await this.#ask("read its ports", async () => {
      const database = await this.#databaseOf(signal);
      const { bridges } = await database.readTopology(signal);
      return bridges.map((bridge) => {
        const own = bridge.ports.find((port) => port.name === bridge.name)?.interfaces[0]?.mtu;
        return {
          name: bridge.name,
          ...(own === undefined ? {} : { mtu: own }),
          ...(bridge.datapathType === "" ? {} : { datapathType: bridge.datapathType }),
          ports: bridge.ports.filter((port) => port.name !== bridge.name).map(portOf),
        };
      });
    });
  }

  async macTable(signal: AbortSignal): Promise<readonly MacEntry[]> {
    return await this.#ask("read its MAC table", async () => {
      const control = await this.#controlOf(signal);
      const entries = await control.macTable(this.bridge, signal);
      return entries.flatMap(({ mac, vlan, port }) => (port === undefined ? [] : [{ mac, vlan, port }]));
    });
  }

  async close(): Promise<void> {
    const [database, control] = [this.#database, this.#control];
    this.#database = undefined;
    this.#control = undefined;
    await (await database?.catch(() => undefined))?.close();
    await (await control?.catch(() => undefined))?.close();
  }

  #databaseOf(signal: AbortSignal): Promise<VirtualSwitchClient> {
    this.#database ??= connectSwitch(this.ovsdb, {
      signal,
      connectTimeoutMs: limits.connectMs,
      callTimeoutMs: limits.questionMs,
    });
    return this.#database;
  }

  #controlOf(signal: AbortSignal): Promise<OvsControl> {
    const { control } = this.#access;
    if (control === undefined)
      throw new TrunklineError(
        "host.unreachable",
        `the MAC table of ${this.name} can be read on its own control socket only`,
        {
          hint: "Add `control` to the switch in the inventory when it runs on this machine.",
        },
      );
    this.#control ??= (async () => {
      const portNamer = await this.#databaseOf(signal);
      return await connectControl(control, { signal, connectTimeoutMs: limits.connectMs, portNamer });
    })();
    return this.#control;
  }

  /** A broken connection is forgotten, so that the next question opens a new one. */
  async #ask<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.close();
      if (error instanceof TrunklineError) throw error;
      throw new TrunklineError(
        "host.unreachable",
        `switch ${this.name} could not be asked to ${doing}: ${messageOf(error)}`,
        {
          cause: error,
          details: { switch: this.name },
        },
      );
    }
  }
}

function portOf(port: SwitchPort): FabricPort {
  const mtu = port.interfaces[0]?.mtu;
  return { name: port.name, vlans: vlansOf(port), ...(mtu === undefined ? {} : { mtu }) };
}

/** ovs-vswitchd.conf.db(5), Port table: what `vlan_mode`, `tag` and `trunks` mean together. */
function vlansOf(port: SwitchPort): PortVlans {
  const { vlanMode, tag, trunks } = port;
  const isAccess = vlanMode === "access" || (vlanMode === undefined && tag !== undefined);
  if (isAccess) return { kind: "access", tag: tag ?? 0 };
  if (vlanMode === "dot1q-tunnel") return { kind: "unknown", why: "an 802.1ad tunnel port" };
  const carried = trunks.length === 0 ? "all" : trunks;
  return { kind: "trunk", trunks: carried, ...(tag === undefined ? {} : { native: tag }) };
}
