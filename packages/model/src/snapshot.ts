/**
 * What is known about the cluster at one moment: one immutable document, the only thing that decisions read.
 *
 * Every datum carries its age. A host that does not answer is "unreachable since", and what it last said stays, marked
 * as last seen: silence is neither zero nor gone.
 */
import type { HostName } from "./ids.ts";
import type { Inventory } from "./inventory.ts";
import type { Version, VmSummary } from "./vm.ts";

export interface Snapshot {
  readonly version: 1;
  /** Counts the snapshots of one process; a later one has a higher number. */
  readonly sequence: number;
  readonly takenAt: string;
  readonly hosts: readonly HostObservation[];
  /** One entry per VM and host: a VM that is on its way is on two. */
  readonly vms: readonly VmObservation[];
  readonly inventory: Inventory;
  readonly automation: Automation;
}

export type HostReach =
  | { readonly kind: "up" }
  | { readonly kind: "unreachable"; readonly since: string; readonly why: string }
  | { readonly kind: "not-asked-yet" };

/** `entering`: it is being emptied and takes no VM; `in`: empty, and takes no VM. */
export type Maintenance = "no" | "entering" | "in";

export interface HostObservation {
  readonly name: HostName;
  readonly uri: string;
  readonly reach: HostReach;
  /** When `figures` were read; null before the first answer. */
  readonly observedAt: string | null;
  readonly figures: HostFigures | null;
  readonly maintenance: Maintenance;
}

export interface HostFigures {
  readonly hostname: string;
  readonly hostUuid: string;
  readonly arch: string;
  readonly libvirtVersion: Version;
  readonly hypervisorVersion: Version;
  readonly cpuThreads: number;
  /** Of all threads together since the reading before; null at the first one. */
  readonly cpuUsedRatio: number | null;
  /** What its VMs may use together: the inventory's figure, else the host's own. */
  readonly memoryMiB: number;
  readonly memoryFreeMiB: number;
}

export interface VmObservation extends VmSummary {
  readonly vcpus: number;
  /** Of its own vCPUs, since the reading before; null at the first one and while it does not run. */
  readonly cpuUsedRatio: number | null;
  readonly memoryInUseMiB: number | null;
  readonly rxBps: number | null;
  readonly txBps: number | null;
  readonly observedAt: string;
  /** Its host is silent: all of this is what was last seen. */
  readonly isLastSeen: boolean;
}

/** The switch that holds back whatever nobody asked for by name: evacuations, balancing, power saving. */
export type Automation =
  | { readonly paused: false }
  | { readonly paused: true; readonly since: string; readonly by: string; readonly reason: string };
