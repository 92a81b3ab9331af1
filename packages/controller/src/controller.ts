/**
 * Owns moves from request to proof: settle what was left, look, predict, refuse or move, verify, record.
 *
 *   recover ─▶ locate ─▶ gather facts ─▶ check ─▶ predict ─▶ run (journal before effect) ─▶ verify ─▶ report
 *
 * It is handed its ports and does not know what world they lead to.
 */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { checkMove, initialState, isOver, predict } from "@trunkline/migration";
import type { FinishedMove, MoveFacts, MoveState } from "@trunkline/migration";
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
import type { FrameHandover, Journal, JournalMove, World } from "@trunkline/ports";
import { runMove } from "./act/run-move.ts";
import type { MoveObserver } from "./act/run-move.ts";
import { limits } from "./limits.ts";
import { gatherFacts } from "./observe/gather-facts.ts";
import { listAllVms, locateVm } from "./observe/locate-vm.ts";
import type { VmList } from "./observe/locate-vm.ts";
import { reportOf } from "./record/report.ts";
import { callWitness } from "./verify/witness.ts";

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
    const facts = await gatherFacts(
      this.#world,
      this.#journal,
      { vm, target: input.target, driver: input.driver },
      signal,
    );
    const checks = checkMove(facts);
    const predicted = await this.#predict(facts, input);
    observer.checked(vm, checks, predicted);
    const request = this.#request(input, vm, facts);
    if (input.dryRun || isBlocked(checks))
      return reportOf({ request, outcome: "refused", checks, predicted, runsOn: vm.host });
    return await this.#carryOut({ input, request, facts, checks, predicted }, observer, signal);
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

  /** The move itself, with its witness and its hand-over of frames around it. */
  async #carryOut(
    { input, request, facts, checks, predicted }: Decided,
    observer: MigrateObserver,
    signal: AbortSignal,
  ): Promise<MoveReport> {
    const never = new AbortController().signal;
    const handover = input.handover ? this.#openHandover(request, facts, observer) : undefined;
    const witness = await callWitness(this.#world, facts.fabric, facts.vm, input.target, never);
    try {
      await this.#journal.addMove(request, initialState(request.driver));
      const options = {
        world: this.#world,
        journal: this.#journal,
        request,
        witness,
        handover,
        observer,
        cancel: signal,
      };
      const run = await runMove(options);
      const handedOver = await handover?.remove();
      const figures = run.figures ?? (await this.#figuresFromTarget(request, run.state));
      const report = reportOf({ request, checks, predicted, run: { ...run, figures }, handedOver });
      await this.#journal.addReport(request.id, report);
      return report;
    } finally {
      await Promise.all([witness.stop(), handover?.remove()]);
    }
  }

  /** Settles every move that a dead process left behind, by asking both hosts. */
  async recover(observer: MigrateObserver): Promise<readonly MoveReport[]> {
    const left = (await this.#journal.unfinished()).filter((move) => this.#knowsHostsOf(move));
    const reports: MoveReport[] = [];
    for (const { request, state } of left) {
      observer.remark(`move ${request.id} of ${request.vmName} was left ${state.phase}; both hosts are asked`);
      const cancel = new AbortController().signal;
      const options = {
        world: this.#world,
        journal: this.#journal,
        request,
        witness: undefined,
        handover: undefined,
        observer,
        cancel,
      };
      // Frames must not go to the target any longer while the source may be let go on.
      await this.#world.clearHandover(request.source, request.target, request.id);
      const run = await runMove({ ...options, leftAt: state });
      const report = reportOf({ request, checks: [], predicted: null, run });
      await this.#journal.addReport(request.id, report);
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

  #request(input: MigrateInput, vm: VmSummary, facts: MoveFacts): MoveRequest {
    return {
      id: moveId(randomUUID()),
      vm: vm.id,
      vmName: vm.name,
      source: vm.host,
      target: input.target,
      sourceUri: this.#world.hypervisor(vm.host).uri,
      targetUri: this.#world.hypervisor(input.target).uri,
      driver: input.driver,
      memoryMiB: facts.vm.memoryMiB,
      isPersistent: vm.persistent,
      handover: input.handover,
      asked: { by: "command", origin: "operator", priority: 0, outlivesProcess: false },
      ...(input.maxRateBps === undefined ? {} : { maxRateBps: input.maxRateBps }),
      ...(input.maxDowntimeMs === undefined ? {} : { maxDowntimeMs: input.maxDowntimeMs }),
    };
  }

  #openHandover(request: MoveRequest, facts: MoveFacts, observer: MigrateObserver): FrameHandover | undefined {
    const handover = this.#world.openHandover(request.source, request.target, facts.vm, request.id);
    if (typeof handover !== "string") return handover;
    observer.remark(`frames are not handed over at the switch-over: ${handover}`);
    return undefined;
  }

  async #predict(facts: MoveFacts, input: MigrateInput): Promise<Prediction> {
    const moves = await this.#journal.listMoves(limits.journalRows);
    // The way back is the same way.
    const pair = new Set<string>([facts.source, facts.target]);
    const history = moves.flatMap(({ request, report }): FinishedMove[] => {
      const measured = report?.measured;
      const isSamePair = pair.has(request.source) && pair.has(request.target);
      const isAlike = request.vm === facts.vm.id && isSamePair && request.maxRateBps === input.maxRateBps;
      if (!isAlike || report?.outcome !== "completed") return [];
      if (measured?.bytesSent === undefined || measured.downtimeMs === undefined) return [];
      const { bytesSent, downtimeMs, moveMs, rounds } = measured;
      return [{ bytesSent, downtimeMs, totalMs: moveMs, rounds: rounds ?? 1 }];
    });
    const declared = this.#world.inventory.hosts.find((host) => host.name === input.target)?.migration?.rateBps;
    return predict({
      memoryInUseBytes: facts.vm.memoryInUseBytes,
      memoryMiB: facts.vm.memoryMiB,
      history: history.slice(0, limits.historyMoves),
      rateBps: input.maxRateBps ?? declared,
      maxDowntimeMs: input.maxDowntimeMs ?? defaultDowntimeMs,
    });
  }

  async #figuresFromTarget(request: MoveRequest, state: MoveState): Promise<MoveRunFigures> {
    if (state.phase !== "completed") return undefined;
    const signal = AbortSignal.timeout(limits.questionMs);
    return await this.#world
      .hypervisor(request.target)
      .lastTransfer(request.vm, signal)
      .catch(() => undefined);
  }

  /** A journal may hold moves of other clusters; they are not ours to touch. */
  #knowsHostsOf({ request }: JournalMove): boolean {
    const uris = this.#world.inventory.hosts.map((host) => host.uri);
    return uris.includes(request.sourceUri) && uris.includes(request.targetUri);
  }
}

/** What was asked for, and everything that speaks for doing it. */
interface Decided {
  readonly input: MigrateInput;
  readonly request: MoveRequest;
  readonly facts: MoveFacts;
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction;
}

type MoveRunFigures = Awaited<ReturnType<ReturnType<World["hypervisor"]>["lastTransfer"]>>;

/** QEMU's default for `downtime-limit`. */
const defaultDowntimeMs = 300;

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
