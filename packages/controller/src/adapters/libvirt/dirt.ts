/**
 * What a guest dirties within some seconds: QEMU compares samples of its pages before and after.
 *
 * libvirt's own calculation takes 512 pages of a GiB. Of a guest with 256 MiB these are 128, one for 2 MiB, which tells nothing
 * of a working set of ten. So for guests of less than 8 GiB QEMU itself is asked for more of them, over its monitor, as libvirt
 * would do it (calc-dirty-rate, qapi/migration.json, 5.2 and later; `sample-pages` 6.1).
 */
import { dirtyRateStatus, numberParam, statsGroups } from "@trunkline/libvirt";
import type { Dom, ProcedureArgs, ProcedureName, ProcedureResult } from "@trunkline/libvirt";
import type { DirtySample } from "@trunkline/model";
import { limits } from "../../limits.ts";
import { systemClock } from "../system/system-clock.ts";

export type Ask = <P extends ProcedureName>(procedure: P, args: ProcedureArgs<P>) => Promise<ProcedureResult<P>>;

/** @returns undefined where there is no answer in time, or the guest does not run. */
export async function measureDirt(
  ask: Ask,
  dom: Dom,
  overMs: number,
  signal: AbortSignal,
): Promise<DirtySample | undefined> {
  const seconds = Math.min(Math.max(1, Math.round(overMs / 1000)), limits.dirtSecondsMax);
  const memoryGiB = await memoryOf(ask, dom);
  const way = memoryGiB !== undefined && memoryGiB < libvirtIsFineGiB ? byMonitor(memoryGiB) : byLibvirt;
  const before = await ask("domainGetInfo", { dom });
  const beganMs = systemClock.nowMs();
  if (!(await way.start(ask, dom, seconds))) return undefined;
  await systemClock.sleep(seconds * 1000, signal);
  const after = await ask("domainGetInfo", { dom });
  const cpuShare = cpuShareOf(after.cpuTimeNs - before.cpuTimeNs, after.vcpus, systemClock.nowMs() - beganMs);
  for (let look = 0; look < limits.dirtLooks; look += 1) {
    const rate = await way.rateOf(ask, dom);
    // QEMU rounds down to whole MiB per second: on the average half of one is missing.
    if (rate !== undefined) return { overMs: seconds * 1000, bytes: (rate + 0.5) * seconds * bytesPerMiB, cpuShare };
    await systemClock.sleep(limits.dirtLookMs, signal);
  }
  return undefined;
}

/** Of the whole process, which is nearly all its guest's while it does not migrate. */
const cpuShareOf = (ns: bigint, vcpus: number, ms: number): number =>
  Math.min(1, Math.max(0, Number(ns) / 1e6 / Math.max(1, vcpus) / ms));

interface Measurement {
  readonly start: (ask: Ask, dom: Dom, seconds: number) => Promise<boolean>;
  /** MiB per second; undefined until it is there. */
  readonly rateOf: (ask: Ask, dom: Dom) => Promise<number | undefined>;
}

const byLibvirt: Measurement = {
  start: async (ask, dom, seconds) => {
    await ask("domainStartDirtyRateCalc", { dom, seconds, flags: 0 });
    return true;
  },
  rateOf: async (ask, dom) => {
    const question = { doms: [dom], stats: statsGroups.dirtyRate, flags: 0 };
    const { records } = await ask("connectGetAllDomainStats", question);
    const params = records[0]?.params ?? [];
    const isThere = numberParam(params, "dirtyrate.calc_status") === dirtyRateStatus.measured;
    return isThere ? numberParam(params, "dirtyrate.megabytes_per_second") : undefined;
  },
};

const byMonitor = (memoryGiB: number): Measurement => ({
  start: async (ask, dom, seconds) => {
    const perGiB = Math.min(Math.max(Math.ceil(samplesWanted / memoryGiB), samplesLeast), samplesMost);
    const answer = await monitor(ask, dom, "calc-dirty-rate", { "calc-time": seconds, "sample-pages": perGiB });
    return answer.error === undefined;
  },
  rateOf: async (ask, dom) => {
    const { "dirty-rate": rate, status } = (await monitor(ask, dom, "query-dirty-rate")).return ?? {};
    return status === "measured" ? rate : undefined;
  },
});

interface MonitorAnswer {
  readonly return?: { readonly status?: string; readonly "dirty-rate"?: number };
  readonly error?: { readonly desc?: string };
}

async function monitor(
  ask: Ask,
  dom: Dom,
  execute: string,
  args?: Readonly<Record<string, number>>,
): Promise<MonitorAnswer> {
  const command = JSON.stringify({ execute, ...(args === undefined ? {} : { arguments: args }) });
  const { result } = await ask("qemuDomainMonitorCommand", { dom, command, flags: 0 });
  return JSON.parse(result) as MonitorAnswer;
}

async function memoryOf(ask: Ask, dom: Dom): Promise<number | undefined> {
  const { records } = await ask("connectGetAllDomainStats", { doms: [dom], stats: statsGroups.balloon, flags: 0 });
  const memoryKiB = numberParam(records[0]?.params ?? [], "balloon.maximum");
  return memoryKiB === undefined ? undefined : memoryKiB / 1024 / 1024;
}

/** From here on libvirt's 512 pages of a GiB are as many as we ask for. */
const libvirtIsFineGiB = 8;
const samplesWanted = 4_096;
/** QEMU's own bounds, of a GiB (migration/dirtyrate.h). */
const samplesLeast = 128;
const samplesMost = 16_384;
const bytesPerMiB = 1024 * 1024;
