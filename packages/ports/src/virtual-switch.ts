/**
 * A switch that can be read: ports with their VLANs, and the MAC table.
 *
 * Duties: read afresh at every call; a switch that does not answer rejects with `host.unreachable`; `macTable` rejects
 * when there is no way to read it, which is not the same as an empty table.
 */
import type { FabricPort } from "@trunkline/fabric";

export interface VirtualSwitch {
  readonly name: string;
  readonly bridge: string;
  readonly ovsdb: string;
  readBridges(signal: AbortSignal): Promise<readonly SwitchBridge[]>;
  macTable(signal: AbortSignal): Promise<readonly MacEntry[]>;
  readonly canReadMacTable: boolean;
  close(): Promise<void>;
}

export interface SwitchBridge {
  readonly name: string;
  readonly mtu?: number;
  /** "netdev" where a program forwards instead of the kernel: a new bridge beside this one must do the same. */
  readonly datapathType?: string;
  readonly ports: readonly FabricPort[];
}

export interface MacEntry {
  readonly mac: string;
  readonly vlan: number;
  readonly port: string;
}
