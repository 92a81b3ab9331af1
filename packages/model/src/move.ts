/** A move: who asked for what, what was predicted, what was measured, and how it ended. */
import type { ErrorDetails } from "./errors.ts";
import type { HostName, MoveId, VmId } from "./ids.ts";
import type { CheckResult } from "./check.ts";
import type { StreamSecurity } from "./inventory.ts";
import type { NetworkReport } from "./network-report.ts";

/** Who drives the five phases: we do, or the source's libvirt does (docs/state-machine.md says what that costs). */
export type MoveDriver = "client" | "peer-to-peer";

/** `auto` takes the plainest way of copying that is expected to end. */
export type MoveMode = "auto" | "precopy" | "auto-converge" | "postcopy";

/**
 * Disks that the target does not share travel with the move: all of a disk, or what was written above a backing file that
 * the target has, too.
 */
export type StorageCopy = "full" | "incremental";

/** A disk of the VM that travels. */
export interface DiskCopy {
  /** The guest's name for it: vda. */
  readonly target: string;
  /** The same on both hosts. */
  readonly path: string;
  /** What the guest sees, and what of it is allocated on the source: as much is sent. */
  readonly capacityBytes: number;
  readonly allocatedBytes: number;
}

/** How memory is copied, as it was decided when the move was judged. */
export interface TransferPlan {
  readonly mode: Exclude<MoveMode, "auto">;
  readonly autoConverge?: AutoConverge;
  /** When what is left shall follow the guest instead of preceding it; absent: never. */
  readonly postCopy?: PostCopyMoment;
  /** The guest is stopped when the rest fits into this time; with `downtimeRises`, at most, and into less if it can be. */
  readonly maxDowntimeMs: number;
  readonly downtimeRises: boolean;
  /** Absent in records of versions that knew no encryption: off. */
  readonly tls?: StreamSecurity;
  /** Disks that are copied before memory is; absent: none. */
  readonly disks?: readonly DiskCopy[];
  /** With which the copy begins; what it has later follows the links that it shares. Absent: nothing bounds it. */
  readonly rateBps?: number;
}

/** `after-first-round`: what is dirty then follows. `at-deadline`: a copy that has not ended by then is not called off. */
export type PostCopyMoment = "after-first-round" | "at-deadline";

/** Share of its time that a guest loses which dirties more than half of what is sent, percent: at first, and more each time. */
export interface AutoConverge {
  readonly initial: number;
  readonly increment: number;
}

/** How a move is to go, as whoever asks for it says. */
export interface MoveOptions {
  readonly driver: MoveDriver;
  readonly maxRateBps?: number;
  readonly maxDowntimeMs?: number;
  readonly mode: MoveMode;
  readonly deadlineMs?: number;
  readonly allowPostCopy?: boolean;
  readonly tls?: StreamSecurity;
  readonly copyStorage?: StorageCopy;
  readonly handover: boolean;
  /** -100 to 100; 0 is usual. */
  readonly priority: number;
}

export interface MoveRequest {
  readonly id: MoveId;
  readonly vm: VmId;
  readonly vmName: string;
  readonly source: HostName;
  readonly target: HostName;
  readonly sourceUri: string;
  readonly targetUri: string;
  readonly driver: MoveDriver;
  /** What the target must keep free for it while it is on its way. */
  readonly memoryMiB: number;
  /** A VM with a definition keeps it: it is written on the target and removed from the source. */
  readonly isPersistent: boolean;
  readonly maxRateBps?: number;
  readonly maxDowntimeMs?: number;
  /** What was asked for it; the hosts may ask for more. */
  readonly tls?: StreamSecurity;
  /** Absent in records of versions that knew pre-copy alone. */
  readonly mode?: MoveMode;
  readonly plan?: TransferPlan;
  /** From its first call on: a copy that has not ended by then is called off, and the VM stays; or post-copy ends it. */
  readonly deadlineMs?: number;
  /** Post-copy may be used where the copy would not end otherwise; absent: not. */
  readonly allowPostCopy?: boolean;
  /** Absent: disks that the target does not share keep the VM where it is. */
  readonly copyStorage?: StorageCopy;
  /** Hand frames over to the target while the guest is paused, where the virtual switches allow it. */
  readonly handover: boolean;
  readonly asked: Asked;
}

/** Who wanted it and how urgently. */
export interface Asked {
  readonly by: string;
  readonly origin: MoveOrigin;
  /** Higher goes first; equals go in the order in which they were asked for. */
  readonly priority: number;
  /** A queued move of a service is started by the next one; a command's dies with the command. */
  readonly outlivesProcess: boolean;
}

/** Everything but `operator` is automation, which the operator's switch holds back. */
export type MoveOrigin = "operator" | "evacuation" | "drs" | "dpm";

