/**
 * Several VMs as one request: for each a target, an order in which every host has room at every step, waves within the
 * budgets, and how long all of it takes; first of all what stands in the way. Pure: whoever can ask the hosts supplies what
 * the checks and the prediction say, question by question, as for an evacuation.
 *
 * INVARIANTS
 * - Whichever way the moves of the plan end, as long as each begins after those in its `after` and `roomAfter`, no host is
 *   asked for more memory than it has.
 * - The order in which VMs are named has no effect.
 */
import { isBlocked } from "@trunkline/model";
import type {
  BatchPlan,
  BlockedVm,
  CheckResult,
  HostName,
  PlannedStep,
  Snapshot,
  VmId,
  VmObservation,
} from "@trunkline/model";
import { Rooms, holdsMemory } from "../evacuation/candidates.ts";
import type { Arrival } from "../evacuation/candidates.ts";
import { placeVms } from "../evacuation/placement.ts";
import type { MoveVerdict, PlacementQuestion, VerdictOf } from "../evacuation/placement.ts";
import { orderWithDetours } from "./detour.ts";
import type { Leg } from "./order.ts";
import { whyStuck } from "./stuck-text.ts";
import { timelineOf } from "./timeline.ts";
import { roomEdges, wavesOf } from "./waves.ts";
import type { WaveStep } from "./waves.ts";

export interface BatchInput {
  /** Each VM once. */
  readonly wishes: readonly PlacedWish[];
  readonly snapshot: Snapshot;
  /** Every move in the queue or under way. */
  readonly arrivals: readonly Arrival[];
  readonly verdictOf: VerdictOf;
}

export interface PlacedWish {
  readonly vm: VmObservation;
  /** Absent: the host that placement finds best. */
  readonly target?: HostName;
  /** VMs of the batch that must have arrived before. */
  readonly after: readonly VmId[];
}

/** Ask all questions first: a VM about whose target nothing is known is listed as blocked for that reason. */
export function planBatch(input: BatchInput): BatchPlan {
  return planned(input).plan;
}

/** @returns an empty list when everything is known that the plan depends on. */
export function batchQuestions(input: BatchInput): readonly PlacementQuestion[] {
  return planned(input).questions;
}

/** A VM with a target, and what is known of its move there. */
interface Going {
  readonly vm: VmObservation;
  readonly target: HostName;
  readonly reason: string;
  readonly after: readonly VmId[];
  readonly verdict: MoveVerdict;
}

interface Planned {
  readonly plan: BatchPlan;
  readonly questions: readonly PlacementQuestion[];
}

function planned(input: BatchInput): Planned {
  const wishes = input.wishes.toSorted((left, right) => (keyOf(left.vm) < keyOf(right.vm) ? -1 : 1));
  const stays = wishes.filter(({ vm, target }) => vm.host === target && holdsMemory(vm));
  const blocked = new Blocked();
  const leaving = wishes.filter((wish) => !stays.includes(wish));
  const rooms = new Rooms(input.snapshot, input.arrivals);
  for (const { vm, target } of leaving) {
    const why = whyNot(vm, target, input, rooms);
    if (why !== undefined) blocked.add(vm, why.text, why.candidates);
  }
  const { going, questions } = withTargets(
    leaving.filter(({ vm }) => !blocked.has(vm.id)),
    input,
    blocked,
  );
  const asked = [...questions];
  // Each turn takes at least one VM out, or ends.
  for (;;) {
    const order = ordered(going, input, rooms, blocked, asked);
    const { waves, never } = wavesOf(stepsOf(order, going, input), rooms.memory(), input.snapshot.inventory);
    for (const { step, why } of never) blocked.add({ id: step.vm, name: step.name }, why);
    if (never.length > 0) continue;
    const plan = laidOut(waves, rooms, input);
    const others = stays.map(({ vm }) => ({ vm: vm.id, name: vm.name, why: `it runs on ${vm.host} already` }));
    return { plan: { ...plan, blocked: blocked.list(), stays: others }, questions: asked };
  }
}

/** What cannot go, each with the first reason that was found. */
class Blocked {
  readonly #vms = new Map<VmId, BlockedVm>();

  add(vm: { readonly id: VmId; readonly name: string }, why: string, candidates: BlockedVm["candidates"] = []): void {
    if (!this.has(vm.id)) this.#vms.set(vm.id, { vm: vm.id, name: vm.name, candidates, why });
  }

  has(vm: VmId): boolean {
    return this.#vms.has(vm);
  }

