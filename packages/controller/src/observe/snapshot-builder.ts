/**
 * From what a host said to what is known of it: pure, one host at a time, and the readings of all hosts as one snapshot.
 *
 * INVARIANTS
 * - A reading is never changed: a new one shares what stayed the same with the one before.
 * - Silence changes no figure. Figures and VMs keep the time at which they were read.
 * - A rate stands between two counters of the same VM on the same host that did not run backwards; otherwise it is null.
 */
import type {
  Automation,
  HostFigures,
  HostObservation,
  HostReach,
  Inventory,
  InventoryHost,
  Maintenance,
  Snapshot,
  VmId,
  VmObservation,
} from "@trunkline/model";
import type { HostSurvey, VmSurvey } from "@trunkline/ports";
import { limits } from "../limits.ts";

export interface HostReading {
  readonly observation: HostObservation;
  readonly vms: readonly VmObservation[];
  /** The counters that the next rates begin at; undefined before the first answer. */
  readonly baseline: Baseline | undefined;
}

export interface Answer {
  readonly survey: HostSurvey;
  /** Those of the survey. */
  readonly vms: ReadonlyMap<VmId, VmSurvey>;
  readonly at: string;
  /** The same moment on the monotonic clock. */
  readonly atMs: number;
}

export interface Silence {
  readonly since: string;
  readonly why: string;
}

interface Baseline {
  readonly atMs: number;
  readonly cpuBusyNs: number | undefined;
  readonly vms: ReadonlyMap<VmId, VmSurvey>;
}

export function unasked({ name, uri }: InventoryHost): HostReading {
  const observation: HostObservation = {
    name,
    uri,
    reach: { kind: "not-asked-yet" },
    observedAt: null,
    figures: null,
    maintenance: "no",
  };
  return { observation, vms: [], baseline: undefined };
}

/** @param host as the inventory declares it: what it says of the memory goes before what libvirt says. */
export function withAnswer(before: HostReading, host: InventoryHost, { survey, vms, at, atMs }: Answer): HostReading {
  const elapsedMs = before.baseline === undefined ? 0 : atMs - before.baseline.atMs;
  // Two surveys that events brought close together tell no rates; the ones that stand are kept a little longer.
  const isTooSoon = before.baseline !== undefined && elapsedMs < limits.rateWindowMs;
  const rates = isTooSoon ? keptRates(before) : freshRates(before.baseline, elapsedMs);
  const baseline = { atMs, cpuBusyNs: survey.cpuBusyNs, vms };
  return {
    observation: {
      ...before.observation,
      reach: isUp,
      observedAt: at,
      figures: figuresOf(survey, host, rates.ofHost(survey)),
    },
    vms: survey.vms.map((vm) => observationOf(vm, at, rates.ofVm(vm))),
    baseline: isTooSoon ? before.baseline : baseline,
  };
}

/** The first silence stands: a host that is asked again in vain has been silent since the first time. */
export function withSilence(before: HostReading, { since, why }: Silence): HostReading {
  const { reach } = before.observation;
  const next: HostReach = { kind: "unreachable", since: reach.kind === "unreachable" ? reach.since : since, why };
  return {
    observation: { ...before.observation, reach: next },
    vms: reach.kind === "up" ? before.vms.map((vm) => ({ ...vm, isLastSeen: true })) : before.vms,
    // What the counters do while nobody looks is no rate of now.
    baseline: undefined,
  };
}

export function withMaintenance(before: HostReading, maintenance: Maintenance): HostReading {
  if (before.observation.maintenance === maintenance) return before;
  return { ...before, observation: { ...before.observation, maintenance } };
}

export interface Surroundings {
  readonly sequence: number;
  readonly takenAt: string;
  readonly inventory: Inventory;
  readonly automation: Automation;
}

export function snapshotOf(readings: readonly HostReading[], surroundings: Surroundings): Snapshot {
  const vms: VmObservation[] = [];
  for (const reading of readings) for (const vm of reading.vms) vms.push(vm);
  return { version: 1, ...surroundings, hosts: readings.map(({ observation }) => observation), vms };
}

