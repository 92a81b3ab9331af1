/** The `VirtualSwitch` port over OVSDB (RFC 7047) and, for the MAC table, ovs-vswitchd's control socket. */
import { OvsdbError, connectControl, connectSwitch } from "@trunkline/ovsdb";
import type { OvsControl, SwitchPort, VirtualSwitchClient } from "@trunkline/ovsdb";
import { connectOpenFlow } from "@trunkline/openflow";
import type { OpenFlowConnection, PortStatistics } from "@trunkline/openflow";
import { isSamePortVlans } from "@trunkline/fabric";
import type { FabricPort, PortVlans } from "@trunkline/fabric";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { SwitchAccess } from "@trunkline/model";
import type { MacEntry, PortCounters, SwitchBridge, VirtualSwitch } from "@trunkline/ports";
import { limits } from "../../limits.ts";

export class OpenVSwitch implements VirtualSwitch {
  readonly name: string;
  readonly bridge: string;
  readonly ovsdb: string;
  readonly canReadMacTable: boolean;
  readonly #access: SwitchAccess;
  #database: Promise<VirtualSwitchClient> | undefined;
  #control: Promise<OvsControl> | undefined;
  #flows: Promise<OpenFlowConnection> | undefined;

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

  async counters(signal: AbortSignal): Promise<readonly PortCounters[]> {
    return await this.#ask("read its counters", async () => {
      const database = await this.#databaseOf(signal);
      const { bridges } = await database.readTopology(signal);
      const ports = bridges.find((bridge) => bridge.name === this.bridge)?.ports ?? [];
      if (this.#access.openflow === undefined) return ports.flatMap(countersOf);
      const flows = await this.#flowsOf(this.#access.openflow, signal);
      const counted = new Map((await flows.dumpPorts({ signal })).map((row) => [row.port, row]));
      return ports.flatMap((port) => liveCountersOf(port, counted));
    });
  }

  async setPortVlans(port: string, before: PortVlans, after: PortVlans, signal: AbortSignal): Promise<void> {
    await this.#ask(`change its port ${port}`, async () => {
      const database = await this.#databaseOf(signal);
      const { bridges } = await database.readTopology(signal);
      const current = bridges.flatMap((bridge) => bridge.ports).find((candidate) => candidate.name === port);
      try {
        await database.setPortVlans(port, columnsOf(after, current?.vlanMode), {
          signal,
          onlyIf: (row) => isSamePortVlans(vlansOf(row), before),
        });
      } catch (error) {
        if (!(error instanceof OvsdbError) || error.code !== "ovsdb.conflict") throw error;
        throw new TrunklineError(
          "fabric.changed",
          `port ${port} of ${this.name} is not as it was when it was looked at`,
          { cause: error, details: { switch: this.name, port } },
        );
      }
    });
  }

  async close(): Promise<void> {
    const [database, control, flows] = [this.#database, this.#control, this.#flows];
    this.#flows = undefined;
    this.#database = undefined;
    this.#control = undefined;
    await (await database?.catch(() => undefined))?.close();
    await (await control?.catch(() => undefined))?.close();
    await (await flows?.catch(() => undefined))?.close();
  }

  #flowsOf(address: string, signal: AbortSignal): Promise<OpenFlowConnection> {
    this.#flows ??= connectOpenFlow(address, { signal, connectTimeoutMs: limits.connectMs });
    return this.#flows;
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

/** As the switch counts at this moment; the interfaces of a bond add up. */
function liveCountersOf(
  { name, interfaces }: SwitchPort,
  counted: ReadonlyMap<number, PortStatistics>,
): readonly PortCounters[] {
  const rows = interfaces.flatMap((row) => (row.ofport === undefined ? [] : (counted.get(row.ofport) ?? [])));
  if (rows.length === 0) return [];
  const sum = (key: Exclude<keyof PortStatistics, "port">): number =>
    Number(rows.reduce((total, row) => total + row[key], 0n));
  return [
    {
      port: name,
      receivedBytes: sum("receivedBytes"),
      receivedFrames: sum("receivedFrames"),
      sentBytes: sum("sentBytes"),
      sentFrames: sum("sentFrames"),
    },
  ];
}

/**
 * The statistics of all interfaces of the port together, as the database has them: up to five seconds old
 * (ovs-vswitchd.conf.db(5), Open_vSwitch table, other_config:stats-update-interval).
 */
function countersOf({ name, interfaces }: SwitchPort): readonly PortCounters[] {
  const sum = (key: string): number => interfaces.reduce((total, row) => total + (row.statistics[key] ?? 0), 0);
  if (interfaces.every((row) => Object.keys(row.statistics).length === 0)) return [];
  return [
    {
      port: name,
      receivedBytes: sum("rx_bytes"),
      receivedFrames: sum("rx_packets"),
      sentBytes: sum("tx_bytes"),
      sentFrames: sum("tx_packets"),
    },
  ];
}

/** A port that bears its native VLAN tagged goes on doing so. */
function columnsOf(
  vlans: PortVlans,
  modeBefore: SwitchPort["vlanMode"],
): Parameters<VirtualSwitchClient["setPortVlans"]>[1] {
  switch (vlans.kind) {
    case "access":
      return { tag: vlans.tag, vlanMode: "access" };
    case "trunk": {
      const trunks = vlans.trunks === "all" ? [] : vlans.trunks;
      if (vlans.native === undefined) return { trunks, vlanMode: "trunk" };
      const vlanMode = modeBefore === "native-tagged" ? modeBefore : "native-untagged";
      return { tag: vlans.native, trunks, vlanMode };
    }
    case "unknown":
      throw new TrunklineError("fabric.changed", "a port cannot be given VLANs that nobody knows");
  }
}

/** ovs-vswitchd.conf.db(5), Port table: what `vlan_mode`, `tag` and `trunks` mean together. */
function vlansOf(port: Pick<SwitchPort, "vlanMode" | "tag" | "trunks">): PortVlans {
  const { vlanMode, tag, trunks } = port;
  const isAccess = vlanMode === "access" || (vlanMode === undefined && tag !== undefined);
  if (isAccess) return { kind: "access", tag: tag ?? 0 };
  if (vlanMode === "dot1q-tunnel") return { kind: "unknown", why: "an 802.1ad tunnel port" };
  const carried = trunks.length === 0 ? "all" : trunks;
  return { kind: "trunk", trunks: carried, ...(tag === undefined ? {} : { native: tag }) };
}
