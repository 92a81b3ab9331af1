/**
 * The running evacuation, one step at a time: from what was known of it, the newest snapshot and its moves to what is
 * known now and the moves to ask for. Pure and replayable; called again with the same input it says the same.
 *
 * DUTIES OF THE CALLER
 * 1. `moves` lists every move that is waiting, under way or unsettled, whoever asked for it, and besides those that
 *    the evacuation's entries name, with their end. A move that was asked for is in the next list.
 * 2. The evacuation that comes back is stored, then the requests are made. A process that dies in between, or after,
 *    loses nothing: a move of a VM that is found in the list is taken on, whoever asked for it.
 *
 * INVARIANTS
 * - A VM with a move in the list is not asked for again: never two moves of one VM.
 * - No target is silent, in maintenance or too full for all that is planned.
 * - A VM is tried `limits.attemptsPerVm` times at most, coming back counted; so it ends, in `done` or `stuck`.
 * - While the host is silent nothing is concluded from it: neither done nor stuck, and nothing is asked for.
 */
import type {
  EvacuatedVm,
  Evacuation,
  HostName,
  MoveId,
  Outcome,
  Snapshot,
  VmId,
  VmObservation,
} from "@trunkline/model";
import { limits } from "../limits.ts";
import { Rooms, holdsMemory } from "./candidates.ts";
import type { Arrival, Candidates } from "./candidates.ts";
import { hardestFirst, whyNowhere } from "./placement.ts";
import { staysText } from "./plan.ts";

export interface EvacuationMove extends Arrival {
  readonly id: MoveId;
  /** null: it waits, is under way, or its end is not known. */
  readonly end: EvacuationMoveEnd | null;
}

export interface EvacuationMoveEnd {
  readonly outcome: Exclude<Outcome, "unsettled">;
  /** ISO 8601 in UTC: what was seen of the VM before this says nothing any more. */
  readonly at: string;
  readonly why: string | null;
}

export interface WantedMove {
  readonly vm: VmId;
  readonly name: string;
  readonly target: HostName;
}

export interface EvacuationStep {
  readonly evacuation: Evacuation;
  /** In the order in which they are to be asked for. */
  readonly request: readonly WantedMove[];
}

/** Asked for anew, it tries again whatever was stuck. */
export function beginEvacuation(host: HostName, requestedBy: string, requestedAt: string): Evacuation {
  return { host, requestedBy, requestedAt, state: "running", vms: [] };
}

export function nextEvacuationSteps(
  evacuation: Evacuation,
  snapshot: Snapshot,
  moves: readonly EvacuationMove[],
): EvacuationStep {
  if (evacuation.state !== "running") return { evacuation, request: [] };
  const { host } = evacuation;
  const current = moves.filter((move) => move.end === null);
  const observer = new Observer(host, snapshot, moves);
  const known = evacuation.vms.map((entry) => observer.seen(entry));
  const isUp = snapshot.hosts.some((candidate) => candidate.name === host && candidate.reach.kind === "up");
  if (!isUp) return { evacuation: { ...evacuation, vms: known }, request: [] };

  const listed = new Set(known.map((entry) => entry.vm));
  const entries = [...known, ...observer.notAmong(listed)].map((entry) => exhausted(entry));
  const { chosen, nowhere } = chooseTargets(entries, observer, snapshot, current);
  const isAnyMoving = entries.some((entry) => entry.state === "moving") || current.some((move) => move.target === host);
  const mayChange = chosen.size > 0 || isAnyMoving || snapshot.hosts.some(isNotAskedYet);
  const vms = entries.map((entry): EvacuatedVm => {
    const target = chosen.get(entry.vm);
    if (target !== undefined) return { ...entry, target };
    const why = nowhere.get(entry.vm);
    if (why === undefined) return entry;
    return { ...entry, target: null, why, state: mayChange ? "waiting" : "stuck" };
  });
  const request = [...chosen].flatMap(([vm, target]) => {
    const entry = vms.find((candidate) => candidate.vm === vm);
    return entry === undefined ? [] : [{ vm, name: entry.name, target }];
  });
  return { evacuation: { ...evacuation, vms, state: stateOf(vms, mayChange) }, request };
}

