/**
 * Owns moves from request to proof: settle what was left, look, predict, refuse or move, verify, record.
 *
 *   recover ─▶ locate ─▶ gather facts ─▶ check ─▶ predict ─▶ run (journal before effect) ─▶ verify ─▶ report
 *
 * It is handed its ports and does not know what world they lead to.
 */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { initialState, isOver } from "@trunkline/migration";
import { TrunklineError, isBlocked, moveId } from "@trunkline/model";
import type {
  CheckResult,
  HostName,
  MoveDriver,
  MoveReport,
  MoveRequest,
  Prediction,
  VmSummary,
} from "@trunkline/model";
import type { Journal, JournalMove, World } from "@trunkline/ports";
import { carryOut, settleLeft } from "./act/carry-out.ts";
import type { MoveObserver } from "./act/run-move.ts";
import { judgeMove } from "./decide/judge-move.ts";
import { limits } from "./limits.ts";
import { listAllVms, locateVm } from "./observe/locate-vm.ts";
import type { VmList } from "./observe/locate-vm.ts";
import { reportOf } from "./record/report.ts";

export interface MigrateInput {
  /** Name or UUID. */
  readonly vm: string;
  readonly target: HostName;
  readonly driver: MoveDriver;
  readonly maxRateBps?: number;
  readonly maxDowntimeMs?: number;
  /** Look and predict, touch nothing. */
  readonly dryRun: boolean;
  /** Hand frames over to the target while the guest is paused, where the virtual switches allow it. */
  readonly handover: boolean;
}

export interface MigrateObserver extends MoveObserver {
  settled(report: MoveReport): void;
  checked(vm: VmSummary, checks: readonly CheckResult[], predicted: Prediction): void;
}

export class Controller {
  readonly #world: World;
  readonly #journal: Journal;

  constructor(world: World, journal: Journal) {
    this.#world = world;
    this.#journal = journal;
  }

  /** @param signal aborting it before the copy ends cancels the move. */
  async migrate(input: MigrateInput, observer: MigrateObserver, signal: AbortSignal): Promise<MoveReport> {
    this.#refuseImpossible(input);
    setMaxListeners(limits.concurrentQuestions, signal);
    if (!input.dryRun) await this.recover(observer);
    const vm = await this.#locate(input, signal);
    if (vm.host === input.target && vm.power !== "shutoff") return alreadyThere(vm);
    const left = await this.#journal.unfinished();
    const alongside = left.filter(({ state }) => state.phase !== "queued").map(({ request }) => request);
    const judged = await judgeMove(this.#world, this.#journal, this.#request(input, vm), vm, alongside, signal);
    const { request, checks, predicted } = judged;
    observer.checked(vm, checks, predicted);
    if (input.dryRun || isBlocked(checks))
      return reportOf({ request, outcome: "refused", checks, predicted, runsOn: vm.host });
    await this.#journal.addMove(request, initialState(request.driver));
    return await carryOut(this.#world, this.#journal, judged, observer, signal);
  }

  #refuseImpossible({ target, driver }: MigrateInput): void {
    this.#world.hypervisor(target);
    const host = this.#world.inventory.hosts.find((candidate) => candidate.name === target);
    if (driver === "peer-to-peer" && host?.peerUri === undefined)
      throw new TrunklineError(
        "usage.invalid",
        `a peer-to-peer move to ${target} needs its URI as other hosts see it`,
        {
          hint: `Add peerUri of ${target} to the inventory, or leave out --p2p.`,
        },
      );
  }

  /** Settles every move that a dead process left behind, by asking both hosts. */
  async recover(observer: MigrateObserver): Promise<readonly MoveReport[]> {
    const left = (await this.#journal.unfinished()).filter((move) => this.#knowsHostsOf(move));
    const reports: MoveReport[] = [];
    for (const { request, state } of left) {
      observer.remark(`move ${request.id} of ${request.vmName} was left ${state.phase}; both hosts are asked`);
      const cancel = new AbortController().signal;
      const report = await settleLeft(
        this.#world,
        this.#journal,
        { request, state, predicted: null },
        observer,
        cancel,
      );
      observer.settled(report);
      reports.push(report);
    }
    return reports;
  }

  async listVms(signal: AbortSignal): Promise<VmList> {
    setMaxListeners(limits.concurrentQuestions, signal);
    return await listAllVms(this.#world, signal);
  }

  async close(): Promise<void> {
    await this.#world.close();
    await this.#journal.close();
  }

  /** A move that is still unsettled says more about its VM than any listing. */
  async #locate({ vm: wanted, target }: MigrateInput, signal: AbortSignal): Promise<VmSummary> {
    for (const { request, state } of await this.#journal.unfinished()) {
      if (request.vmName !== wanted && request.vm !== wanted.toLowerCase()) continue;
      if (isOver(state) || state.phase !== "reconciling") continue;
      throw new TrunklineError(
        "move.unsettled",
        `${request.vmName} is between ${request.source} and ${request.target} since move ${request.id}: ${state.why}`,
        {
          details: { moveId: request.id, source: request.source, target: request.target },
        },
      );
    }
    return await locateVm(this.#world, wanted, target, signal);
  }

  #request(input: MigrateInput, vm: VmSummary): MoveRequest {
    return {
      id: moveId(randomUUID()),
      vm: vm.id,
      vmName: vm.name,
      source: vm.host,
      target: input.target,
      sourceUri: this.#world.hypervisor(vm.host).uri,
      targetUri: this.#world.hypervisor(input.target).uri,
      driver: input.driver,
      memoryMiB: vm.memoryMiB,
      isPersistent: vm.persistent,
      handover: input.handover,
      asked: { by: "command", origin: "operator", priority: 0, outlivesProcess: false },
      ...(input.maxRateBps === undefined ? {} : { maxRateBps: input.maxRateBps }),
      ...(input.maxDowntimeMs === undefined ? {} : { maxDowntimeMs: input.maxDowntimeMs }),
    };
  }

  /** A journal may hold moves of other clusters; they are not ours to touch. */
  #knowsHostsOf({ request }: JournalMove): boolean {
    const uris = this.#world.inventory.hosts.map((host) => host.uri);
    return uris.includes(request.sourceUri) && uris.includes(request.targetUri);
  }
}

function alreadyThere(vm: VmSummary): MoveReport {
  return {
    moveId: moveId("none"),
    vm: vm.name,
    source: vm.host,
    target: vm.host,
    outcome: "completed",
    runsOn: vm.host,
    checks: [
      {
        rule: "vm-location",
        severity: "pass",
        subject: vm.name,
        message: `${vm.name} already runs on ${vm.host}; there is nothing to move`,
      },
    ],
    predicted: null,
    measured: null,
    evidence: [],
    failure: null,
  };
}
