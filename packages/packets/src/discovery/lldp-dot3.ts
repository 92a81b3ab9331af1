/** What IEEE 802.3 adds to LLDP about the link (IEEE 802.3-2018, clause 79). */
import type { Cursor } from "../wire/cursor.ts";
import { readAggregation } from "./lldp-aggregation.ts";
import type { LldpAggregation } from "./lldp-aggregation.ts";

export interface LldpPhysical {
  readonly isAutonegotiationSupported: boolean;
  readonly isAutonegotiationEnabled: boolean;
  /** Bits of ifMauAutoNegCapAdvertisedBits (RFC 4836). */
  readonly advertised: number;
  /** Number of dot3MauType (RFC 4836): what the link runs as. */
  readonly mauType: number;
}

export interface LldpPower {
  readonly isSourcingEquipment: boolean;
  readonly isSupported: boolean;
  readonly isEnabled: boolean;
  readonly pair: number;
  /** As on the wire: 1 for class 0. */
  readonly powerClass: number;
  /** Only of senders that know 802.3at. */
  readonly requestedMilliwatts?: number;
  readonly allocatedMilliwatts?: number;
}

export interface LldpDot3 {
  readonly physical?: LldpPhysical;
  readonly power?: LldpPower;
  readonly aggregation?: LldpAggregation;
  readonly maxFrameBytes?: number;
}

/** @returns undefined for a subtype whose meaning is not read here. */
export function readDot3(subtype: number, value: Cursor): LldpDot3 | undefined {
  switch (subtype) {
    case 1: {
      const flags = value.u8("autonegotiation");
      const supported = { isAutonegotiationSupported: (flags & 1) !== 0, isAutonegotiationEnabled: (flags & 2) !== 0 };
      return { physical: { ...supported, advertised: value.u16("advertised"), mauType: value.u16("MAU type") } };
    }
    case 2:
      return { power: readPower(value) };
    case 3:
      return { aggregation: readAggregation(value) };
    case 4:
      return { maxFrameBytes: value.u16("frame size") };
    default:
      return undefined;
  }
}

function readPower(value: Cursor): LldpPower {
  const flags = value.u8("power support");
  const basic = {
    isSourcingEquipment: (flags & 1) !== 0,
    isSupported: (flags & 2) !== 0,
    isEnabled: (flags & 4) !== 0,
    pair: value.u8("power pair"),
    powerClass: value.u8("power class"),
  };
  if (value.remaining < 5) return basic;
  value.skip(1, "power type");
  // Tenths of a watt (section 79.3.2.5).
  const requestedMilliwatts = value.u16("requested power") * 100;
  const allocatedMilliwatts = value.u16("allocated power") * 100;
  return { ...basic, requestedMilliwatts, allocatedMilliwatts };
}