function stateOf(vms: readonly EvacuatedVm[], mayChange: boolean): Evacuation["state"] {
  if (vms.some((vm) => vm.state === "waiting" || vm.state === "moving") || mayChange) return "running";
  return vms.some((vm) => vm.state === "stuck") ? "stuck" : "done";
}

/** Tells the entries what became of their VMs. */
class Observer {
  readonly #host: HostName;
  readonly #snapshot: Snapshot;
  readonly #here: ReadonlyMap<VmId, VmObservation>;
  readonly #byId: ReadonlyMap<MoveId, EvacuationMove>;
  readonly #current: ReadonlyMap<VmId, EvacuationMove>;

  constructor(host: HostName, snapshot: Snapshot, moves: readonly EvacuationMove[]) {
    this.#host = host;
    this.#snapshot = snapshot;
    this.#here = new Map(snapshot.vms.filter((vm) => vm.host === host).map((vm) => [vm.id, vm]));
    this.#byId = new Map(moves.map((move) => [move.id, move]));
    const inOrder = moves.toSorted((left, right) => (left.id < right.id ? 1 : -1));
    this.#current = new Map(inOrder.filter((move) => move.end === null).map((move) => [move.vm, move]));
  }

  here(vm: VmId): VmObservation | undefined {
    return this.#here.get(vm);
  }

  lastTarget(entry: EvacuatedVm | undefined): HostName | undefined {
    return typeof entry?.move === "string" ? this.#byId.get(entry.move)?.target : undefined;
  }

