/**
 * Virtual machines in the field's words, free of libvirt's numbers: what a host says of a VM (a `Sighting`) and how the
 * VM is made (a `VmDescription`).
 */
import type { HostName, VmId } from "./ids.ts";

export type PowerState = "running" | "paused" | "shutoff" | "crashed" | "other";

/** Why a VM is in its power state; the ones that the decision table of a broken move turns on. */
export type PowerReason =
  | "booted"
  | "migrated"
  | "unpaused"
  | "migration-canceled"
  | "postcopy"
  | "postcopy-failed"
  | "migration"
  | "user"
  | "io-error"
  | "starting-up"
  | "other";

export type JobKind = "none" | "migration-out" | "migration-in" | "other";

/** One host's answer about one VM. Silence is an answer of its own: never "absent". */
export type Sighting =
  | { readonly kind: "absent" }
  | {
      readonly kind: "present";
      readonly power: PowerState;
      readonly reason: PowerReason;
      readonly job: JobKind;
    }
  | { readonly kind: "unreachable"; readonly why: string };

export interface VmSummary {
  readonly id: VmId;
  readonly name: string;
  readonly host: HostName;
  readonly power: PowerState;
  readonly reason: PowerReason;
  readonly memoryMiB: number;
  readonly macs: readonly string[];
  readonly persistent: boolean;
}

export type DiskBacking =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "block"; readonly path: string }
  | {
      readonly kind: "network";
      readonly protocol: string;
      readonly name: string;
      readonly hosts: readonly { readonly name: string; readonly port?: number }[];
      readonly hasSecret: boolean;
    }
  | { readonly kind: "volume"; readonly pool: string; readonly volume: string }
  | { readonly kind: "empty" };

export interface VmDisk {
  readonly target: string;
  readonly device: string;
  readonly backing: DiskBacking;
  readonly format: string;
  readonly isReadOnly: boolean;
}

export interface VmNic {
  readonly mac: string;
  /** Port on the virtual switch, known while the VM runs. */
  readonly port?: string;
  readonly bridge?: string;
  readonly network?: string;
  /** Empty: untagged. */
  readonly vlans: readonly number[];
  readonly isTrunk: boolean;
  readonly mtu?: number;
  readonly kind: string;
}

export interface VmDescription {
  readonly id: VmId;
  readonly name: string;
  readonly accelerator: string;
  readonly arch: string;
  readonly machine: string;
  readonly emulator: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** The CPU as libvirt's XML element, opaque to everybody but the hypervisor that compares it. */
  readonly cpuXml: string | undefined;
  readonly cpuModel: string | undefined;
  readonly disks: readonly VmDisk[];
  readonly nics: readonly VmNic[];
  /** Pass-through devices, each in words. */
  readonly hostDevices: readonly string[];
  /** Files of the host that the VM needs where it starts: firmware, kernel, shared folders. */
  readonly hostFiles: readonly { readonly role: string; readonly path: string }[];
  readonly firmwarePath: string | undefined;
  readonly snapshotCount: number;
  readonly job: JobKind;
  /** Memory the guest really holds on the host; `undefined` when the host does not say. */
  readonly memoryInUseBytes: number | undefined;
  /** The size of the guest's RAM block as the emulator made it; asked only where it matters. */
  readonly ramBlockBytes: number | undefined;
}

export interface HostFacts {
  readonly host: HostName;
  readonly hostname: string;
  readonly hostUuid: string;
  readonly hypervisorVersion: Version;
  readonly libvirtVersion: Version;
  readonly memoryMiB: number;
  readonly memoryFreeMiB: number;
  readonly arch: string;
  readonly vms: readonly VmSummary[];
}

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

export const versionText = (version: Version): string => `${version.major}.${version.minor}.${version.patch}`;

export function isOlder(version: Version, than: Version): boolean {
  if (version.major !== than.major) return version.major < than.major;
  if (version.minor !== than.minor) return version.minor < than.minor;
  return version.patch < than.patch;
}
