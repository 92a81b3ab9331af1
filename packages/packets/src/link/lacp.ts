/** LACP, the protocol by which two switches agree on the members of a link aggregation (IEEE 802.1AX-2014, section 6.4.2). */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { tlvs } from "../wire/tlv.ts";

export interface LacpParty {
  readonly systemPriority: number;
  readonly system: string;
  readonly key: number;
  readonly portPriority: number;
  readonly port: number;
  readonly isActive: boolean;
  readonly hasShortTimeout: boolean;
  readonly isAggregatable: boolean;
  readonly isInSync: boolean;
  readonly isCollecting: boolean;
  readonly isDistributing: boolean;
  /** The sender never heard its partner and uses what it was configured with. */
  readonly isDefaulted: boolean;
  readonly isExpired: boolean;
}

export interface Lacp {
  readonly kind: "lacp";
  readonly version: number;
  readonly actor: LacpParty | undefined;
  readonly partner: LacpParty | undefined;
  /** In tens of microseconds, as on the wire. */
  readonly collectorMaxDelay: number | undefined;
}

const lacpSubtype = 1;

/** `bytes` begins with the subtype of the slow protocols (IEEE 802.3, annex 57A). */
export function decodeLacp(bytes: Uint8Array): Lacp | PacketError {
  return decoding(bytes, "lacp", (cursor) => {
    const subtype = cursor.u8("subtype");
    if (subtype !== lacpSubtype)
      throw cursor.wrong("subtype", `${subtype} is another slow protocol.`, 1, "packets.unsupported");
    const version = cursor.u8("version");
    let actor: LacpParty | undefined;
    let partner: LacpParty | undefined;
    let collectorMaxDelay: number | undefined;
    for (const { type, value } of tlvs(cursor, { fieldBytes: 1, countsHeader: true, endsAtZero: true })) {
      if (type === 1) actor = readParty(value);
      if (type === 2) partner = readParty(value);
      if (type === 3) collectorMaxDelay = value.u16("collector delay");
    }
    return { kind: "lacp", version, actor, partner, collectorMaxDelay };
  });
}

function readParty(cursor: Cursor): LacpParty {
  const systemPriority = cursor.u16("system priority");
  const system = cursor.mac("system");
  const key = cursor.u16("key");
  const portPriority = cursor.u16("port priority");
  const port = cursor.u16("port");
  const state = cursor.u8("state");
  return {
    systemPriority,
    system,
    key,
    portPriority,
    port,
    isActive: (state & 0x01) !== 0,
    hasShortTimeout: (state & 0x02) !== 0,
    isAggregatable: (state & 0x04) !== 0,
    isInSync: (state & 0x08) !== 0,
    isCollecting: (state & 0x10) !== 0,
    isDistributing: (state & 0x20) !== 0,
    isDefaulted: (state & 0x40) !== 0,
    isExpired: (state & 0x80) !== 0,
  };
}
