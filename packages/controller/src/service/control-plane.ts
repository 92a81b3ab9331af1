/**
 * What a controller offers to whoever drives it: the HTTP interface, the command line, a test. Everything that acts
 * takes the actor's name, for the record.
 *
 * Errors are TrunklineErrors with the codes of the table in model/errors.ts; nothing is half done when one is thrown.
 */
import type { Fabric } from "@trunkline/fabric";
import type {
  Accuracy,
  Automation,
  BalancePlan,
  BalanceThreshold,
  Batch,
  BatchId,
  BatchPlan,
  Evacuation,
  EvacuationPlan,
  HostName,
  HostObservation,
  InventoryHost,
  MoveId,
  MoveOptions,
  MoveReport,
  OnFailure,
  Snapshot,
  WaitReason,
} from "@trunkline/model";
import type { JournalMove, MovePage, TransferProgress, Transition } from "@trunkline/ports";
import type { FabricObservations } from "../observe/observe-fabric.ts";
import type { FabricAnswer, PortChange } from "./fabric-desk.ts";

export interface MoveWish extends MoveOptions {
  /** Name or UUID. */
  readonly vm: string;
  readonly target: HostName;
}

/** Several VMs as one request. */
export interface BatchWish {
  readonly moves: readonly BatchMoveWish[];
  readonly onFailure: OnFailure;
  /** Of each of them. */
  readonly options: MoveOptions;
}

export interface BatchMoveWish {
  /** Name or UUID. */
  readonly vm: string;
  /** Absent: the host that placement finds best. */
  readonly target?: HostName;
  /** VMs of the batch, by name or UUID, that must have been moved before. */
  readonly after: readonly string[];
}

export interface BalanceWish {
  readonly threshold: BalanceThreshold;
  /** VMs that are moved at most. */
  readonly maxMoves: number;
}

/** A move as it stands: the record, what it waits for while it is queued, its progress while it copies. */
export interface MoveView extends JournalMove {
  readonly waitsFor: readonly WaitReason[];
  readonly progress: TransferProgress | null;
}

export interface ControlPlane {
  /** The newest one; immutable. */
  snapshot(): Snapshot;
  /** Reads every host once more before it answers. */
  refresh(signal: AbortSignal): Promise<Snapshot>;

  /**
   * Puts it into the queue and returns at once; its turn comes by the budgets. Its checks are made when its turn comes.
   * @throws vm.unknown, vm.ambiguous, host.unknown, host.in-maintenance, queue.full, store.failed.
   */
  requestMove(wish: MoveWish, actor: string): Promise<MoveView>;
  /** Looks and predicts, touches nothing. */
  previewMove(wish: MoveWish, signal: AbortSignal): Promise<MoveReport>;
  /** @throws move.unknown, move.too-late. */
  cancelMove(id: MoveId, actor: string): Promise<MoveView>;
  /** @throws move.unknown, move.not-waiting. */
  setPriority(id: MoveId, priority: number, actor: string): Promise<MoveView>;
  findMove(id: MoveId): Promise<MoveView>;
  pageMoves(page: MovePage): Promise<readonly MoveView[]>;
  /** Of the newest moves of the VM or the host, or of all; those that were not predicted say nothing. */
  accuracy(of: Pick<MovePage, "vm" | "host">): Promise<Accuracy>;
  transitions(id: MoveId): Promise<readonly Transition[]>;

  /** Plans it, asks the hosts, touches nothing. @throws vm.unknown, vm.ambiguous, host.unknown, usage.invalid. */
  previewBatch(wish: BatchWish, signal: AbortSignal): Promise<BatchPlan>;
  /**
   * Plans it and begins. @throws batch.refused when one of its VMs cannot go and it is to stop on failure; and what
   * `previewBatch` throws.
   */
  requestBatch(wish: BatchWish, actor: string, signal: AbortSignal): Promise<Batch>;
  /** Moves that have begun end by themselves, or are called off where they still can. @throws batch.unknown, batch.over. */
  cancelBatch(id: BatchId, actor: string): Promise<Batch>;
  /** @throws batch.unknown. */
  findBatch(id: BatchId): Promise<Batch>;
  /** Newest first. */
  listBatches(limit: number): Promise<readonly Batch[]>;

  /** Asks the hosts about each move that it would recommend, touches nothing. */
  planBalance(wish: BalanceWish, signal: AbortSignal): Promise<BalancePlan>;

  /**
   * Asks the host who it is before it is taken in; it is called by the name given, else by its own.
   * @throws host.invalid, host.exists, host.unreachable, host.failed, store.failed.
   */
  addHost(host: Omit<InventoryHost, "name"> & { readonly name?: HostName }, actor: string): Promise<HostObservation>;
  /** Forgets a host that was added; its VMs run on. @throws host.unknown, host.declared, host.busy. */
  removeHost(host: HostName, actor: string): Promise<void>;

  previewEvacuation(host: HostName, signal: AbortSignal): Promise<EvacuationPlan>;
  /** Idempotent: entering again tries again what was stuck. @throws host.unknown, host.unreachable. */
  enterMaintenance(host: HostName, actor: string): Promise<Evacuation>;
  /** Waiting moves of the evacuation are cancelled; those under way end by themselves. VMs are not moved back. */
  exitMaintenance(host: HostName, actor: string): Promise<HostObservation>;
  evacuation(host: HostName): Promise<Evacuation | undefined>;

  /** Reads every switch afresh; those that are silent, and a document that cannot be read, are named in the answer. */
  fabric(signal: AbortSignal): Promise<FabricAnswer>;
  /** @param listenMs how long hosts listen for LLDP; 0: not. @throws fabric.missing, fabric.invalid. */
  observeFabric(
    listenMs: number,
    signal: AbortSignal,
  ): Promise<FabricObservations & { readonly document: Fabric | undefined }>;
  /** All or none. @throws fabric.unknown, fabric.changed, fabric.not-applied, host.unreachable. */
  changePorts(changes: readonly PortChange[], signal: AbortSignal): Promise<readonly PortChange[]>;

  automation(): Automation;
  pauseAutomation(reason: string, actor: string): Promise<Automation>;
  resumeAutomation(actor: string): Promise<Automation>;
}
