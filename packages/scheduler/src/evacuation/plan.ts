/**
 * The preview of an evacuation: for each VM that runs on the host a target, an order, waves within the budgets, and
 * first of all what stands in the way. Pure: whoever can ask the hosts supplies what the checks and the prediction say.
 *
 * Asking is slow, so it is asked for little by little: `evacuationQuestions` names the best host for each VM about which
 * nothing is known yet; with the answers added it is called again, until it names none. A VM whose first host passes
 * costs one question.
 *
 * Hardest first (fewest hosts that could take it), then largest: what fits almost nowhere chooses before what fits
 * everywhere. Targets are spread; when that leaves VMs without a place, they are packed instead if it places more.
 */
import { isBlocked } from "@trunkline/model";
import type {
  BlockedVm,
  CheckResult,
  EvacuationPlan,
  HostName,
  PlannedMove,
  Prediction,
  Snapshot,
  VmId,
  VmObservation,
} from "@trunkline/model";
import { Rooms, holdsMemory } from "./candidates.ts";
import type { Arrival, Candidate, Candidates, Placing } from "./candidates.ts";
import { wavesOf } from "./waves.ts";

export interface EvacuationInput {
  readonly host: HostName;
  readonly snapshot: Snapshot;
  /** Every move in the queue or under way. */
  readonly arrivals: readonly Arrival[];
  /** What is known of the move of this VM to that host; undefined: not asked yet. */
  readonly verdictOf: (vm: VmId, target: HostName) => MoveVerdict | undefined;
}

export interface MoveVerdict {
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction;
}

export interface EvacuationQuestion {
  readonly vm: VmObservation;
  readonly target: HostName;
}

interface Placement {
  readonly moves: readonly PlannedMove[];
  readonly blocked: readonly BlockedVm[];
  readonly questions: readonly EvacuationQuestion[];
}

/** Ask all questions first: a VM about whose best host nothing is known is listed as blocked for that reason. */
export function planEvacuation(input: EvacuationInput): EvacuationPlan {
  const { host, snapshot } = input;
  const { moves, blocked, questions } = bestPlacement(input);
  const { waves, never, predictedMs } = wavesOf(moves, host, snapshot.inventory);
  const unstartable = never.map(({ move, why }): BlockedVm => ({ vm: move.vm, name: move.name, candidates: [], why }));
  const unasked = questions.map(({ vm, target }): BlockedVm => {
    const why = `${target} has not been asked yet whether it can take ${vm.name}`;
    return { vm: vm.id, name: vm.name, candidates: [], why };
  });
  return {
    host,
    blocked: [...blocked, ...unasked, ...unstartable],
    waves,
    stays: staysOf(input),
    predictedMs,
    network: [],
  };
}

/** @returns an empty list when everything is known that the plan depends on. */
export function evacuationQuestions(input: EvacuationInput): readonly EvacuationQuestion[] {
  return bestPlacement(input).questions;
}

/** VMs hardest first, then largest. */
export function hardestFirst(
  vms: readonly VmObservation[],
  choices: (vm: VmObservation) => number,
): readonly VmObservation[] {
  return vms
    .map((vm) => ({ vm, choices: choices(vm) }))
    .toSorted(
      (left, right) =>
        left.choices - right.choices ||
        right.vm.memoryMiB - left.vm.memoryMiB ||
        (left.vm.name < right.vm.name ? -1 : Number(left.vm.name > right.vm.name)) ||
        (left.vm.id < right.vm.id ? -1 : 1),
    )
    .map(({ vm }) => vm);
}

function bestPlacement(input: EvacuationInput): Placement {
  const spread = placeAll(input, "spread");
  // While there is something to ask, how many have no place is not known yet.
  if (spread.blocked.length === 0 || spread.questions.length > 0) return spread;
  const packed = placeAll(input, "pack");
  return packed.questions.length > 0 || packed.blocked.length < spread.blocked.length ? packed : spread;
}

