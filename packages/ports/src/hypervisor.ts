/**
 * What a move needs from a hypervisor, in our words. One object per host.
 *
 * Duties of an implementation:
 * 1. Ask the host each time; remember nothing about VMs between calls.
 * 2. A host that does not answer is a `host.unreachable` error; only `sight` turns silence into a value.
 * 3. A host that answers with an error is a `host.failed` error that carries the host's own message.
 * 4. Every call honours its signal and has a deadline of its own, except `Transfer.perform…`, which last as long as the
 *    move does.
 * 5. Queries keep working while a transfer of the same host is in flight.
 */
import type { CpuComparison } from "@trunkline/migration";
import type {
  AutoConverge,
  DirtySample,
  HostFacts,
  HostName,
  Sighting,
  TransferFigures,
  Version,
  VmDescription,
  VmId,
  VmSummary,
  StorageCopy,
} from "@trunkline/model";

export interface Hypervisor {
  readonly host: HostName;
  readonly uri: string;

  listVms(signal: AbortSignal): Promise<readonly VmSummary[]>;
  /**
   * The host and all its VMs with their figures, in few questions whatever their number. What does not change while a VM
   * runs is taken from `known` where the VM is in it; the caller drops a VM from there when an event says it changed.
   */
  survey(known: ReadonlyMap<VmId, VmSummary>, signal: AbortSignal): Promise<HostSurvey>;
  /** Never rejects for a silent or failing host: that is the sighting "unreachable". */
  sight(vm: VmId, signal: AbortSignal): Promise<Sighting>;
  /** @returns undefined when the host does not have it. */
  describeVm(vm: VmId, signal: AbortSignal): Promise<VmDescription | undefined>;
  facts(signal: AbortSignal): Promise<HostFacts>;
  /** What its emulator for `arch` offers; machine types include the aliases. */
  offers(arch: string, signal: AbortSignal): Promise<EmulatorOffer>;
  compareCpu(vm: VmDescription, signal: AbortSignal): Promise<CpuComparison>;

  /** Of these disks of a running VM; undefined where the host does not have the VM. */
  diskSizes(vm: VmId, disks: readonly string[], signal: AbortSignal): Promise<readonly DiskSize[] | undefined>;
  /** What a file under this path would find here; undefined where no running storage pool has its folder. */
  roomFor(path: string, signal: AbortSignal): Promise<StorageRoom | undefined>;
  /** Nothing where there is none. The caller knows that nobody uses it. */
  removeVolume(path: string, signal: AbortSignal): Promise<void>;

  /** Statistics of the transfer in flight, asked of its source; undefined when there is none. */
  progress(vm: VmId, signal: AbortSignal): Promise<TransferProgress | undefined>;
  /** Bounds of the transfer in flight, asked of its source; they hold from now on. */
  tune(vm: VmId, bounds: TransferBounds, signal: AbortSignal): Promise<void>;
  /**
   * Watches what the guest dirties for so long, or as near to it as the host can, and takes that time. Not for a VM with a
   * job: the question would wait for its end.
   * @returns undefined where the hypervisor cannot tell.
   */
  measureDirt(vm: VmId, overMs: number, signal: AbortSignal): Promise<DirtySample | undefined>;
  /** Final figures of the last transfer into this host; undefined when it keeps none. */
  lastTransfer(vm: VmId, signal: AbortSignal): Promise<TransferFigures | undefined>;

  /** Events from now on, until the returned function is called. A lost connection is an event too. */
  watch(listener: (event: HypervisorEvent) => void, signal: AbortSignal): Promise<() => void>;

  /** The VM's network cards announce themselves once more, by reverse ARP, from where it runs. */
  announce(vm: VmId, signal: AbortSignal): Promise<void>;
  abort(vm: VmId, signal: AbortSignal): Promise<void>;
  /** Breaks the channel of a post-copy on purpose, so that it can be recovered over another one. Refused where none flows. */
  pausePostCopy(vm: VmId, signal: AbortSignal): Promise<void>;
  /** Let a VM that a migration left paused go on. */
  resume(vm: VmId, signal: AbortSignal): Promise<void>;
  /** End this host's copy of the VM, without asking the guest. */
  destroy(vm: VmId, signal: AbortSignal): Promise<void>;

  close(): Promise<void>;
}

/** One reading of a host. Counters only grow while the VM runs there; rates are the reader's business. */
export interface HostSurvey {
  readonly hostname: string;
  readonly hostUuid: string;
  readonly arch: string;
  readonly libvirtVersion: Version;
  readonly hypervisorVersion: Version;
  readonly cpuThreads: number;
  /** Since the host started, all threads together; undefined where it does not say. */
  readonly cpuBusyNs: number | undefined;
  readonly memoryMiB: number;
  readonly memoryFreeMiB: number;
  readonly vms: readonly VmSurvey[];
}

