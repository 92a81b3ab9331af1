/**
 * Where could a VM go, best first? Hosts that are silent, in maintenance or too full are no candidates, each with the
 * reason as a check.
 *
 * INVARIANT: the memory of everything that runs on a host, is on its way there or is planned to go there is counted once.
 */
import type {
  CheckResult,
  HostName,
  HostObservation,
  MoveRequest,
  PowerState,
  Snapshot,
  VmId,
  VmObservation,
} from "@trunkline/model";
import { HostMemory } from "../batch/host-memory.ts";

/** A move to a host that is waiting, under way, or not known to have ended. */
export type Arrival = Pick<MoveRequest, "vm" | "target" | "memoryMiB">;

/**
 * `spread`: to the host that is left with the most room in what it has least of, memory or CPU.
 * `pack`: to the host that it fills best, so that large holes stay for large VMs.
 */
export type Placing = "spread" | "pack";

export interface Candidate {
  readonly host: HostName;
  /** After the VM and everything that is planned have arrived. */
  readonly memoryLeftMiB: number;
  readonly memoryRatio: number;
  readonly cpuRatio: number;
}

export interface Candidates {
  /** Best first. */
  readonly fit: readonly Candidate[];
  readonly unfit: readonly { readonly host: HostName; readonly check: CheckResult }[];
}

interface Room {
  readonly host: HostObservation;
  readonly capacityMiB: number;
  usedMiB: number;
  /** What the host itself still has, less what is still to arrive. */
  freeMiB: number;
  readonly threads: number;
  usedThreads: number;
}

/** @param arrivals every move in the queue or under way, whoever asked for it. */
export function candidatesFor(vm: VmObservation, snapshot: Snapshot, arrivals: readonly Arrival[]): Candidates {
  return new Rooms(snapshot, arrivals).candidatesFor(vm, "spread");
}

export const holdsMemory = ({ power }: { readonly power: PowerState }): boolean =>
  power === "running" || power === "paused";

/** The hosts with what is on them, what is coming, and what is planned to. */
export class Rooms {
  readonly #hosts: readonly HostObservation[];
  readonly #rooms = new Map<HostName, Room>();

  constructor(snapshot: Snapshot, arrivals: readonly Arrival[]) {
    this.#hosts = snapshot.hosts.toSorted((left, right) => (left.name < right.name ? -1 : 1));
    const present = new Map<HostName, Map<VmId, VmObservation>>();
    const anywhere = new Map<VmId, VmObservation>();
    for (const vm of snapshot.vms) {
      if (!holdsMemory(vm)) continue;
      present.set(vm.host, (present.get(vm.host) ?? new Map()).set(vm.id, vm));
      anywhere.set(vm.id, vm);
    }
    for (const host of this.#hosts) {
      const room = roomOf(host, [...(present.get(host.name)?.values() ?? [])]);
      if (room !== undefined) this.#rooms.set(host.name, room);
    }
    const counted = new Set<string>();
    for (const { vm, target, memoryMiB } of arrivals) {
      const key = `${vm} ${target}`;
      if (counted.has(key) || present.get(target)?.has(vm) === true) continue;
      counted.add(key);
      this.#occupy(target, memoryMiB, threadsOf(anywhere.get(vm)));
    }
  }

  candidatesFor(vm: VmObservation, placing: Placing): Candidates {
    const fit: Candidate[] = [];
    const unfit: { host: HostName; check: CheckResult }[] = [];
    for (const host of this.#hosts) {
      if (host.name === vm.host) continue;
      const room = this.#rooms.get(host.name);
      const check = room === undefined ? closedCheck(host) : (closedCheck(host) ?? fullCheck(room, vm));
      if (check !== undefined) unfit.push({ host: host.name, check });
      else if (room !== undefined) fit.push(candidateOf(room, vm));
    }
    // Stable: equals stay in the order of their names.
    return { fit: fit.toSorted(placing === "spread" ? mostRoomFirst : bestFilledFirst), unfit };
  }

