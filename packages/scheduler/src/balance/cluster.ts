/**
 * The cluster as the balance sees it: what each host has, what each VM asks for, and which VMs are left alone. Everything that
 * cannot be moved counts as a fixed load of its host, so it is neither forgotten nor proposed. Pure.
 */
import type { HostName, HostObservation, Snapshot, VmId, VmObservation } from "@trunkline/model";
import type { MemoryLeft } from "../batch/host-memory.ts";
import { Rooms, holdsMemory } from "../evacuation/candidates.ts";
import type { Arrival } from "../evacuation/candidates.ts";

export interface BalanceHost {
  readonly name: HostName;
  readonly threads: number;
  readonly memoryMiB: number;
  /** Of what cannot be moved: its own, VMs that stay, and what is on its way here. */
  readonly fixedThreads: number;
  readonly fixedMiB: number;
  /** Memory left if every VM that can be moved were gone: by what it may give, and by what it says is free. */
  readonly roomMiB: MemoryLeft;
  /** Why it takes no VM. */
  readonly closed: string | null;
  /** Of the VMs that stay. */
  readonly fixedWeight: number;
}

export interface BalanceVm {
  readonly vm: VmObservation;
  /** Index of its host. */
  readonly host: number;
  readonly threads: number;
  readonly memoryMiB: number;
  /** What its host has free again when it is gone; elsewhere it is counted with all of its memory. */
  readonly freesMiB: number;
  /** Its part of all VMs' demand, the mean of processors and memory: all of them together weigh as much as there are VMs. */
  readonly weight: number;
}

export interface BalanceCluster {
  readonly hosts: readonly BalanceHost[];
  readonly vms: readonly BalanceVm[];
  /** VMs that run and are left where they are, with the reason. */
  readonly left: readonly { readonly vm: VmObservation; readonly why: string }[];
  /** Of all VMs that run. */
  readonly vmCount: number;
  /**
   * What they ask for together, over what all hosts have. VMs alone: what hosts do for themselves can be anywhere, and a
   * placement may well avoid it.
   */
  readonly cpuRatio: number;
  readonly memoryRatio: number;
}

export interface ClusterInput {
  readonly snapshot: Snapshot;
  /** Every move in the queue or under way. */
  readonly arrivals: readonly Arrival[];
  /** VMs that are left alone for a while, and why. */
  readonly resting: ReadonlyMap<VmId, string>;
}

/** Hosts that never answered are no part of it. Sorted by name, so that the order of the snapshot has no effect. */
export function clusterOf({ snapshot, arrivals, resting }: ClusterInput): BalanceCluster {
  const rooms = new Rooms(snapshot, arrivals);
  const known = snapshot.hosts.filter(({ figures }) => figures !== null).toSorted(byName);
  const indexes = new Map(known.map(({ name }, index) => [name, index]));
  const onTheirWay = new Map(arrivals.map(({ vm, target }) => [vm, target]));
  const running = snapshot.vms.filter((vm) => holdsMemory(vm) && indexes.has(vm.host)).toSorted(byName);
  const judged = running.map((vm) => ({ vm, why: whyLeft(vm, known[indexes.get(vm.host) ?? 0], onTheirWay, resting) }));
  const weightOf = weights(running);
  const vms = judged.flatMap(({ vm, why }): BalanceVm[] => {
    if (why !== undefined) return [];
    const host = indexes.get(vm.host) ?? 0;
    return [{ vm, host, threads: threadsOf(vm), memoryMiB: vm.memoryMiB, freesMiB: freedBy(vm), weight: weightOf(vm) }];
  });
  const left = judged.flatMap(({ vm, why }) => (why === undefined ? [] : [{ vm, why }]));
  const memory = rooms.memory();
  const hosts = known.map((host, index) => {
    const moved = vms.filter((vm) => vm.host === index);
    const arriving = arrivals.filter(
      ({ vm, target }) => target === host.name && !running.some((one) => one.id === vm && one.host === target),
    );
    return hostOf(host, {
      moved,
      staying: left.flatMap(({ vm }) => (vm.host === host.name ? [vm] : [])),
      arrivingMiB: arriving.reduce((sum, arrival) => sum + arrival.memoryMiB, 0),
      arrivingThreads: arriving.reduce((sum, { vm }) => sum + threadsOf(running.find(({ id }) => id === vm)), 0),
      leftMiB: memory.left(host.name),
      closed: rooms.closed(host.name)?.message ?? null,
      weightOf,
    });
  });
  const cpuRatio =
    sumOf(running, threadsOf) /
    Math.max(
      1,
      sumOf(hosts, ({ threads }) => threads),
    );
  const memoryMiB = sumOf(hosts, (host) => host.memoryMiB);
  const memoryRatio = sumOf(running, (vm) => vm.memoryMiB) / Math.max(1, memoryMiB);
  return { hosts, vms, left, vmCount: running.length, cpuRatio, memoryRatio };
}