function placeAll(input: EvacuationInput, placing: Placing): Placement {
  const { host, snapshot, arrivals, verdictOf } = input;
  const rooms = new Rooms(snapshot, arrivals);
  // A host that nobody has asked about is taken for one that passes, so that its question comes up.
  const isOpen = (vm: VmObservation, target: HostName): boolean => !isBlocked(verdictOf(vm.id, target)?.checks ?? []);
  const moves: PlannedMove[] = [];
  const blocked: BlockedVm[] = [];
  const questions: EvacuationQuestion[] = [];
  const order = hardestFirst(leavingVms(input), (vm) =>
    rooms.candidatesFor(vm, placing).fit.reduce((count, { host: target }) => count + Number(isOpen(vm, target)), 0),
  );
  for (const vm of order) {
    const candidates = rooms.candidatesFor(vm, placing);
    const chosen = candidates.fit.find((candidate) => isOpen(vm, candidate.host));
    if (chosen === undefined) {
      blocked.push(blockedVm(input, vm, candidates));
      continue;
    }
    rooms.place(vm, chosen.host);
    const verdict = verdictOf(vm.id, chosen.host);
    if (verdict === undefined) questions.push({ vm, target: chosen.host });
    else
      moves.push({
        vm: vm.id,
        name: vm.name,
        target: chosen.host,
        predicted: verdict.predicted,
        reason: reasonFor(chosen, candidates.fit, placing),
      });
  }
  const away = snapshot.hosts.find((candidate) => candidate.name === host);
  if (away?.reach.kind === "up") return { moves, blocked, questions };
  const why = `${host} does not answer, so nothing can be moved away from it`;
  return { moves: [], blocked: order.map((vm) => ({ vm: vm.id, name: vm.name, candidates: [], why })), questions: [] };
}

function leavingVms({ host, snapshot, arrivals }: EvacuationInput): readonly VmObservation[] {
  const onTheirWay = new Set(arrivals.map((arrival) => arrival.vm));
  return snapshot.vms.filter((vm) => vm.host === host && holdsMemory(vm) && !onTheirWay.has(vm.id));
}

function staysOf({ host, snapshot, arrivals }: EvacuationInput): EvacuationPlan["stays"] {
  const targets = new Map(arrivals.map((arrival) => [arrival.vm, arrival.target]));
  return snapshot.vms
    .filter((vm) => vm.host === host)
    .flatMap((vm) => {
      const target = targets.get(vm.id);
      if (!holdsMemory(vm)) return [{ vm: vm.id, name: vm.name, why: staysText(vm) }];
      if (target === undefined) return [];
      const why =
        target === host
          ? "it is arriving just now and is moved away afterwards"
          : `a move of it to ${target} has been asked for already`;
      return [{ vm: vm.id, name: vm.name, why }];
    })
    .toSorted((left, right) => (`${left.name} ${left.vm}` < `${right.name} ${right.vm}` ? -1 : 1));
}

/** Why a VM that does not run is left alone. */
export const staysText = (vm: VmObservation): string =>
  `it does not run (${vm.power}), so its definition stays on ${vm.host}`;

function blockedVm({ verdictOf }: EvacuationInput, vm: VmObservation, { fit, unfit }: Candidates): BlockedVm {
  const refusing = fit.map(({ host }) => ({
    host,
    checks: verdictOf(vm.id, host)?.checks.filter((check) => check.severity === "block") ?? [],
  }));
  const candidates = [...refusing, ...unfit.map(({ host, check }) => ({ host, checks: [check] }))];
  return { vm: vm.id, name: vm.name, candidates, why: whyNowhere(vm, candidates) };
}

/** What each host says, in one text. */
export function whyNowhere(
  vm: { readonly name: string },
  candidates: readonly { readonly host: HostName; readonly checks: readonly CheckResult[] }[],
): string {
  if (candidates.length === 0) return `there is no other host that could take ${vm.name}`;
  const words = candidates.map(({ host, checks }) => `${host}: ${checks[0]?.message ?? "refused"}`);
  return `no host can take ${vm.name}. ${words.join("; ")}`;
}

function reasonFor(chosen: Candidate, fit: readonly Candidate[], placing: Placing): string {
  const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
  const left = `${chosen.memoryLeftMiB} MiB left, memory ${percent(chosen.memoryRatio)}, CPU ${percent(chosen.cpuRatio)} afterwards`;
  const why = placing === "spread" ? "the most room" : "filled best, because otherwise a VM would find no place";
  return fit.length === 1 ? `the only host that has room: ${left}` : `${why} of ${fit.length} hosts: ${left}`;
}
