/** Names of bridges and roles of ports, as all versions of the spanning tree write them. */
import type { Cursor } from "../wire/cursor.ts";

/** IEEE 802.1D-2004, section 9.2.5: four bits of priority, then twelve that hold the VLAN or the instance. */
export interface BridgeId {
  /** With its lower twelve bits zero: 0, 4096, ... 61440. */
  readonly priority: number;
  readonly systemExtension: number;
  readonly mac: string;
}

export type PortRole = "unknown" | "alternate-or-backup" | "root" | "designated";

const roles: readonly PortRole[] = ["unknown", "alternate-or-backup", "root", "designated"];

export function readBridgeId(cursor: Cursor, field: string): BridgeId {
  const high = cursor.u16(`${field} priority`);
  return { priority: high & 0xf000, systemExtension: high & 0x0fff, mac: cursor.mac(`${field} address`) };
}

/** Bits 2 and 3 of the flags (802.1D-2004, section 9.2.9). */
export function roleOf(flags: number): PortRole {
  return roles[(flags >> 2) & 3] ?? "unknown";
}