  /** What a host's checks said of the VM, as far as that move is still listed. */
  refusal(vm: VmId, target: HostName): string | null {
    const refused = [...this.#byId.values()]
      .filter((move) => move.vm === vm && move.target === target && move.end?.outcome === "refused")
      .toSorted((left, right) => ((left.end?.at ?? "") < (right.end?.at ?? "") ? 1 : -1));
    return refused[0]?.end?.why ?? null;
  }

  seen(before: EvacuatedVm): EvacuatedVm {
    const move = this.#current.get(before.vm);
    if (move !== undefined && this.#concerns(before, move)) return this.#withMove(before, move);
    const entry = this.#ended(before);
    const vm = this.#here.get(entry.vm);
    const isUp = this.#snapshot.hosts.some(({ name, reach }) => name === this.#host && reach.kind === "up");
    if (!isUp || (vm !== undefined && this.#isOutdated(entry, vm))) return entry;
    if (vm === undefined) return this.#gone(entry);
    if (!holdsMemory(vm) && entry.state === "moved") return entry;
    if (!holdsMemory(vm)) return { ...entry, state: "stays", target: null, why: staysText(vm) };
    if (entry.state === "stays") return { ...entry, state: "waiting", why: null };
    if (entry.state !== "moved") return entry;
    return {
      ...entry,
      state: "waiting",
      target: null,
      attempts: entry.attempts + 1,
      why: `it came back to ${this.#host}`,
    };
  }

  /** VMs of the host that the evacuation has not met yet: at its beginning all of them, later those newly started. */
  notAmong(listed: ReadonlySet<VmId>): readonly EvacuatedVm[] {
    return [...this.#here.values()]
      .filter((vm) => !listed.has(vm.id))
      .toSorted((left, right) => (`${left.name} ${left.id}` < `${right.name} ${right.id}` ? -1 : 1))
      .map((vm) =>
        this.seen({ vm: vm.id, name: vm.name, state: "waiting", target: null, attempts: 0, move: null, why: null }),
      );
  }

  /** What is done to a VM elsewhere, after it has left, is no business of this evacuation. */
  #concerns({ state, vm }: EvacuatedVm, { target }: EvacuationMove): boolean {
    const here = this.#here.get(vm);
    return target === this.#host || state === "moving" || (here !== undefined && holdsMemory(here));
  }

  #withMove(entry: EvacuatedVm, { id, target }: EvacuationMove): EvacuatedVm {
    if (target === this.#host) return { ...entry, state: "waiting", target: null, why: "it is arriving just now" };
    return { ...entry, state: "moving", target, move: id };
  }

  /** The move that it was on has ended: well, or one attempt is used up. */
  #ended(entry: EvacuatedVm): EvacuatedVm {
    if (entry.state !== "moving") return entry;
    const end = entry.move === null ? null : (this.#byId.get(entry.move)?.end ?? null);
    if (end?.outcome === "completed") return { ...entry, state: "moved", why: null };
    const attempts = entry.attempts + 1;
    const why = end === null ? "its last move is not known any more" : (end.why ?? `its last move was ${end.outcome}`);
    const refused = end?.outcome === "refused" && entry.target !== null ? [entry.target] : [];
    const refusedBy = [...new Set([...(entry.refusedBy ?? []), ...refused])];
    return { ...entry, state: "waiting", attempts, why, ...(refusedBy.length === 0 ? {} : { refusedBy }) };
  }

  /** It was seen here before its move away ended. */
  #isOutdated(entry: EvacuatedVm, vm: VmObservation): boolean {
    const end = entry.move === null ? undefined : this.#byId.get(entry.move)?.end;
    return entry.state === "moved" && end !== undefined && end !== null && vm.observedAt <= end.at;
  }

  #gone(entry: EvacuatedVm): EvacuatedVm {
    if (entry.state === "moved") return entry;
    const elsewhere = this.#snapshot.vms.find((vm) => vm.id === entry.vm && vm.host !== this.#host && holdsMemory(vm));
    const why =
      elsewhere === undefined ? `it is no longer on ${this.#host}` : `it was moved to ${elsewhere.host} otherwise`;
    return { ...entry, state: "moved", target: elsewhere?.host ?? null, why };
  }
}

function exhausted(entry: EvacuatedVm): EvacuatedVm {
  if (entry.state !== "waiting" || entry.attempts < limits.attemptsPerVm) return entry;
  return {
    ...entry,
    state: "stuck",
    target: null,
    why: `tried ${entry.attempts} times; at last: ${entry.why ?? "it failed"}`,
  };
}

function chooseTargets(
  entries: readonly EvacuatedVm[],
  observer: Observer,
  snapshot: Snapshot,
  current: readonly EvacuationMove[],
): { readonly chosen: ReadonlyMap<VmId, HostName>; readonly nowhere: ReadonlyMap<VmId, string> } {
  const rooms = new Rooms(snapshot, current);
  const busy = new Set(current.map((move) => move.vm));
  const waiting = new Map(
    entries.filter((entry) => entry.state === "waiting" && !busy.has(entry.vm)).map((entry) => [entry.vm, entry]),
  );
  const vms = [...waiting.keys()].flatMap((id) => observer.here(id) ?? []);
  const chosen = new Map<VmId, HostName>();
  const nowhere = new Map<VmId, string>();
  const openTo = (vm: VmObservation): Candidates["fit"] => {
    const refusedBy = waiting.get(vm.id)?.refusedBy ?? [];
    return rooms.candidatesFor(vm, "spread").fit.filter(({ host }) => !refusedBy.includes(host));
  };
  for (const vm of hardestFirst(vms, (candidate) => openTo(candidate).length)) {
    const entry = waiting.get(vm.id);
    const open = openTo(vm);
    // Where the last attempt failed comes last: another host may do better.
    const failedOn = observer.lastTarget(entry);
    const target = (open.find(({ host }) => host !== failedOn) ?? open[0])?.host;
    if (target === undefined) {
      nowhere.set(vm.id, whyStuck(vm, observer, rooms.candidatesFor(vm, "spread")));
      continue;
    }
    rooms.place(vm, target);
    chosen.set(vm.id, target);
  }
  return { chosen, nowhere };
}

function whyStuck(vm: VmObservation, observer: Observer, { fit, unfit }: Candidates): string {
  const refusing = fit.map(({ host }) => {
    const why = observer.refusal(vm.id, host);
    const message = `its checks refused ${vm.name}${why === null ? "" : ` (${why})`}`;
    return { host, checks: [{ rule: "refused", severity: "block" as const, subject: vm.name, message }] };
  });
  return whyNowhere(vm, [...refusing, ...unfit.map(({ host, check }) => ({ host, checks: [check] }))]);
}

const isNotAskedYet = ({ reach }: Snapshot["hosts"][number]): boolean => reach.kind === "not-asked-yet";
