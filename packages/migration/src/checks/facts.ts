/**
 * What the checks look at: gathered beforehand by whoever can ask hypervisors and switches, so that the judgement
 * itself is pure. Every fact can be missing, and says why.
 */
import type { Fabric } from "@trunkline/fabric";
import type { HostFacts, MoveDriver, Sighting, StorageCopy, VmDescription } from "@trunkline/model";

/** A fact that could not be had keeps the reason. */
export type Known<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

export const known = <T>(value: T): Known<T> => ({ known: true, value });
export const unknown = (why: string): { readonly known: false; readonly why: string } => ({ known: false, why });

export interface MoveFacts {
  readonly vm: VmDescription;
  readonly source: string;
  readonly target: string;
  readonly driver: MoveDriver;
  readonly sourceSighting: Sighting;
  readonly targetSighting: Sighting;
  readonly sourceHost: Known<HostFacts>;
  readonly targetHost: Known<HostFacts>;
  /** Machine types and accelerators that the target's emulator offers for the VM's architecture. */
  readonly targetMachines: Known<{ readonly machines: readonly string[]; readonly accelerators: readonly string[] }>;
  readonly cpu: Known<CpuComparison>;
  /** What the target may use, MiB; from the operator or from the host itself. */
  readonly targetMemoryMiB: Known<number>;
  readonly inFlight: readonly { readonly vmName: string; readonly memoryMiB: number }[];
  readonly disks: readonly DiskProof[];
  /** Disks that are to travel where the target does not share them; absent: none is. */
  readonly storage?: StorageFacts;
  readonly hostFiles: readonly { readonly role: string; readonly path: string; readonly isThere: Known<boolean> }[];
  /** Bridges of the target's virtual switch with their MTU. */
  readonly targetBridges: Known<
    readonly { readonly name: string; readonly mtu?: number; readonly datapathType?: string }[]
  >;
  /** MTU of the bridge that each NIC sits on now, by MAC. */
  readonly sourceMtus: Readonly<Record<string, number>>;
  /** As it is now: what the document says, what the switches say, and where the VMs run. */
  readonly fabric: Fabric;
  /** Why the fabric document was left out of it, where there is one that could not be read. */
  readonly fabricProblem?: string;
  readonly migrationNetwork: MigrationNetworkFacts;
}

export interface CpuComparison {
  readonly verdict: "compatible" | "incompatible";
  readonly why: string;
}

/** Whether the target could open a disk when it tried. */
export interface DiskProof {
  readonly target: string;
  readonly opens: Known<boolean>;
  /** Of a file that it could open: whether it is the source's file, and not another one of the same name. */
  readonly isSame?: Known<boolean>;
  readonly why: string;
}

export interface StorageFacts {
  readonly copy: StorageCopy;
  /** Each disk of the VM that is a file which the guest may write to. */
  readonly disks: readonly LocalDisk[];
}

export interface LocalDisk {
  readonly target: string;
  readonly path: string;
  readonly size: Known<{ readonly capacityBytes: number; readonly allocatedBytes: number }>;
  /** What its path would find on the target; null where no storage pool there has its folder. */
  readonly room: Known<{ readonly pool: string; readonly availableBytes: number; readonly hasFile: boolean } | null>;
}

export interface MigrationNetworkFacts {
  readonly sourceAddress: string | undefined;
  readonly targetAddress: string | undefined;
  readonly vlan: number | undefined;
  /** Did a packet of full size get through and back? */
  readonly reaches: Known<boolean>;
}
