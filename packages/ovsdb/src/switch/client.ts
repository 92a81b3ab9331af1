/**
 * A virtual switch by its database: what there is, which VLANs a port carries, its queues.
 *
 * INVARIANTS
 * - A change is decided on a row that was read, and committed only if that row is still the same (`wait` with timeout 0).
 *   A concurrent change is never overwritten: it is read and the decision is taken again, a bounded number of times.
 * - A change that is reported as done has been applied by ovs-vswitchd, not only written.
 */
import { OvsdbError } from "../errors.ts";
import { MAX_GUARDED_ATTEMPTS } from "../limits.ts";
import { connectOvsdb } from "../ovsdb/connection.ts";
import type { OvsdbConnection, OvsdbOptions } from "../ovsdb/connection.ts";
import { setOf, uuidOf } from "../ovsdb/notation.ts";
import { selectRows, updateRows, waitForRows } from "../ovsdb/operations.ts";
import type { Operation, Values } from "../ovsdb/operations.ts";
import { isGuardFailure, rowsOf } from "../ovsdb/results.ts";
import { columnsOf, readPortRow, readQosRow } from "../rows/tables.ts";
import type { PortRow, QosRow } from "../rows/tables.ts";
import { applyChange } from "./apply.ts";
import type { ApplyOptions } from "./apply.ts";
import { guardQos, queueDeletes, queueInserts } from "./queues.ts";
import type { PortQueues } from "./queues.ts";
import { openVSwitchDatabase, portNamesOf, readTopology } from "./topology.ts";
import type { SwitchTopology } from "./topology.ts";
import { columnsFor, trunksWith, trunksWithout } from "./vlans.ts";
import type { PortVlans, TrunkChange } from "./vlans.ts";

/** What became of a port's trunk: the list after the change, and whether there was anything to change. */
export interface TrunkResult {
  readonly changed: boolean;
  /** Empty means every VLAN. */
  readonly trunks: readonly number[];
}

export interface GuardedOptions extends ApplyOptions {
  /** Asked about the row that the change is decided on; false refuses it with `ovsdb.conflict`. */
  readonly onlyIf?: (port: Pick<PortRow, "vlanMode" | "tag" | "trunks">) => boolean;
}

interface PortContext {
  readonly port: PortRow;
  readonly ports: readonly PortRow[];
  readonly qosRows: readonly QosRow[];
}

export async function connectSwitch(address: string, options: OvsdbOptions = {}): Promise<VirtualSwitchClient> {
  return new VirtualSwitchClient(await connectOvsdb(address, options));
}

export class VirtualSwitchClient {
  /** The connection below, for monitors and locks. */
  readonly connection: OvsdbConnection;

  constructor(connection: OvsdbConnection) {
    this.connection = connection;
  }

  async readTopology(signal?: AbortSignal): Promise<SwitchTopology> {
    return readTopology(this.connection, signal);
  }

  /** Names of a bridge's ports by OpenFlow number: give this client to `connectControl` and its MAC table has names. */
  async readPortNames(bridge: string, signal?: AbortSignal): Promise<ReadonlyMap<number, string>> {
    return portNamesOf(await this.readTopology(signal), bridge);
  }