interface HostParts {
  readonly moved: readonly BalanceVm[];
  readonly staying: readonly VmObservation[];
  readonly arrivingMiB: number;
  readonly arrivingThreads: number;
  readonly leftMiB: MemoryLeft;
  readonly closed: string | null;
  readonly weightOf: (vm: VmObservation) => number;
}

function hostOf({ name, figures }: HostObservation, parts: HostParts): BalanceHost {
  const { moved, staying, arrivingMiB, arrivingThreads, leftMiB, closed, weightOf } = parts;
  const threads = Math.max(1, figures?.cpuThreads ?? 1);
  const asked = sumOf(moved, ({ threads: own }) => own) + sumOf(staying, threadsOf);
  // What the host is busy with beyond its VMs is its own; what it cannot give to VMs it does not show.
  const own = Math.max(0, (figures?.cpuUsedRatio ?? 0) * threads - asked);
  return {
    name,
    threads,
    memoryMiB: Math.max(1, figures?.memoryMiB ?? 1),
    fixedThreads: own + sumOf(staying, threadsOf) + arrivingThreads,
    fixedMiB: sumOf(staying, ({ memoryMiB }) => memoryMiB) + arrivingMiB,
    roomMiB: {
      capacityMiB: leftMiB.capacityMiB + sumOf(moved, ({ memoryMiB }) => memoryMiB),
      freeMiB: leftMiB.freeMiB + sumOf(moved, ({ freesMiB }) => freesMiB),
    },
    closed,
    fixedWeight: sumOf(staying, weightOf),
  };
}

function whyLeft(
  vm: VmObservation,
  host: HostObservation | undefined,
  onTheirWay: ReadonlyMap<VmId, HostName>,
  resting: ReadonlyMap<VmId, string>,
): string | undefined {
  const target = onTheirWay.get(vm.id);
  if (target !== undefined) return `a move of it to ${target} has been asked for already`;
  if (vm.power !== "running") return `it is ${vm.power}`;
  if (vm.isLastSeen || host?.reach.kind !== "up") return `${vm.host} does not answer`;
  if (host.maintenance !== "no") return `${vm.host} is in maintenance, which moves it`;
  if (vm.cpuUsedRatio === null) return "how busy it is, is not known yet";
  return resting.get(vm.id);
}

/** A demand that is not known counts in full: silence is not zero. */
const threadsOf = (vm: VmObservation | undefined): number => (vm === undefined ? 0 : vm.vcpus * (vm.cpuUsedRatio ?? 1));

/** As `act` finds it: what the guest never touched, its host has free already. */
const freedBy = ({ memoryInUseMiB, memoryMiB }: VmObservation): number => Math.min(memoryInUseMiB ?? 0, memoryMiB);

/** Of a VM that asks for nothing too, a little: it has a place in the score. */
function weights(vms: readonly VmObservation[]): (vm: VmObservation) => number {
  const threads = Math.max(Number.MIN_VALUE, sumOf(vms, threadsOf));
  const memoryMiB = Math.max(
    1,
    sumOf(vms, (vm) => vm.memoryMiB),
  );
  return (vm) => (vms.length * (threadsOf(vm) / threads + vm.memoryMiB / memoryMiB)) / 2;
}

function sumOf<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

function byName(left: { readonly name: string; readonly id?: string }, right: typeof left): number {
  const [one, other] = [`${left.name} ${left.id ?? ""}`, `${right.name} ${right.id ?? ""}`];
  return one < other ? -1 : Number(one > other);
}
