/** How a simulated host and a simulated VM are built. What is left out is taken from the defaults. */
import type { FabricPort } from "@trunkline/fabric";
import type { InventoryHost, Version, VmNic } from "@trunkline/model";

export interface HostSpec {
  readonly name: string;
  readonly memoryMiB: number;
  readonly cpuThreads: number;
  /** What the host itself keeps busy of its threads. */
  readonly ownCpuRatio?: number;
  /** Its bridges; `br0` with one uplink port `up0` that carries everything when absent. */
  readonly bridges?: readonly BridgeSpec[];
  /** Address in the migration network; without one the inventory names none. */
  readonly migration?: InventoryHost["migration"];
  /** Storage that it can open; `san` when absent. */
  readonly pools?: readonly string[];
  readonly libvirtVersion?: Version;
  readonly hypervisorVersion?: Version;
  readonly machines?: readonly string[];
  /** CPU models that its emulator offers; everything when absent. */
  readonly cpuModels?: readonly string[];
  readonly moveBudget?: InventoryHost["moveBudget"];
  /** Runs, but the inventory does not name it: it can be attached. */
  readonly isUnlisted?: boolean;
}

export interface BridgeSpec {
  readonly name: string;
  readonly mtu?: number;
  readonly uplinks: readonly FabricPort[];
}

export interface VmSpec {
  readonly name: string;
  readonly host: string;
  readonly memoryMiB: number;
  /** What the guest really holds: the first round sends it. The whole memory when absent. */
  readonly memoryInUseMiB?: number;
  /** The part that it writes to again and again, and how fast. */
  readonly workingSetMiB?: number;
  readonly dirtyRateBps?: number;
  readonly vcpus?: number;
  /** Threads' worth of work that it wants, at most its vCPUs. */
  readonly cpuDemand?: number;
  readonly trafficBps?: number;
  readonly nics?: readonly Pick<VmNic, "vlans" | "bridge">[];
  readonly persistent?: boolean;
  readonly pool?: string;
  readonly cpuModel?: string;
  readonly hostDevices?: readonly string[];
  /** Defined but not started. */
  readonly isStopped?: boolean;
  /** An echo service for probes listens here. */
  readonly service?: { readonly address: string; readonly echoPort: number };
}

export const bytesOf = (mib: number): number => mib * 1024 * 1024;
