/** What IEEE 802.1 adds to LLDP about VLANs (IEEE 802.1Q-2018, annex D). */
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import type { LldpDot3 } from "./lldp-dot3.ts";

export interface LldpAggregation {
  readonly isCapable: boolean;
  readonly isAggregated: boolean;
  readonly portId: number;
}

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
  readonly protocolIdentities?: readonly string[];
  readonly vlanDigest?: number;
  readonly managementVlan?: number;
  readonly aggregation?: LldpAggregation;
}

/** Facts with one more, of one of the two standards. */
export type MoreFacts =
  | { readonly standard: "dot1"; readonly facts: LldpDot1 }
  | { readonly standard: "dot3"; readonly facts: LldpDot3 };

/** @returns undefined for a subtype whose meaning is not read here. */
export function readDot1(subtype: number, value: Cursor, facts: LldpDot1): MoreFacts | undefined {
  const more = factsOf(subtype, value, facts);
  return more === undefined ? undefined : { standard: "dot1", facts: { ...facts, ...more } };
}

function factsOf(subtype: number, value: Cursor, facts: LldpDot1): Partial<LldpDot1> | undefined {
  switch (subtype) {
    case 1:
      return { portVlan: value.u16("port VLAN") };
    case 2: {
      const flags = value.u8("protocol VLAN flags");
      const flagged = { isSupported: (flags & 2) !== 0, isEnabled: (flags & 4) !== 0 };
      return { protocolVlans: [...facts.protocolVlans, { vlan: value.u16("protocol VLAN"), ...flagged }] };
    }
    case 3: {
      const vlan = value.u16("VLAN");
      const name = value.text(value.u8("VLAN name length"), "VLAN name");
      return { vlanNames: [...facts.vlanNames, { vlan, name }] };
    }
    case 4: {
      const identity = hexOf(value.bytes(value.u8("protocol identity length"), "protocol identity"));
      return { protocolIdentities: [...(facts.protocolIdentities ?? []), identity] };
    }
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

/** The same layout under 802.3 subtype 3, where it stood until 802.1AX took it over. */
export function readAggregation(value: Cursor): LldpAggregation {
  const status = value.u8("aggregation status");
  const portId = value.u32("aggregation port");
  return { isCapable: (status & 1) !== 0, isAggregated: (status & 2) !== 0, portId };
}