  nameOf(vm: VmId): string | undefined {
    return this.#vms.get(vm)?.name;
  }

  list(): readonly BlockedVm[] {
    return [...this.#vms.values()].toSorted((left, right) =>
      `${left.name} ${left.vm}` < `${right.name} ${right.vm}` ? -1 : 1,
    );
  }
}

const keyOf = (vm: VmObservation): string => `${vm.name} ${vm.id}`;

function whyNot(
  vm: VmObservation,
  target: HostName | undefined,
  { snapshot, arrivals }: BatchInput,
  rooms: Rooms,
): { readonly text: string; readonly candidates: BlockedVm["candidates"] } | undefined {
  const says = (text: string) => ({ text, candidates: [] });
  const underWay = arrivals.find((arrival) => arrival.vm === vm.id);
  if (underWay !== undefined) return says(`a move of it to ${underWay.target} has been asked for already`);
  if (!holdsMemory(vm)) return says(`it does not run (${vm.power}), so there is nothing to move live`);
  const source = snapshot.hosts.find(({ name }) => name === vm.host);
  if (source?.reach.kind !== "up") return says(`${vm.host} does not answer, so nothing can be moved away from it`);
  const closed = target === undefined ? undefined : rooms.closed(target);
  if (target === undefined || closed === undefined) return undefined;
  return { text: closed.message, candidates: [{ host: target, checks: [closed] }] };
}

/** Targets that were named count before those that are chosen: the choice fits in beside them. */
function withTargets(
  wishes: readonly PlacedWish[],
  { snapshot, arrivals, verdictOf }: BatchInput,
  blocked: Blocked,
): { readonly going: readonly Going[]; readonly questions: readonly PlacementQuestion[] } {
  const questions: PlacementQuestion[] = [];
  const going: Going[] = [];
  const settle = (wish: PlacedWish, target: HostName, reason: string): void => {
    const { vm, after } = wish;
    const verdict = verdictOf(vm.id, target);
    if (verdict === undefined) {
      questions.push({ vm, target });
      blocked.add(vm, `${target} has not been asked yet whether it can take ${vm.name}`);
      return;
    }
    const blocks = blocksOf(verdict);
    const [first] = blocks;
    if (first === undefined) going.push({ vm, target, reason, after, verdict });
    else blocked.add(vm, first.message, [{ host: target, checks: blocks }]);
  };
  for (const wish of wishes) if (wish.target !== undefined) settle(wish, wish.target, "asked for");
  const free = wishes.filter(({ target }) => target === undefined);
  const roomsOf = (): Rooms => {
    const rooms = new Rooms(snapshot, arrivals);
    for (const { vm, target } of wishes) if (target !== undefined) rooms.place(vm, target);
    return rooms;
  };
  const placement = placeVms(
    free.map(({ vm }) => vm),
    roomsOf,
    verdictOf,
  );
  for (const { vm, target } of placement.questions) {
    questions.push({ vm, target });
    blocked.add(vm, `${target} has not been asked yet whether it can take ${vm.name}`);
  }
  for (const one of placement.blocked) {
    const wish = free.find(({ vm }) => vm.id === one.vm);
    if (wish !== undefined) blocked.add(wish.vm, one.why, one.candidates);
  }
  for (const { vm: id, target, reason } of placement.moves) {
    const wish = free.find(({ vm }) => vm.id === id);
    if (wish !== undefined) settle(wish, target, reason);
  }
  return { going, questions };
}

/** Room is what the plan itself looks after: a target that is full now may have room when the turn comes. */
const blocksOf = ({ checks }: MoveVerdict): readonly CheckResult[] =>
  checks.filter((check) => isBlocked([check]) && check.rule !== "memory-fits");

