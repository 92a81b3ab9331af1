/**
 * What VMs and hosts were busy with over a while, so that a moment's peak moves nothing: means in which older readings count
 * less and less, and since when each VM has been seen. No clock is read: the snapshots say when they were taken.
 */
import type { HostName, HostObservation, Snapshot, VmId, VmObservation } from "@trunkline/model";

interface Mean {
  readonly sinceMs: number;
  readonly value: number;
}

export class LoadHistory {
  readonly #windowMs: number;
  #takenMs = Number.NEGATIVE_INFINITY;
  /** Of a VM's vCPUs. */
  #vms: ReadonlyMap<VmId, Mean> = new Map();
  /** Threads that a host is busy with beyond its VMs. */
  #own: ReadonlyMap<HostName, Mean> = new Map();

  /** @param windowMs a reading that is so old counts a third of a new one. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** What a snapshot has no reading of is forgotten: after a pause it is watched anew. */
  add(snapshot: Snapshot): void {
    const nowMs = Date.parse(snapshot.takenAt);
    if (nowMs <= this.#takenMs) return;
    const weight = 1 - Math.exp((this.#takenMs - nowMs) / this.#windowMs);
    const meanOf = (before: Mean | undefined, reading: number): Mean =>
      before === undefined
        ? { sinceMs: nowMs, value: reading }
        : { sinceMs: before.sinceMs, value: before.value + weight * (reading - before.value) };
    const vms = snapshot.vms.flatMap(({ id, cpuUsedRatio }) =>
      cpuUsedRatio === null ? [] : [[id, meanOf(this.#vms.get(id), cpuUsedRatio)] as const],
    );
    const own = snapshot.hosts.flatMap((host) => {
      const threads = ownThreads(host, snapshot.vms);
      return threads === undefined ? [] : [[host.name, meanOf(this.#own.get(host.name), threads)] as const];
    });
    this.#vms = new Map(vms);
    this.#own = new Map(own);
    this.#takenMs = nowMs;
  }

  /** The snapshot with means in place of its momentary loads; what was never read stays as it is. */
  smooth(snapshot: Snapshot): Snapshot {
    const vms = snapshot.vms.map((vm): VmObservation => {
      const mean = this.#vms.get(vm.id);
      return vm.cpuUsedRatio === null || mean === undefined ? vm : { ...vm, cpuUsedRatio: mean.value };
    });
    const hosts = snapshot.hosts.map((host): HostObservation => {
      const mean = this.#own.get(host.name);
      const { figures } = host;
      if (figures === null || figures.cpuUsedRatio === null || mean === undefined) return host;
      const cpuUsedRatio = (mean.value + vmThreads(host.name, vms)) / Math.max(1, figures.cpuThreads);
      return { ...host, figures: { ...figures, cpuUsedRatio } };
    });
    return { ...snapshot, vms, hosts };
  }

  /** VMs that have been watched for less than so long, each with a text that says so. */
  young({ vms }: Snapshot, forMs: number): ReadonlyMap<VmId, string> {
    const seconds = (ms: number): number => Math.round(ms / 1_000);
    return new Map(
      vms.flatMap(({ id }) => {
        const watchedMs = this.#takenMs - (this.#vms.get(id)?.sinceMs ?? this.#takenMs);
        if (watchedMs >= forMs) return [];
        return [[id, `its load has been watched for ${seconds(watchedMs)} s of ${seconds(forMs)}`] as const];
      }),
    );
  }
}

function ownThreads({ name, figures }: HostObservation, vms: readonly VmObservation[]): number | undefined {
  if (figures === null || figures.cpuUsedRatio === null) return undefined;
  return Math.max(0, figures.cpuUsedRatio * figures.cpuThreads - vmThreads(name, vms));
}

const vmThreads = (host: HostName, vms: readonly VmObservation[]): number =>
  vms.reduce((sum, vm) => sum + (vm.host === host ? vm.vcpus * (vm.cpuUsedRatio ?? 0) : 0), 0);