  /** What each host has left: of what it may give to VMs, and of what it has free by its own word. */
  memory(): HostMemory {
    return new HostMemory(
      new Map(
        [...this.#rooms].map(([host, { capacityMiB, usedMiB, freeMiB }]) => [
          host,
          { capacityMiB: capacityMiB - usedMiB, freeMiB },
        ]),
      ),
    );
  }

  /** Why the host takes no VM, whatever its size; undefined: it does. */
  closed(host: HostName): CheckResult | undefined {
    const observed = this.#hosts.find(({ name }) => name === host);
    return observed === undefined ? undefined : closedCheck(observed);
  }

  /** The VM is planned to go there. */
  place(vm: VmObservation, target: HostName): void {
    this.#occupy(target, vm.memoryMiB, threadsOf(vm));
  }

  #occupy(target: HostName, memoryMiB: number, threads: number): void {
    const room = this.#rooms.get(target);
    if (room === undefined) return;
    room.usedMiB += memoryMiB;
    room.freeMiB -= memoryMiB;
    room.usedThreads += threads;
  }
}

function roomOf(host: HostObservation, vms: readonly VmObservation[]): Room | undefined {
  const { figures } = host;
  if (figures === null) return undefined;
  const usedThreads =
    figures.cpuUsedRatio === null
      ? vms.reduce((sum, vm) => sum + threadsOf(vm), 0)
      : figures.cpuUsedRatio * figures.cpuThreads;
  return {
    host,
    capacityMiB: figures.memoryMiB,
    usedMiB: vms.reduce((sum, vm) => sum + vm.memoryMiB, 0),
    freeMiB: figures.memoryFreeMiB,
    threads: figures.cpuThreads,
    usedThreads,
  };
}

/** Threads' worth of CPU. A VM whose load is not known counts with all of its vCPUs: silence is not zero. */
const threadsOf = (vm: VmObservation | undefined): number => (vm === undefined ? 0 : vm.vcpus * (vm.cpuUsedRatio ?? 1));

const leftMiB = (room: Room): number => Math.min(room.capacityMiB - room.usedMiB, room.freeMiB);

function candidateOf(room: Room, vm: VmObservation): Candidate {
  const memoryLeftMiB = leftMiB(room) - vm.memoryMiB;
  return {
    host: room.host.name,
    memoryLeftMiB,
    memoryRatio: 1 - memoryLeftMiB / Math.max(1, room.capacityMiB),
    cpuRatio: (room.usedThreads + threadsOf(vm)) / Math.max(1, room.threads),
  };
}

const scarcest = (candidate: Candidate): number => Math.max(candidate.memoryRatio, candidate.cpuRatio);
const mostRoomFirst = (left: Candidate, right: Candidate): number => scarcest(left) - scarcest(right);
const bestFilledFirst = (left: Candidate, right: Candidate): number => left.memoryLeftMiB - right.memoryLeftMiB;

function closedCheck({ name, reach, maintenance, figures }: HostObservation): CheckResult | undefined {
  if (reach.kind === "unreachable")
    return {
      rule: "target-reachable",
      severity: "block",
      subject: name,
      message: `libvirt on ${name} has not answered since ${reach.since}: ${reach.why}`,
      fix: `check that libvirtd runs on ${name} and that its URI opens`,
    };
  if (reach.kind === "not-asked-yet" || figures === null)
    return { rule: "target-reachable", severity: "block", subject: name, message: `${name} has not been asked yet` };
  if (maintenance === "no") return undefined;
  const what = maintenance === "in" ? "is in maintenance" : "is being emptied for maintenance";
  return {
    rule: "target-maintenance",
    severity: "block",
    subject: name,
    message: `${name} ${what} and takes no VM`,
    fix: `trunkline host maintenance exit ${name}`,
  };
}

function fullCheck(room: Room, vm: VmObservation): CheckResult | undefined {
  const left = leftMiB(room);
  if (left >= vm.memoryMiB) return undefined;
  const { name } = room.host;
  return {
    rule: "memory-fits",
    severity: "block",
    subject: name,
    message: `${name} has ${Math.max(0, left)} MiB left for VMs once all that is planned has arrived, ${vm.name} needs ${vm.memoryMiB} MiB`,
    fix: `move something away from ${name} first`,
  };
}
