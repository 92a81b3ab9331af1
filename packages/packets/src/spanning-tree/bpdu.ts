/**
 * The messages of the spanning tree: configuration and topology change (IEEE 802.1D-1998, clause 9), rapid (802.1D-2004,
 * section 9.3) and multiple (802.1Q-2018, clause 14). Cisco sends one tree per VLAN as the same message in SNAP 0x010b,
 * with the VLAN after it.
 */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { readMst } from "./mst.ts";
import type { MultipleSpanningTree } from "./mst.ts";
import { readBridgeId, roleOf } from "./bridge-id.ts";
import type { BridgeId, PortRole } from "./bridge-id.ts";

export interface BpduTimes {
  readonly messageAgeS: number;
  readonly maxAgeS: number;
  readonly helloTimeS: number;
  readonly forwardDelayS: number;
}

export type Bpdu =
  | { readonly kind: "stp"; readonly message: "topology-change" }
  | ({
      readonly kind: "stp";
      readonly message: "configuration";
      readonly version: "stp" | "rstp" | "mstp";
      readonly root: BridgeId;
      readonly rootPathCost: number;
      /** In MSTP the regional root of the common tree. */
      readonly bridge: BridgeId;
      readonly port: number;
      readonly isTopologyChange: boolean;
      readonly isTopologyChangeAck: boolean;
      /** Unknown in plain STP, which has neither roles nor the flags below. */
      readonly role: PortRole;
      readonly isProposal: boolean;
      readonly isLearning: boolean;
      readonly isForwarding: boolean;
      readonly isAgreement: boolean;
      readonly multiple: MultipleSpanningTree | undefined;
      /** Cisco's per-VLAN trees: the VLAN that the sender means, whatever tag the frame has. */
      readonly originatingVlan: number | undefined;
    } & BpduTimes);

export interface BpduForm {
  /** The message came in SNAP 0x010b. */
  readonly isPerVlan?: boolean;
}

const configuration = 0;
const rapid = 2;
const multipleVersion = 3;
const topologyChange = 0x80;

/** The per-VLAN TLV begins here, whatever the version: after the longest message of 802.1D (packet-bpdu.c of Wireshark). */
const perVlanOffset = 36;

export function decodeBpdu(bytes: Uint8Array, form: BpduForm = {}): Bpdu | PacketError {
  return decoding(bytes, "stp", (cursor) => {
    const protocol = cursor.u16("protocol");
    if (protocol !== 0) throw cursor.wrong("protocol", `${protocol} is not 0.`, 2, "packets.unsupported");
    const number = cursor.u8("version");
    const type = cursor.u8("type");
    if (type === topologyChange) return { kind: "stp", message: "topology-change" };
    if (type !== configuration && type !== rapid)
      throw cursor.wrong("type", `${type} is no message of the spanning tree.`, 1);
    // 802.1D-2004, section 9.3.4: versions beyond the known ones are read as the highest known.
    const version = type === configuration ? "stp" : number >= multipleVersion ? "mstp" : "rstp";
    const flags = cursor.u8("flags");
    const root = readBridgeId(cursor, "root");
    const rootPathCost = cursor.u32("root path cost");
    const bridge = readBridgeId(cursor, "bridge");
    const port = cursor.u16("port");
    const times = readTimes(cursor);
    const isRapid = version !== "stp";
    if (isRapid) cursor.skip(1, "version 1 length");
    const multiple = version === "mstp" && form.isPerVlan !== true ? readMst(cursor) : undefined;
    const originatingVlan = form.isPerVlan === true ? readOriginatingVlan(cursor) : undefined;
    return {
      kind: "stp",
      message: "configuration",
      version,
      root,
      rootPathCost,
      bridge,
      port,
      isTopologyChange: (flags & 0x01) !== 0,
      isTopologyChangeAck: (flags & 0x80) !== 0,
      role: isRapid ? roleOf(flags) : "unknown",
      isProposal: isRapid && (flags & 0x02) !== 0,
      isLearning: isRapid && (flags & 0x10) !== 0,
      isForwarding: isRapid && (flags & 0x20) !== 0,
      isAgreement: isRapid && (flags & 0x40) !== 0,
      multiple,
      originatingVlan,
      ...times,
    };
  });
}

/** Times count 256ths of a second (802.1D-2004, section 9.2.8). */
function readTimes(cursor: Cursor): BpduTimes {
  const seconds = (field: string): number => cursor.u16(field) / 256;
  return {
    messageAgeS: seconds("message age"),
    maxAgeS: seconds("max age"),
    helloTimeS: seconds("hello time"),
    forwardDelayS: seconds("forward delay"),
  };
}

/** One TLV: type 0, length 2, the VLAN. A sender that leaves it out says nothing about the VLAN. */
function readOriginatingVlan(cursor: Cursor): number | undefined {
  if (cursor.offset < perVlanOffset && cursor.remaining > 0) cursor.skip(1, "padding");
  if (cursor.remaining < 6) return undefined;
  const type = cursor.u16("VLAN TLV type");
  const length = cursor.u16("VLAN TLV length");
  return type === 0 && length === 2 ? cursor.u16("originating VLAN") : undefined;
}
