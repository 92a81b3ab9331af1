/**
 * A target for each of several VMs, for evacuations and batches alike. Pure: whoever can ask the hosts supplies what the
 * checks and the prediction say; what nobody has asked about yet comes back as a question.
 *
 * Hardest first (fewest hosts that could take it), then largest: what fits almost nowhere chooses before what fits
 * everywhere. Targets are spread; when that leaves VMs without a place, they are packed instead if it places more.
 */
import { isBlocked } from "@trunkline/model";
import type { BlockedVm, CheckResult, HostName, PlannedMove, Prediction, VmId, VmObservation } from "@trunkline/model";
import type { Candidate, Candidates, Placing, Rooms } from "./candidates.ts";

export interface MoveVerdict {
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction;
}

export interface PlacementQuestion {
  readonly vm: VmObservation;
  readonly target: HostName;
}

export interface Placement {
  readonly moves: readonly PlannedMove[];
  readonly blocked: readonly BlockedVm[];
  readonly questions: readonly PlacementQuestion[];
}

/** What is known of the move of this VM to that host; undefined: not asked yet. */
export type VerdictOf = (vm: VmId, target: HostName) => MoveVerdict | undefined;

/** @param roomsOf the hosts as they are before any of the VMs is placed, anew with each call. */
export function placeVms(vms: readonly VmObservation[], roomsOf: () => Rooms, verdictOf: VerdictOf): Placement {
  const spread = placeAll(vms, roomsOf(), verdictOf, "spread");
  // While there is something to ask, how many have no place is not known yet.
  if (spread.blocked.length === 0 || spread.questions.length > 0) return spread;
  const packed = placeAll(vms, roomsOf(), verdictOf, "pack");
  return packed.questions.length > 0 || packed.blocked.length < spread.blocked.length ? packed : spread;
}

function placeAll(vms: readonly VmObservation[], rooms: Rooms, verdictOf: VerdictOf, placing: Placing): Placement {
  // A host that nobody has asked about is taken for one that passes, so that its question comes up.
  const isOpen = (vm: VmObservation, target: HostName): boolean => !isBlocked(verdictOf(vm.id, target)?.checks ?? []);
  const moves: PlannedMove[] = [];
  const blocked: BlockedVm[] = [];
  const questions: PlacementQuestion[] = [];
  const order = hardestFirst(vms, (vm) =>
    rooms.candidatesFor(vm, placing).fit.reduce((count, { host: target }) => count + Number(isOpen(vm, target)), 0),
  );
  for (const vm of order) {
    const candidates = rooms.candidatesFor(vm, placing);
    const chosen = candidates.fit.find((candidate) => isOpen(vm, candidate.host));
    if (chosen === undefined) {
      blocked.push(blockedVm(vm, candidates, verdictOf));
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
  return { moves, blocked, questions };
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

function blockedVm(vm: VmObservation, { fit, unfit }: Candidates, verdictOf: VerdictOf): BlockedVm {
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
