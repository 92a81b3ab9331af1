/**
 * A switch that can be read, and whose ports can be given other VLANs.
 *
 * Duties: read afresh at every call; a switch that does not answer rejects with `host.unreachable`; `macTable` rejects
 * when there is no way to read it, which is not the same as an empty table. `setPortVlans` resolves when the switch
 * forwards by the new VLANs; it changes nothing and rejects with `fabric.changed` when the port is not as it was said to be.
 */
import type { FabricPort, PortVlans } from "@trunkline/fabric";

export interface VirtualSwitch {
  readonly name: string;
  readonly bridge: string;
  readonly ovsdb: string;
  readBridges(signal: AbortSignal): Promise<readonly SwitchBridge[]>;
  macTable(signal: AbortSignal): Promise<readonly MacEntry[]>;
  readonly canReadMacTable: boolean;
  /** What went through the ports of the bridge since the switch began to count. A port that does not say is left out. */
  counters(signal: AbortSignal): Promise<readonly PortCounters[]>;
  /** @param before what the port carries now, as far as the caller knows. @throws fabric.changed, host.unreachable. */
  setPortVlans(port: string, before: PortVlans, after: PortVlans, signal: AbortSignal): Promise<void>;
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

/** Seen from the switch: received is what came in from the cable. */
export interface PortCounters {
  readonly port: string;
  readonly receivedBytes: number;
  readonly receivedFrames: number;
  readonly sentBytes: number;
  readonly sentFrames: number;
}
