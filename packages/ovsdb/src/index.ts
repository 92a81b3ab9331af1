/**
 * Client of the Open vSwitch database protocol (RFC 7047) and of ovs-vswitchd's control socket. Depends on Node alone.
 */
export { OvsdbError } from "./errors.ts";
export type { OvsdbErrorCode } from "./errors.ts";
export type { JsonObject, JsonValue } from "./json/value.ts";
export type { CallOptions } from "./rpc/connection.ts";
export type { OvsdbTlsOptions } from "./rpc/dial.ts";
export { parseAddress } from "./rpc/address.ts";
export type { OvsdbAddress } from "./rpc/address.ts";
export { connectOvsdb } from "./ovsdb/connection.ts";
export type { OvsdbConnection, OvsdbOptions } from "./ovsdb/connection.ts";
export { mapOf, namedUuidOf, setOf, uuidOf } from "./ovsdb/notation.ts";
export type { Atom, Condition, ConditionFunction, Mutation, Mutator, OvsdbValue, Row } from "./ovsdb/notation.ts";
export {
  assertLock,
  comment,
  deleteRows,
  insertRow,
  mutateRows,
  selectRows,
  updateRows,
  waitForRows,
} from "./ovsdb/operations.ts";
export type { Operation, Values } from "./ovsdb/operations.ts";
export { isGuardFailure } from "./ovsdb/results.ts";
export type { OperationResult } from "./ovsdb/results.ts";
export type { ColumnSchema, DatabaseSchema, TableSchema } from "./ovsdb/schema.ts";
export type { Monitor, MonitorRequest, RowUpdate, TableUpdates } from "./ovsdb/monitor.ts";
export type { OvsdbLock } from "./ovsdb/lock.ts";
export {
  readBridgeRow,
  readInterfaceRow,
  readOpenVSwitchRow,
  readPortRow,
  readQosRow,
  readQueueRow,
} from "./rows/tables.ts";
export type {
  BridgeRow,
  InterfaceRow,
  LinkState,
  OpenVSwitchRow,
  PortRow,
  QosRow,
  QueueRow,
  VlanMode,
} from "./rows/tables.ts";
export { connectSwitch } from "./switch/client.ts";
export type { TrunkResult, VirtualSwitchClient } from "./switch/client.ts";
export { applyChange } from "./switch/apply.ts";
export type { ApplyOptions } from "./switch/apply.ts";
export type { PortQueues, QueueSettings } from "./switch/queues.ts";
export type { SwitchBridge, SwitchPort, SwitchQos, SwitchTopology } from "./switch/topology.ts";
export type { PortVlans } from "./switch/vlans.ts";
export { connectControl } from "./control/control.ts";
export type { ControlOptions, OvsControl, PortNamer } from "./control/control.ts";
export { findControlAddress } from "./control/find-control.ts";
export { parseMacTable } from "./control/mac-table.ts";
export type { MacTableEntry } from "./control/mac-table.ts";
