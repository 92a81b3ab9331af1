/**
 * One admitted move, from its turn to its report: found where it is now, judged, and refused or carried out. What goes
 * wrong before its first call is a refusal; afterwards the state machine has the word.
 */
import { initialState, isAtRest, step } from "@trunkline/migration";
import type { MoveEvent } from "@trunkline/migration";
import { TrunklineError, assert, isBlocked } from "@trunkline/model";
import type { HostName, MoveFailure, MoveReport, MoveRequest, Snapshot, VmObservation } from "@trunkline/model";
import type { Journal, World } from "@trunkline/ports";
import { carryOut } from "../act/carry-out.ts";
import type { MoveObserver } from "../act/run-move.ts";
import { judgeMove } from "../decide/judge-move.ts";
import type { JudgedMove } from "../decide/judge-move.ts";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import { reportOf } from "../record/report.ts";
import { chooseVm } from "./choose-vm.ts";
import type { Narrator } from "./narrator.ts";
import type { RateKeeper } from "./rate-keeper.ts";

export interface AttendOptions {
  readonly world: World;
  readonly journal: Journal;
  readonly snapshot: () => Snapshot;
  /** When it resolves the snapshot shows what these hosts say now. Never rejects. */
  readonly lookAgain: (hosts: readonly HostName[]) => Promise<void>;
  readonly dirt: DirtWatch;
  readonly rates: RateKeeper;
  readonly narrator: Narrator;
  readonly request: MoveRequest;
  /** What admission promised it of the links on its way. */
  readonly shareBps?: number;
  /** Moves that got their place before it. */
  readonly alongside: () => readonly MoveRequest[];
  readonly observer: MoveObserver;
  readonly cancel: AbortSignal;
  /** Judged, written down, about to make its first call. */
  readonly onBegin: (judged: JudgedMove) => void;
  readonly signal: AbortSignal;
}

/** @throws store.failed when the journal cannot be written; then nothing was begun, or both hosts must be asked. */
export async function attendMove(options: AttendOptions): Promise<MoveReport> {
  const { world, journal, observer, cancel } = options;
  const judged = await judge(options);
  if ("outcome" in judged) return judged;
  if (cancel.aborted) return await endUnbegun(journal, { kind: "cancel-requested" }, cancelledReport(judged.request));
  await journal.amend(judged.request.id, judged.request);
  options.onBegin(judged);
  return await carryOut(world, journal, judged, observer, cancel);
}

/** The end of a move that never began: one step of the machine, one report. */
export async function endUnbegun(journal: Journal, event: MoveEvent, report: MoveReport): Promise<MoveReport> {
  const { state } = step(initialState("client"), event);
  assert(isAtRest(state), "a move that never began ends in one step");
  await journal.append(report.moveId, event, state);
  await journal.addReport(report.moveId, report);
  return report;
}

/** @param runsOn where the VM is; null while another move of it is under way. */
export function cancelledReport(request: MoveRequest, runsOn: HostName | null = request.source): MoveReport {
  const failure = { code: "move.cancelled", message: "it was cancelled while it waited" };
  return reportOf({ ...bare(request), outcome: "cancelled", runsOn, failure });
}

async function judge(options: AttendOptions): Promise<JudgedMove | MoveReport> {
  const { world, journal, snapshot, request, narrator } = options;
  let vm: VmObservation;
  let judged: JudgedMove;
  try {
    refuseMaintenance(snapshot(), request);
    vm = await find(options);
    if (isThere(vm, request.target))
      return await endUnbegun(journal, { kind: "already-there" }, alreadyThere(request, vm));
    const { dirt, rates, shareBps } = options;
    const share = shareBps === undefined ? {} : { shareBps };
    const around = { snapshot: snapshot(), alongside: options.alongside(), dirt, rates, ...share };
    judged = await judgeMove(world, journal, request, vm, around, options.signal);
  } catch (error) {
    if (!(error instanceof TrunklineError) || error.code === "store.failed") throw error;
    const failure: MoveFailure = { code: error.code, message: error.message, details: error.details };
    const report = reportOf({ ...bare(request), outcome: "refused", runsOn: null, failure });
    return await endUnbegun(journal, { kind: "refused", failure }, report);
  }
  const { checks, predicted, network } = judged;
  const { id: move, vmName, target } = request;
  const { host: source, memoryMiB } = vm;
  await narrator.publish({ kind: "move-checked", move, vmName, source, target, memoryMiB, checks, predicted });
  if (!isBlocked(checks)) return judged;
  // A definition without a process says nothing of where the VM runs: it may be the one that a move left behind.
  const runsOn = vm.power === "shutoff" ? null : source;
  const report = reportOf({ request: judged.request, checks, predicted, network, outcome: "refused", runsOn });
  assert(report.failure !== null, "a refusal says why");
  return await endUnbegun(journal, { kind: "refused", failure: report.failure }, report);
}

/** It may have been moved by hand since the last look: its host is asked, and all the others if it left. */
async function find({ world, snapshot, lookAgain, request, signal }: AttendOptions): Promise<VmObservation> {
  const known = chooseVm(snapshot(), request.vm, request.target);
  const sighting = await world.hypervisor(known.host).sight(request.vm, signal);
  if (sighting.kind === "present" && sighting.power === known.power) return known;
  await lookAgain(world.inventory.hosts.map((host) => host.name));
  return chooseVm(snapshot(), request.vm, request.target);
}

function refuseMaintenance({ hosts }: Snapshot, { target }: MoveRequest): void {
  const host = hosts.find((candidate) => candidate.name === target);
  if (host === undefined || host.maintenance === "no") return;
  const how = host.maintenance === "in" ? "in maintenance" : "being emptied for maintenance";
  throw new TrunklineError("host.in-maintenance", `${target} takes no VM: it is ${how}`);
}

const bare = (request: MoveRequest): { request: MoveRequest; checks: readonly []; predicted: null } => ({
  request,
  checks: [],
  predicted: null,
});

/** It runs, or rests, on that host already, as far as the last look goes. */
export const isThere = (vm: VmObservation, target: HostName): boolean =>
  vm.host === target && vm.power !== "shutoff" && !vm.isLastSeen;

export function alreadyThere(request: MoveRequest, vm: VmObservation): MoveReport {
  const message = `${vm.name} already runs on ${vm.host}; there is nothing to move`;
  const checks = [{ rule: "vm-location", severity: "pass", subject: vm.name, message }] as const;
  const there = { ...request, source: vm.host };
  return reportOf({ request: there, checks, predicted: null, outcome: "completed", runsOn: vm.host });
}
