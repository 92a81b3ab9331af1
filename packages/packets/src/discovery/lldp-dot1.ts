/** What IEEE 802.1 adds to LLDP about VLANs (IEEE 802.1Q-2018, annex D). */
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import { readAggregation } from "./lldp-aggregation.ts";
import type { LldpAggregation } from "./lldp-aggregation.ts";

export interface LldpProtocolVlan {
  /** 0 when the port supports none. */
  readonly vlan: number;
  readonly isSupported: boolean;
  readonly isEnabled: boolean;
}

export interface LldpVlanName {
  readonly vlan: number;
  readonly name: string;
}

export interface LldpDot1 {
  /** The VLAN of untagged frames; 0 when the port has none or does not say. */
  readonly portVlan?: number;
  readonly protocolVlans: readonly LldpProtocolVlan[];
  readonly vlanNames: readonly LldpVlanName[];
  /** Protocols that the port speaks, by their first bytes. */
  readonly protocolIdentities: readonly string[];
  readonly vlanDigest?: number;
  readonly managementVlan?: number;
  readonly aggregation?: LldpAggregation;
}

/** The lists while they grow: a copy for each of thousands of names would cost the square of their number. */
export interface LldpDot1Lists {
  readonly protocolVlans: LldpProtocolVlan[];
  readonly vlanNames: LldpVlanName[];
  readonly protocolIdentities: string[];
}

type LldpDot1Facts = Omit<LldpDot1, keyof LldpDot1Lists>;

/** Adds to the lists. @returns what else it says, undefined for a subtype whose meaning is not read here. */
export function readDot1(subtype: number, value: Cursor, lists: LldpDot1Lists): LldpDot1Facts | undefined {
  switch (subtype) {
    case 1:
      return { portVlan: value.u16("port VLAN") };
    case 2: {
      const flags = value.u8("protocol VLAN flags");
      const flagged = { isSupported: (flags & 2) !== 0, isEnabled: (flags & 4) !== 0 };
      lists.protocolVlans.push({ vlan: value.u16("protocol VLAN"), ...flagged });
      return {};
    }
    case 3: {
      const vlan = value.u16("VLAN");
      lists.vlanNames.push({ vlan, name: value.text(value.u8("VLAN name length"), "VLAN name") });
      return {};
    }
    case 4:
      lists.protocolIdentities.push(hexOf(value.bytes(value.u8("protocol identity length"), "protocol identity")));
      return {};
    case 5:
      return { vlanDigest: value.u32("VLAN digest") };
    case 6:
      return { managementVlan: value.u16("management VLAN") };
    case 7:
      return { aggregation: readAggregation(value) };
    default:
      return undefined;
  }
}