function ordered(
  going: readonly Going[],
  { snapshot, verdictOf }: BatchInput,
  rooms: Rooms,
  blocked: Blocked,
  questions: PlacementQuestion[],
): readonly Leg[] {
  const byVm = new Map(going.map((one) => [one.vm.id, one]));
  const memory = rooms.memory();
  const hostsFor = ({ vm: id, target }: Leg): readonly HostName[] => {
    const vm = byVm.get(id)?.vm;
    if (vm === undefined) return [];
    const best = rooms.candidatesFor(vm, "spread").fit.map(({ host }) => host);
    const others = snapshot.hosts.map(({ name }) => name).toSorted();
    return [...new Set([...best, ...others])].filter((host) => {
      const isEnd = host === vm.host || host === target;
      const verdict = verdictOf(id, host);
      return !isEnd && rooms.closed(host) === undefined && (verdict === undefined || blocksOf(verdict).length === 0);
    });
  };
  // Each turn takes at least one VM out, or ends.
  for (;;) {
    const ordering = orderWithDetours(withoutOrphans(going, blocked).map(legOf), memory, hostsFor);
    const ways = ordering.order.filter(({ hop, isLast }) => hop === 0 && !isLast);
    for (const { vm: id, target } of ways) {
      const vm = byVm.get(id)?.vm;
      if (vm !== undefined && verdictOf(id, target) === undefined) questions.push({ vm, target });
    }
    if (ordering.stuck.length === 0) return ordering.order;
    const texts = ordering.stuck.map((leg) => ({ leg, why: whyStuck(leg, ordering, memory) }));
    for (const { leg, why } of texts) blocked.add({ id: leg.vm, name: leg.name }, why);
  }
}

/** Whatever was to come after a VM that cannot go does not go, either. */
function withoutOrphans(going: readonly Going[], blocked: Blocked): readonly Going[] {
  const left = going.filter(({ vm }) => !blocked.has(vm.id));
  const orphans = left.filter(({ after }) => after.some((id) => blocked.has(id)));
  for (const { vm, after } of orphans) {
    const [first] = after.flatMap((id) => blocked.nameOf(id) ?? []);
    blocked.add(vm, `it is to go after ${first}, which cannot go`);
  }
  return orphans.length === 0 ? left : withoutOrphans(left, blocked);
}

const legOf = ({ vm, target, after }: Going): Leg => ({
  vm: vm.id,
  name: vm.name,
  hop: 0,
  isLast: true,
  source: vm.host,
  target,
  memoryMiB: vm.memoryMiB,
  freesMiB: vm.memoryInUseMiB ?? vm.memoryMiB,
  after,
});

type Step = Omit<PlannedStep, "roomAfter" | "startMs"> & WaveStep;

function stepsOf(order: readonly Leg[], going: readonly Going[], { verdictOf }: BatchInput): readonly Step[] {
  const byVm = new Map(going.map((one) => [one.vm.id, one]));
  const lastOf = new Map(order.flatMap((leg, step) => (leg.isLast ? [[leg.vm, step] as const] : [])));
  const firstOf = new Map(order.flatMap((leg, step) => (leg.hop === 0 ? [[leg.vm, step] as const] : [])));
  return order.flatMap((leg, step) => {
    const one = byVm.get(leg.vm);
    if (one === undefined) return [];
    const before = leg.hop === 1 ? [firstOf.get(leg.vm)] : one.after.map((id) => lastOf.get(id));
    const after = before.flatMap((known) => known ?? []);
    // From a host where it never was, what it takes from where it is.
    const { predicted } = (leg.isLast ? one.verdict : verdictOf(leg.vm, leg.target)) ?? one.verdict;
    const { vm, name, source, target, memoryMiB, freesMiB } = leg;
    const reason = leg.isLast && leg.hop === 0 ? one.reason : roundText(leg, one.target);
    return [{ step, vm, name, source, target, memoryMiB, freesMiB, predicted, reason, after }];
  });
}

/** Numbered anew, as the waves go. */
function laidOut(waves: readonly (readonly Step[])[], rooms: Rooms, { snapshot }: BatchInput): BatchPlan {
  const numbers = new Map(waves.flat().map(({ step }, at) => [step, at]));
  const numberOf = (step: number): number => numbers.get(step) ?? step;
  const edges = roomEdges(waves, rooms.memory());
  const timed = waves.flat().map((one) => ({
    ...one,
    step: numberOf(one.step),
    after: one.after.map(numberOf),
    roomAfter: (edges.get(one.step) ?? []).map(numberOf),
  }));
  const timeline = timelineOf(timed, snapshot.inventory);
  return {
    blocked: [],
    steps: timed.map(({ step, vm, name, source, target, after, roomAfter, reason }): PlannedStep => {
      const predicted = timeline.predicted(step);
      return { step, vm, name, source, target, predicted, reason, after, roomAfter, startMs: timeline.startMs(step) };
    }),
    waves: waves.map((wave) => wave.map(({ step }) => numberOf(step))),
    stays: [],
    predictedMs: timeline.totalMs,
    network: [],
  };
}

const roundText = ({ isLast, target }: Leg, end: HostName): string =>
  isLast ? "the second half of its way round" : `only for the time until ${end} has room: ${target} has some`;
