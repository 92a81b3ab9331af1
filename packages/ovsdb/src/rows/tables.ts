/**
 * The tables of the Open_vSwitch database that this package knows (ovs-vswitchd.conf.db(5)), with the columns that say what
 * the switch does. `columnsOf` is what to select; the readers turn such a row into a plain object.
 */
import { OvsdbError } from "../errors.ts";
import type { Row } from "../ovsdb/notation.ts";
import { readRow } from "./columns.ts";

/** Column vlan_mode of table Port. Without one, a tag makes an access port and no tag a trunk. */
export type VlanMode = "access" | "trunk" | "native-tagged" | "native-untagged" | "dot1q-tunnel";

export interface OpenVSwitchRow {
  readonly uuid: string;
  readonly bridges: readonly string[];
  /** The database's change counter, and how far ovs-vswitchd has come. */
  readonly nextCfg: number;
  readonly curCfg: number;
  readonly ovsVersion?: string;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface BridgeRow {
  readonly uuid: string;
  readonly name: string;
  readonly datapathType: string;
  readonly ports: readonly string[];
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface PortRow {
  readonly uuid: string;
  readonly name: string;
  readonly interfaces: readonly string[];
  readonly vlanMode?: VlanMode;
  readonly tag?: number;
  /** Empty means every VLAN on a trunk port. */
  readonly trunks: readonly number[];
  readonly qos?: string;
  readonly externalIds: Readonly<Record<string, string>>;
}

export type LinkState = "up" | "down";

export interface InterfaceRow {
  readonly uuid: string;
  readonly name: string;
  /** Empty for a device of the host's kernel. */
  readonly type: string;
  readonly adminState?: LinkState;
  readonly linkState?: LinkState;
  readonly linkSpeedBps?: number;
  readonly mtu?: number;
  readonly macInUse?: string;
  /** OpenFlow port number; -1 when ovs-vswitchd could not make the port (then `error` says why). */
  readonly ofport?: number;
  readonly error?: string;
  readonly statistics: Readonly<Record<string, number>>;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface QosRow {
  readonly uuid: string;
  readonly type: string;
  readonly queues: ReadonlyMap<number, string>;
  readonly otherConfig: Readonly<Record<string, string>>;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface QueueRow {
  readonly uuid: string;
  readonly dscp?: number;
  readonly otherConfig: Readonly<Record<string, string>>;
  readonly externalIds: Readonly<Record<string, string>>;
}

export const columnsOf = {
  Open_vSwitch: ["_uuid", "bridges", "next_cfg", "cur_cfg", "ovs_version", "external_ids"],
  Bridge: ["_uuid", "name", "datapath_type", "ports", "external_ids"],
  Port: ["_uuid", "name", "interfaces", "vlan_mode", "tag", "trunks", "qos", "external_ids"],
  Interface: [
    "_uuid",
    "name",
    "type",
    "admin_state",
    "link_state",
    "link_speed",
    "mtu",
    "mac_in_use",
    "ofport",
    "error",
    "statistics",
    "external_ids",
  ],
  QoS: ["_uuid", "type", "queues", "other_config", "external_ids"],
  Queue: ["_uuid", "dscp", "other_config", "external_ids"],
} as const;

export function readOpenVSwitchRow(row: Row): OpenVSwitchRow {
  const read = readRow("Open_vSwitch", row);
  return {
    uuid: read.uuid("_uuid"),
    bridges: read.uuids("bridges"),
    nextCfg: read.integer("next_cfg"),
    curCfg: read.integer("cur_cfg"),
    ...present("ovsVersion", read.optionalText("ovs_version")),
    externalIds: read.textMap("external_ids"),
  };
}

export function readBridgeRow(row: Row): BridgeRow {
  const read = readRow("Bridge", row);
  return {
    uuid: read.uuid("_uuid"),
    name: read.text("name"),
    datapathType: read.text("datapath_type"),
    ports: read.uuids("ports"),
    externalIds: read.textMap("external_ids"),
  };
}

export function readPortRow(row: Row): PortRow {
  const read = readRow("Port", row);
  return {
    uuid: read.uuid("_uuid"),
    name: read.text("name"),
    interfaces: read.uuids("interfaces"),
    ...present("vlanMode", vlanModeOf(read.optionalText("vlan_mode"))),
    ...present("tag", read.optionalInteger("tag")),
    trunks: read.integers("trunks").toSorted((a, b) => a - b),
    ...present("qos", read.optionalUuid("qos")),
    externalIds: read.textMap("external_ids"),
  };
}

export function readInterfaceRow(row: Row): InterfaceRow {
  const read = readRow("Interface", row);
  return {
    uuid: read.uuid("_uuid"),
    name: read.text("name"),
    type: read.text("type"),
    ...present("adminState", linkStateOf("admin_state", read.optionalText("admin_state"))),
    ...present("linkState", linkStateOf("link_state", read.optionalText("link_state"))),
    ...present("linkSpeedBps", read.optionalInteger("link_speed")),
    ...present("mtu", read.optionalInteger("mtu")),
    ...present("macInUse", read.optionalText("mac_in_use")),
    ...present("ofport", read.optionalInteger("ofport")),
    ...present("error", read.optionalText("error")),
    statistics: read.numberMap("statistics"),
    externalIds: read.textMap("external_ids"),
  };
}

export function readQosRow(row: Row): QosRow {
  const read = readRow("QoS", row);
  return {
    uuid: read.uuid("_uuid"),
    type: read.text("type"),
    queues: read.uuidByNumber("queues"),
    otherConfig: read.textMap("other_config"),
    externalIds: read.textMap("external_ids"),
  };
}

export function readQueueRow(row: Row): QueueRow {
  const read = readRow("Queue", row);
  return {
    uuid: read.uuid("_uuid"),
    ...present("dscp", read.optionalInteger("dscp")),
    otherConfig: read.textMap("other_config"),
    externalIds: read.textMap("external_ids"),
  };
}

/** A member only where there is a value: absent and undefined are different things under exactOptionalPropertyTypes. */
function present<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  const member: Partial<Record<K, V>> = {};
  if (value !== undefined) member[key] = value;
  return member;
}

function vlanModeOf(text: string | undefined): VlanMode | undefined {
  switch (text) {
    case undefined:
    case "access":
    case "trunk":
    case "native-tagged":
    case "native-untagged":
    case "dot1q-tunnel":
      return text;
    default:
      throw new OvsdbError(
        "ovsdb.protocol",
        `Column Port.vlan_mode has the value ${JSON.stringify(text)}, which nobody knows.`,
      );
  }
}

function linkStateOf(column: string, text: string | undefined): LinkState | undefined {
  if (text === undefined || text === "up" || text === "down") return text;
  throw new OvsdbError(
    "ovsdb.protocol",
    `Column Interface.${column} has the value ${JSON.stringify(text)}, which nobody knows.`,
  );
}
