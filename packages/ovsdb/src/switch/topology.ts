/** Bridges, their ports and the interfaces behind them, read in one transaction: one consistent moment of the switch. */
import { OvsdbError } from "../errors.ts";
import type { OvsdbConnection } from "../ovsdb/connection.ts";
import { selectRows } from "../ovsdb/operations.ts";
import { rowsOf } from "../ovsdb/results.ts";
import {
  columnsOf,
  readBridgeRow,
  readInterfaceRow,
  readOpenVSwitchRow,
  readPortRow,
  readQosRow,
  readQueueRow,
} from "../rows/tables.ts";
import type { InterfaceRow, PortRow, QosRow, QueueRow } from "../rows/tables.ts";

export interface SwitchTopology {
  readonly ovsVersion?: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly bridges: readonly SwitchBridge[];
}

export interface SwitchBridge {
  readonly uuid: string;
  readonly name: string;
  readonly datapathType: string;
  readonly ports: readonly SwitchPort[];
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface SwitchPort extends Omit<PortRow, "interfaces" | "qos"> {
  readonly interfaces: readonly InterfaceRow[];
  readonly qos?: SwitchQos;
}

export interface SwitchQos extends Omit<QosRow, "queues"> {
  readonly queues: readonly (QueueRow & { readonly number: number })[];
}

export const openVSwitchDatabase = "Open_vSwitch";

const tables = ["Open_vSwitch", "Bridge", "Port", "Interface", "QoS", "Queue"] as const;

export async function readTopology(connection: OvsdbConnection, signal?: AbortSignal): Promise<SwitchTopology> {
  const results = await connection.transact(
    openVSwitchDatabase,
    tables.map((table) => selectRows(table, [], columnsOf[table])),
    signal === undefined ? {} : { signal },
  );
  const [root] = rowsOf(results, 0).map(readOpenVSwitchRow);
  if (root === undefined) {
    throw new OvsdbError("ovsdb.not-found", `The database at ${connection.address} has no Open_vSwitch row.`, {
      hint: "Initialise it with ovs-vsctl --no-wait init.",
    });
  }
  const bridges = byUuid(rowsOf(results, 1).map(readBridgeRow));
  const ports = byUuid(rowsOf(results, 2).map(readPortRow));
  const interfaces = byUuid(rowsOf(results, 3).map(readInterfaceRow));
  const qos = byUuid(rowsOf(results, 4).map(readQosRow));
  const queues = byUuid(rowsOf(results, 5).map(readQueueRow));

  const qosOf = (row: QosRow): SwitchQos => ({
    ...row,
    queues: [...row.queues]
      .map(([number, uuid]) => ({ ...follow(queues, uuid, "Queue"), number }))
      .sort((a, b) => a.number - b.number),
  });
  const portOf = (row: PortRow): SwitchPort => {
    const { qos: qosUuid, ...rest } = row;
    return {
      ...rest,
      interfaces: row.interfaces.map((uuid) => follow(interfaces, uuid, "Interface")).sort(byName),
      ...(qosUuid === undefined ? {} : { qos: qosOf(follow(qos, qosUuid, "QoS")) }),
    };
  };
  return {
    ...(root.ovsVersion === undefined ? {} : { ovsVersion: root.ovsVersion }),
    externalIds: root.externalIds,
    bridges: root.bridges
      .map((uuid) => follow(bridges, uuid, "Bridge"))
      .map((bridge) => ({
        ...bridge,
        ports: bridge.ports.map((uuid) => portOf(follow(ports, uuid, "Port"))).sort(byName),
      }))
      .sort(byName),
  };
}

/** The names of a bridge's interfaces by OpenFlow port number, as the MAC table needs them. */
export function portNamesOf(topology: SwitchTopology, bridgeName: string): ReadonlyMap<number, string> {
  const bridge = topology.bridges.find((candidate) => candidate.name === bridgeName);
  if (bridge === undefined)
    throw new OvsdbError("ovsdb.not-found", `There is no bridge ${bridgeName}.`, { details: { bridge: bridgeName } });
  return new Map(
    bridge.ports.flatMap((port) =>
      port.interfaces.flatMap((row) =>
        row.ofport === undefined || row.ofport < 0 ? [] : [[row.ofport, port.name] as const],
      ),
    ),
  );
}

function byUuid<T extends { readonly uuid: string }>(rows: readonly T[]): ReadonlyMap<string, T> {
  return new Map(rows.map((row) => [row.uuid, row]));
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function follow<T>(rows: ReadonlyMap<string, T>, uuid: string, table: string): T {
  const row = rows.get(uuid);
  if (row === undefined)
    throw new OvsdbError(
      "ovsdb.protocol",
      `The database refers to row ${uuid} of table ${table}, which it does not have.`,
    );
  return row;
}
