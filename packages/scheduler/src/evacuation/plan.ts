/**
 * The preview of an evacuation: for each VM that runs on the host a target, an order, waves within the budgets, and
 * first of all what stands in the way. Pure: whoever can ask the hosts supplies what the checks and the prediction say.
 *
 * Asking is slow, so it is asked for little by little: `evacuationQuestions` names the best host for each VM about which
 * nothing is known yet; with the answers added it is called again, until it names none. A VM whose first host passes
 * costs one question.
 */
import type { BlockedVm, EvacuationPlan, HostName, Snapshot, VmId, VmObservation } from "@trunkline/model";
import { timelineOf } from "../batch/timeline.ts";
import { wavesOf } from "../batch/waves.ts";
import { Rooms, holdsMemory } from "./candidates.ts";
import type { Arrival } from "./candidates.ts";
import { hardestFirst, placeVms } from "./placement.ts";
import type { MoveVerdict, Placement, PlacementQuestion } from "./placement.ts";

export interface EvacuationInput {
  readonly host: HostName;
  readonly snapshot: Snapshot;
  /** Every move in the queue or under way. */
  readonly arrivals: readonly Arrival[];
  /** What is known of the move of this VM to that host; undefined: not asked yet. */
  readonly verdictOf: (vm: VmId, target: HostName) => MoveVerdict | undefined;
}

/** Ask all questions first: a VM about whose best host nothing is known is listed as blocked for that reason. */
export function planEvacuation(input: EvacuationInput): EvacuationPlan {
  const { host, snapshot, arrivals } = input;
  const { moves, blocked, questions } = bestPlacement(input);
  const steps = moves.map((move, step) => ({
    ...move,
    step,
    source: host,
    memoryMiB: snapshot.vms.find((vm) => vm.id === move.vm)?.memoryMiB ?? 0,
    freesMiB: 0,
    after: [],
  }));
  const { waves, never } = wavesOf(steps, new Rooms(snapshot, arrivals).memory(), snapshot.inventory);
  const timeline = timelineOf(waves.flat(), snapshot.inventory);
  const unstartable = never.map(({ step, why }): BlockedVm => ({ vm: step.vm, name: step.name, candidates: [], why }));
  const unasked = questions.map(({ vm, target }): BlockedVm => {
    const why = `${target} has not been asked yet whether it can take ${vm.name}`;
    return { vm: vm.id, name: vm.name, candidates: [], why };
  });
  return {
    host,
    blocked: [...blocked, ...unasked, ...unstartable],
    waves: waves.map((wave) =>
      wave.map(({ step, vm, name, target, reason }) => {
        const predicted = timeline.predicted(step);
        return { vm, name, target, predicted, reason };
      }),
    ),
    stays: staysOf(input),
    predictedMs: timeline.totalMs,
    network: [],
  };
}

/** @returns an empty list when everything is known that the plan depends on. */
export function evacuationQuestions(input: EvacuationInput): readonly PlacementQuestion[] {
  return bestPlacement(input).questions;
}

function bestPlacement(input: EvacuationInput): Placement {
  const { host, snapshot, arrivals, verdictOf } = input;
  const leaving = leavingVms(input);
  const away = snapshot.hosts.find((candidate) => candidate.name === host);
  if (away?.reach.kind === "up") return placeVms(leaving, () => new Rooms(snapshot, arrivals), verdictOf);
  const why = `${host} does not answer, so nothing can be moved away from it`;
  const order = hardestFirst(leaving, () => 0);
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