export interface VmSurvey extends VmSummary {
  readonly vcpus: number;
  readonly cpuTimeNs: number | undefined;
  readonly memoryInUseMiB: number | undefined;
  readonly rxBytes: number | undefined;
  readonly txBytes: number | undefined;
}

export interface EmulatorOffer {
  readonly machines: readonly string[];
  readonly accelerators: readonly string[];
}

export interface DiskSize {
  /** The guest's name for it. */
  readonly target: string;
  readonly capacityBytes: number;
  readonly allocatedBytes: number;
}

export interface StorageRoom {
  readonly pool: string;
  readonly availableBytes: number;
  /** There is a file of this path already. */
  readonly hasFile: boolean;
}

export interface TransferProgress {
  readonly elapsedMs: number;
  readonly memoryTotalBytes: number;
  readonly memoryRemainingBytes: number;
  readonly memorySentBytes: number;
  readonly rateBps: number | undefined;
  readonly round: number;
  readonly dirtyRateBps: number | undefined;
  /** Of the disks that travel, which go before memory; absent where none does. */
  readonly disks?: { readonly totalBytes: number; readonly remainingBytes: number };
}

export type HypervisorEvent =
  | { readonly kind: "started" | "suspended" | "resumed" | "stopped"; readonly vm: VmId; readonly byMigration: boolean }
  /** A definition appeared, changed or went, or the VM crashed: whatever is remembered of it is old. */
  | { readonly kind: "changed"; readonly vm: VmId }
  | { readonly kind: "round"; readonly vm: VmId; readonly round: number }
  | { readonly kind: "transfer-completed"; readonly vm: VmId; readonly figures: TransferFigures }
  | { readonly kind: "connection-lost"; readonly why: string };

export interface TransferBounds {
  readonly maxRateBps?: number;
  readonly maxDowntimeMs?: number;
}

export interface TransferOptions extends Pick<TransferBounds, "maxRateBps"> {
  readonly vm: VmId;
  readonly vmName: string;
  /** Carry the definition over: written on the target, removed from the source. */
  readonly isPersistent: boolean;
  /** Address on the target's migration network; without it libvirt uses the target's host name. */
  readonly targetAddress?: string;
  /** How the source's libvirt reaches the target's; peer-to-peer only. */
  readonly targetPeerUri?: string;
  /** Encrypt the stream; without it, it goes in the clear. */
  readonly tls?: StreamEncryption;
  /** Slow the guest down while it dirties more than half of what is sent. */
  readonly autoConverge?: AutoConverge;
  /** Disks that are copied before memory is, all others being shared. */
  readonly disks?: { readonly copy: StorageCopy; readonly targets: readonly string[] };
  /** `startPostCopy` may be called during the copy: both QEMUs make ready for it. */
  readonly mayPostCopy?: boolean;
  /** A post-copy that broke goes on: the five phases once more, over a new channel, between the two copies that are there. */
  readonly recoversPostCopy?: boolean;
}

export interface StreamEncryption {
  /** Else the stream goes in the clear where the target cannot take it encrypted. */
  readonly isRequired: boolean;
  /** That the target's certificate must be for; without it, the address or name that the stream is sent to. */
  readonly certificateName?: string;
}

/**
 * The five phases of one transfer, called one after the other by a single owner.
 *
 * Duties: `begin`, `prepare`, `perform`, `finish`, `confirm` in this order; after an error anywhere, `unwind` once.
 * `unwind` calls off what was begun (it never tells the target to run the VM, it may let the source go on) and does not
 * reject: what it could not do, the decision table finds. `finish` is the point of no return.
 * `startPostCopy` is called while `perform` is pending, which then resolves once the guest is stopped; `finish` lets it run on
 * the target and resolves with its last page, however long that takes. From then on `unwind` is not to be called: it would
 * end the copy with the newer memory.
 */
export interface Transfer {
  begin(signal: AbortSignal): Promise<void>;
  prepare(signal: AbortSignal): Promise<void>;
  perform(signal: AbortSignal): Promise<void>;
  startPostCopy(signal: AbortSignal): Promise<void>;
  finish(signal: AbortSignal): Promise<void>;
  confirm(signal: AbortSignal): Promise<void>;
  /** All of it in one call, driven by the source's libvirt. */
  performPeerToPeer(signal: AbortSignal): Promise<void>;
  /** How the stream goes, known from `prepare` on; `why` where it goes in the clear although encryption was wished for. */
  encryption(): { readonly isEncrypted: boolean; readonly why?: string };
  unwind(signal: AbortSignal): Promise<void>;
  /** Let the source's paused VM go on, or its copy go, with the transfer's own call where it still holds the job. */
  resumeSource(signal: AbortSignal): Promise<void>;
  releaseSource(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