const isUp: HostReach = { kind: "up" };

interface VmRates {
  readonly cpuUsedRatio: number | null;
  readonly rxBps: number | null;
  readonly txBps: number | null;
}

interface Rates {
  readonly ofHost: (survey: HostSurvey) => number | null;
  readonly ofVm: (vm: VmSurvey) => VmRates;
}

const noRates: VmRates = { cpuUsedRatio: null, rxBps: null, txBps: null };

function keptRates({ observation, vms }: HostReading): Rates {
  const known = new Map(vms.map((vm) => [vm.id, vm]));
  return {
    ofHost: () => observation.figures?.cpuUsedRatio ?? null,
    ofVm: (vm) => (vm.power === "running" ? (known.get(vm.id) ?? noRates) : noRates),
  };
}

function freshRates(baseline: Baseline | undefined, elapsedMs: number): Rates {
  return {
    ofHost: ({ cpuBusyNs, cpuThreads }) => share(baseline?.cpuBusyNs, cpuBusyNs, elapsedMs, cpuThreads),
    ofVm: (vm) => {
      const before = baseline?.vms.get(vm.id);
      if (before === undefined || vm.power !== "running") return noRates;
      return {
        cpuUsedRatio: share(before.cpuTimeNs, vm.cpuTimeNs, elapsedMs, vm.vcpus),
        rxBps: bitRate(before.rxBytes, vm.rxBytes, elapsedMs),
        txBps: bitRate(before.txBytes, vm.txBytes, elapsedMs),
      };
    },
  };
}

/** Processor time used, to the time that so many processors had; the emulator's own threads may bring a VM above 1. */
function share(
  beforeNs: number | undefined,
  nowNs: number | undefined,
  elapsedMs: number,
  processors: number,
): number | null {
  const usedNs = growth(beforeNs, nowNs);
  if (usedNs === undefined || processors <= 0 || elapsedMs <= 0) return null;
  return Math.min(1, usedNs / (elapsedMs * nsPerMs * processors));
}

function bitRate(beforeBytes: number | undefined, nowBytes: number | undefined, elapsedMs: number): number | null {
  const bytes = growth(beforeBytes, nowBytes);
  return bytes === undefined || elapsedMs <= 0 ? null : (bytes * bitsPerByte * msPerS) / elapsedMs;
}

/** A counter that runs backwards was begun anew. */
function growth(before: number | undefined, now: number | undefined): number | undefined {
  return before === undefined || now === undefined || now < before ? undefined : now - before;
}

function figuresOf(survey: HostSurvey, host: InventoryHost, cpuUsedRatio: number | null): HostFigures {
  const memoryMiB = host.memoryMiB ?? survey.memoryMiB;
  return {
    hostname: survey.hostname,
    hostUuid: survey.hostUuid,
    arch: survey.arch,
    libvirtVersion: survey.libvirtVersion,
    hypervisorVersion: survey.hypervisorVersion,
    cpuThreads: host.cpuThreads ?? survey.cpuThreads,
    // Of the threads that are set aside for VMs, libvirt knows nothing: they are as busy as the VMs are.
    cpuUsedRatio: host.cpuThreads === undefined ? cpuUsedRatio : null,
    memoryMiB,
    memoryFreeMiB: Math.min(survey.memoryFreeMiB, memoryMiB),
  };
}

/** Written out: the counters must not slip into what clients are shown. */
function observationOf(vm: VmSurvey, at: string, rates: VmRates): VmObservation {
  return {
    id: vm.id,
    name: vm.name,
    host: vm.host,
    power: vm.power,
    reason: vm.reason,
    memoryMiB: vm.memoryMiB,
    macs: vm.macs,
    persistent: vm.persistent,
    vcpus: vm.vcpus,
    cpuUsedRatio: rates.cpuUsedRatio,
    memoryInUseMiB: vm.memoryInUseMiB ?? null,
    rxBps: rates.rxBps,
    txBps: rates.txBps,
    observedAt: at,
    isLastSeen: false,
  };
}

const nsPerMs = 1_000_000;
const msPerS = 1_000;
const bitsPerByte = 8;
