/**
 * LLDP (IEEE 802.1AB-2016, clauses 8 and 9). A TLV that cannot be read is put aside with its reason and the others stay in
 * force, as section 9.2.7.7.2 wants it; only a length that leads out of the frame spoils the whole, or more such TLVs than anybody sends.
 *
 * Presence of a VLAN name proves that the port is a member; absence proves nothing, because senders may leave it out.
 */
import { PacketError } from "../errors.ts";
import { MAX_DISCARDED_TLVS, MAX_TLVS } from "../limits.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import { capabilitiesOf } from "./lldp-capability.ts";
import type { LldpCapability } from "./lldp-capability.ts";
import { readDot1 } from "./lldp-dot1.ts";
import type { LldpDot1, LldpDot1Lists } from "./lldp-dot1.ts";
import { readDot3 } from "./lldp-dot3.ts";
import type { LldpDot3 } from "./lldp-dot3.ts";
import { readChassis, readManagement, readPort } from "./lldp-identity.ts";
import type { LldpIdentity, ManagementAddress } from "./lldp-identity.ts";

/** A TLV of an organization whose meaning is not read here. */
export interface LldpForeignTlv {
  readonly organization: number;
  readonly subtype: number;
  readonly hex: string;
}

export interface Lldp {
  readonly kind: "lldp";
  /** These three are mandatory; `undefined` in a frame of a sender that breaks the rule. */
  readonly chassis: LldpIdentity | undefined;
  readonly port: LldpIdentity | undefined;
  /** 0 means that the sender is going away. */
  readonly timeToLiveS: number | undefined;
  readonly portDescription: string | undefined;
  readonly systemName: string | undefined;
  readonly systemDescription: string | undefined;
  readonly capabilities: readonly LldpCapability[];
  readonly enabledCapabilities: readonly LldpCapability[];
  readonly managementAddresses: readonly ManagementAddress[];
  readonly dot1: LldpDot1;
  readonly dot3: LldpDot3;
  readonly foreign: readonly LldpForeignTlv[];
  /** TLVs that could not be read, one reason each. */
  readonly discarded: readonly PacketError[];
  readonly hasEnd: boolean;
}

const dot1Organization = 0x00_80_c2;
const dot3Organization = 0x00_12_0f;
const organizationType = 127;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Gathered extends Mutable<
  Omit<Lldp, "kind" | "managementAddresses" | "dot1" | "dot3" | "foreign" | "discarded">
> {
  readonly managementAddresses: ManagementAddress[];
  dot1: LldpDot1 & LldpDot1Lists;
  dot3: LldpDot3;
  readonly foreign: LldpForeignTlv[];
}

export function decodeLldp(bytes: Uint8Array): Lldp | PacketError {
  return decoding(bytes, "lldp", (cursor) => {
    const gathered: Gathered = {
      chassis: undefined,
      port: undefined,
      timeToLiveS: undefined,
      portDescription: undefined,
      systemName: undefined,
      systemDescription: undefined,
      capabilities: [],
      enabledCapabilities: [],
      managementAddresses: [],
      dot1: { vlanNames: [], protocolVlans: [], protocolIdentities: [] },
      dot3: {},
      foreign: [],
      hasEnd: false,
    };
    const discarded: PacketError[] = [];
    for (let count = 0; cursor.remaining > 0 && !gathered.hasEnd; count++) {
      if (count === MAX_TLVS) throw cursor.wrong("TLVs", `more than ${MAX_TLVS}.`, 0, "packets.overload");
      const header = cursor.u16("TLV header");
      const value = cursor.part(header & 0x1ff, "TLV value");
      if (header >> 9 === 0) gathered.hasEnd = true;
      else {
        const reason = attempt(() => readTlv(header >> 9, value, gathered));
        if (reason !== undefined) discarded.push(reason);
        if (discarded.length > MAX_DISCARDED_TLVS)
          throw cursor.wrong("TLVs", `more than ${MAX_DISCARDED_TLVS} cannot be read.`, 0, "packets.overload");
      }
    }
    return { kind: "lldp", ...gathered, discarded };
  });
}

function readTlv(type: number, value: Cursor, gathered: Gathered): void {
  switch (type) {
    case 1:
      gathered.chassis = readChassis(value);
      return;
    case 2:
      gathered.port = readPort(value);
      return;
    case 3:
      gathered.timeToLiveS = value.u16("time to live");
      return;
    case 4:
      gathered.portDescription = value.text(value.remaining, "port description");
      return;
    case 5:
      gathered.systemName = value.text(value.remaining, "system name");
      return;
    case 6:
      gathered.systemDescription = value.text(value.remaining, "system description");
      return;
    case 7: {
      const supported = value.u16("capabilities");
      gathered.enabledCapabilities = capabilitiesOf(value.u16("enabled capabilities"));
      gathered.capabilities = capabilitiesOf(supported);
      return;
    }
    case 8:
      gathered.managementAddresses.push(readManagement(value));
      return;
    case organizationType:
      readOrganization(value, gathered);
      return;
    default:
      throw value.wrong("TLV type", `${type} is reserved.`, 0, "packets.unsupported");
  }
}

function readOrganization(value: Cursor, gathered: Gathered): void {
  const organization = value.u24("organization");
  const subtype = value.u8("subtype");
  if (organization === dot1Organization) {
    const more = readDot1(subtype, value, gathered.dot1);
    if (more !== undefined) {
      gathered.dot1 = { ...gathered.dot1, ...more };
      return;
    }
  }
  if (organization === dot3Organization) {
    const more = readDot3(subtype, value);
    if (more !== undefined) {
      gathered.dot3 = { ...gathered.dot3, ...more };
      return;
    }
  }
  gathered.foreign.push({ organization, subtype, hex: hexOf(value.rest()) });
}

function attempt(read: () => void): PacketError | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof PacketError) return error;
    throw error;
  }
}