  /** Makes the port's VLANs exactly these. `{ tag }` is an access port, `{ trunks }` a trunk, `{}` a trunk of all VLANs. */
  async setPortVlans(portName: string, vlans: PortVlans, options: GuardedOptions = {}): Promise<void> {
    const wanted = columnsFor(vlans);
    await this.#changePort(portName, options, ({ port }) => {
      if (options.onlyIf?.(port) === false) {
        const details = { port: portName, address: this.connection.address };
        throw new OvsdbError("ovsdb.conflict", `Port ${portName} is not as it was when it was looked at.`, { details });
      }
      return [guardVlans(port), updatePort(port, vlanColumns(wanted))];
    });
  }

  /** Lets a VLAN through a trunk. Nothing changes where it passes already, an open trunk included. */
  async addTrunkVlan(portName: string, vlan: number, options: ApplyOptions = {}): Promise<TrunkResult> {
    return this.#changeTrunk(portName, options, (port) => trunksWith(port, vlan));
  }

  /** Takes a VLAN off a trunk. Refuses where that cannot be said with a list, above all for the last VLAN of a trunk. */
  async removeTrunkVlan(portName: string, vlan: number, options: ApplyOptions = {}): Promise<TrunkResult> {
    return this.#changeTrunk(portName, options, (port) => trunksWithout(port, vlan));
  }

  /** Gives the port these queues in place of those it has. */
  async createQueues(portName: string, settings: PortQueues, options: ApplyOptions = {}): Promise<void> {
    await this.#changePort(portName, options, ({ port, ports, qosRows }) => [
      guardQos(port),
      ...queueDeletes(port, ports, qosRows),
      ...queueInserts(port, settings),
    ]);
  }

  /** Takes the queues off the port and deletes them, except those that another port uses too. */
  async destroyQueues(portName: string, options: ApplyOptions = {}): Promise<void> {
    await this.#changePort(portName, options, ({ port, ports, qosRows }) =>
      port.qos === undefined ? [] : [guardQos(port), ...queueDeletes(port, ports, qosRows)],
    );
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async #changeTrunk(
    portName: string,
    options: ApplyOptions,
    decide: (port: PortRow) => TrunkChange,
  ): Promise<TrunkResult> {
    let result: TrunkResult = { changed: false, trunks: [] };
    await this.#changePort(portName, options, ({ port }) => {
      const change = decide(port);
      if (change.kind === "unchanged") {
        result = { changed: false, trunks: port.trunks };
        return [];
      }
      result = { changed: true, trunks: change.trunks };
      return [guardVlans(port), updatePort(port, { trunks: setOf(change.trunks) })];
    });
    return result;
  }

  /** Reads, decides, commits under guard; reads again when somebody was faster. No operations means nothing to do. */
  async #changePort(
    portName: string,
    options: ApplyOptions,
    decide: (context: PortContext) => readonly Operation[],
  ): Promise<void> {
    for (let attempt = 1; attempt <= MAX_GUARDED_ATTEMPTS; attempt++) {
      const operations = decide(await this.#readPort(portName, options.signal));
      if (operations.length === 0) return;
      try {
        await applyChange(this.connection, operations, options);
        return;
      } catch (error) {
        if (!isGuardFailure(error)) throw error;
      }
    }
    throw new OvsdbError(
      "ovsdb.conflict",
      `Port ${portName} was changed by somebody else ${MAX_GUARDED_ATTEMPTS} times in a row.`,
      {
        details: { port: portName, address: this.connection.address },
      },
    );
  }

  async #readPort(portName: string, signal: AbortSignal | undefined): Promise<PortContext> {
    const results = await this.connection.transact(
      openVSwitchDatabase,
      [selectRows("Port", [], columnsOf.Port), selectRows("QoS", [], columnsOf.QoS)],
      signal === undefined ? {} : { signal },
    );
    const ports = rowsOf(results, 0).map(readPortRow);
    const port = ports.find((candidate) => candidate.name === portName);
    if (port === undefined) {
      throw new OvsdbError(
        "ovsdb.not-found",
        `There is no port ${portName} on the switch at ${this.connection.address}.`,
        {
          details: { port: portName, address: this.connection.address },
        },
      );
    }
    return { port, ports, qosRows: rowsOf(results, 1).map(readQosRow) };
  }
}

function guardVlans(port: PortRow): Operation {
  return waitForRows("Port", [["_uuid", "==", uuidOf(port.uuid)]], [vlanColumns(port)], { timeoutMs: 0 });
}

function updatePort(port: PortRow, columns: Values): Operation {
  return updateRows("Port", [["_uuid", "==", uuidOf(port.uuid)]], columns);
}

function vlanColumns(vlans: Pick<PortRow, "tag" | "trunks" | "vlanMode">): Values {
  return {
    tag: setOf(vlans.tag === undefined ? [] : [vlans.tag]),
    trunks: setOf(vlans.trunks),
    vlan_mode: setOf(vlans.vlanMode === undefined ? [] : [vlans.vlanMode]),
  };
}