/** Why a queued move has not started, in one sentence and as data. */
export interface WaitReason {
  readonly kind: "vm" | "host-out" | "host-in" | "link" | "paused" | "turn";
  /** The VM, host or link that is busy. */
  readonly subject: string;
  readonly message: string;
}

/** Where the VM runs, as far as both hosts' own words prove it. */
export type Whereabouts = "source" | "target" | "nowhere" | "unknown";

export interface MoveFailure {
  readonly code: string;
  readonly message: string;
  readonly details?: ErrorDetails;
}

export interface Prediction {
  readonly totalMs: number;
  readonly downtimeMs: number;
  readonly bytes: number;
  readonly rounds: number;
  /** False: memory is expected to be dirtied faster than it is sent, so the move would not end by itself. */
  readonly converges: boolean;
  /** Where the figures come from, in words: the reader must be able to weigh them. */
  readonly basis: string;
  /** Between which ends each figure is expected; absent in records of versions that gave none. */
  readonly ranges?: {
    readonly totalMs: Range;
    readonly downtimeMs: Range;
    readonly bytes: Range;
  };
  /** What `converges` says, with the doubt in it: "uncertain" where the ends of the ranges disagree. */
  readonly verdict?: ConvergenceVerdict;
}

export interface Range {
  readonly low: number;
  readonly high: number;
}

export type ConvergenceVerdict = "converges" | "uncertain" | "does-not-converge";

/** What a guest dirtied within some time; a page that was written twice counts once. */
export interface DirtySample {
  readonly overMs: number;
  readonly bytes: number;
  /** Of the time that its virtual processors could run meanwhile, in which they did; absent where nobody looked. */
  readonly cpuShare?: number;
}

/** What the copy of a move taught about its VM and the way: the next prediction rests on it. */
export interface CopyTrace {
  /** Sent by the end of the first round: what of the memory holds something. */
  readonly firstRoundBytes: number;
  readonly firstRoundMs: number;
  /** Of the VM's process on the target, as it had just arrived: what it has grown by since, its guest has filled. */
  readonly memoryInUseBytes?: number;
  readonly dirtied: readonly DirtySample[];
}

/** How far the predictions of finished moves were off; null where no move says anything about it. */
export interface Accuracy {
  readonly moves: number;
  /** Shares of what was measured. */
  readonly total: ErrorSpread | null;
  readonly bytes: ErrorSpread | null;
  /** Milliseconds, more or less. */
  readonly downtimeMs: ErrorSpread | null;
  /** Share of the moves whose duration lay within the range that was given. */
  readonly withinRange: number | null;
  /** Share of the moves of which it was said rightly whether their copy ends by itself. */
  readonly endForetold: number | null;
  /** Share of the moves about whose end the prediction was in doubt. */
  readonly uncertain: number | null;
}

export interface ErrorSpread {
  readonly median: number;
  readonly p90: number;
}

/** Figures of a transfer, from the hypervisor's own statistics. */
export interface TransferFigures {
  readonly downtimeMs?: number;
  readonly bytesSent?: number;
  readonly rounds?: number;
  readonly totalMs?: number;
}

/** What a client of the VM and the network saw; absent where nobody was watching. */
export interface ClientFigures {
  /** Longest time between two answers of the VM around the move. */
  readonly clientGapMs: number;
  readonly tcpSessionSurvived: boolean;
  readonly tcpBytesLost: number;
  /** Reverse-ARP frames (RFC 903, ether type 0x8035) seen from the VM's address. */
  readonly announceFrames: number;
}

export interface Measured extends TransferFigures, Partial<ClientFigures> {
  /** From the first call to the last confirmed one, without the checks. */
  readonly moveMs: number;
  /** From the guest's resume to the moment when every readable switch on the way forwards to the new port. */
  readonly switchLearnedMs?: number;
  /** Frames for the paused guest that the source handed to the target; absent where there was no hand-over. */
  readonly framesHandedOver?: number;
  readonly phases: Readonly<Record<string, number>>;
  /** Absent where nobody saw the rounds: peer-to-peer over a restart, or a copy shorter than a look. */
  readonly copy?: CopyTrace;
}

export type Outcome = "completed" | "failed" | "cancelled" | "refused" | "unsettled";

/** The report of a move, as `trunkline migrate --json` prints it. */
export interface MoveReport {
  readonly moveId: MoveId;
  readonly vm: string;
  readonly source: HostName;
  readonly target: HostName;
  readonly outcome: Outcome;
  readonly runsOn: HostName | null;
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction | null;
  readonly measured: Measured | null;
  /** Absent where the move was never judged, and in records of versions that did not look at it. */
  readonly network?: NetworkReport;
  readonly evidence: readonly CheckResult[];
  readonly failure: MoveFailure | null;
}
