/**
 * `soak`
 *
 * Many moves in a row, by the service, of one VM that a client talks to all the time over one session and that writes to its
 * disk: nothing may be lost, and the service may not grow.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { realWorld } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import { TrunklineError } from "@trunkline/model";
import { withLab } from "../bench-lab.ts";
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { limits } from "../limits.ts";
import { numberOf } from "../number-of.ts";
import { ServiceProcess } from "../service-process.ts";
import { tableOf } from "../table.ts";

export const description =
  "many moves in a row under load: what is lost, how long the client hears nothing, what the service keeps";

export async function run(options: BenchOptions): Promise<BenchResult> {
  const moves = numberOf(options.args, "moves") ?? (options.quick ? 4 : 100);
  return await withLab(options, async (lab) => {
    const state = mkdtempSync(join(tmpdir(), "tl-soak-"));
    const service = await ServiceProcess.start(lab.name, state, options.signal);
    try {
      return await soak(lab, service, moves, options);
    } finally {
      await service.stop();
      rmSync(state, { recursive: true });
    }
  });
}

interface Turn {
  readonly silenceMs: number;
  readonly residentBytes: number;
}

async function soak(
  lab: Lab,
  service: ServiceProcess,
  moves: number,
  { log, signal }: BenchOptions,
): Promise<BenchResult> {
  const world = realWorld(lab.inventory());
  const [probe] = world.probes();
  const echo = world.inventory.services.find((candidate) => candidate.vm === vm);
  if (probe === undefined || echo === undefined)
    throw new TrunklineError("inventory.invalid", `the lab names no client or no echo service of ${vm}`);
  const session = await probe.watch({ address: echo.address, echoPort: echo.echoPort, macs: [] }, signal);
  const turns: Turn[] = [];
  let isStopped = false;
  try {
    for (let number = 1; number <= moves; number += 1) {
      session.resetGap();
      const target = await otherHost(lab);
      await moveTo(service, target, signal);
      await session.nextEcho(limits.echoMs);
      const { longestGapMs } = session.figures();
      turns.push({ silenceMs: longestGapMs, residentBytes: service.residentBytes });
      log(`${number} of ${moves}: to ${target}, silent for ${longestGapMs} ms, ${mib(service.residentBytes)} MiB`);
    }
    isStopped = true;
    const ended = await session.stop();
    return await resultOf(lab, turns, ended);
  } finally {
    if (!isStopped) await session.stop();
    await world.close();
  }
}

async function resultOf(
  lab: Lab,
  turns: readonly Turn[],
  ended: {
    readonly sessionSurvived: boolean;
    readonly bytesSent: number;
    readonly bytesEchoed: number;
    readonly bytesWrong: number;
  },
): Promise<BenchResult> {
  const status = await lab.guestStatus(vm, { verify: true });
  if (status === undefined) throw new TrunklineError("lab.failed", `${vm} does not answer at the end`);
  const disk = lab.readDiskRecords(vm);
  const recordsLost =
    Math.max(0, status.recordsWritten - disk.valid) + disk.corrupt + status.diskVerifyErrors + status.writeErrors;
  const bytesLost = ended.bytesSent - ended.bytesEchoed + ended.bytesWrong;
  const silences = turns.map(({ silenceMs }) => silenceMs).toSorted((a, b) => a - b);
  const grown = growthOf(turns.map(({ residentBytes }) => residentBytes));
  const rows: readonly (readonly [string, string])[] = [
    ["moves", String(turns.length)],
    ["bytes there and back", String(ended.bytesEchoed)],
    ["records on the disk", String(status.recordsWritten)],
    ["silence, median, ms", medianOf(silences).toFixed(0)],
    ["silence, longest, ms", (silences.at(-1) ?? Number.NaN).toFixed(0)],
    ["the service's memory at the end, MiB", mib(turns.at(-1)?.residentBytes ?? Number.NaN)],
  ];
  return {
    figures: { turns, recordsWritten: status.recordsWritten, bytesEchoed: ended.bytesEchoed, recordsLost, bytesLost },
    bars: [
      atMost("sessions broken", ended.sessionSurvived ? 0 : 1, "sessions", 0),
      atMost("bytes lost or wrong", bytesLost, "bytes", 0),
      atMost("records lost or damaged", recordsLost, "records", 0),
      atMost("pages of memory wrong", status.memoryErrors, "pages", 0),
      atMost("the service's memory, last quarter to second quarter", grown, "", 1.1),
    ],
    table: tableOf(rows),
  };
}

/** Of the medians, so that one collection of garbage more or less makes no difference. */
function growthOf(bytes: readonly number[]): number {
  const quarter = Math.max(1, Math.floor(bytes.length / 4));
  return medianOf(bytes.slice(-quarter)) / medianOf(bytes.slice(quarter, 2 * quarter));
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function moveTo(service: ServiceProcess, target: string, signal: AbortSignal): Promise<void> {
  const id = await service.request(vm, target);
  for (;;) {
    const { report } = await service.move(id);
    if (report?.outcome === "completed") return;
    if (report !== null) throw new TypeError(`${vm} to ${target}: ${report.outcome}, ${report.failure?.message ?? ""}`);
    await pause(lookMs, undefined, { signal });
  }
}

async function otherHost(lab: Lab): Promise<string> {
  const { vms, hosts } = await lab.status();
  const source = vms.find(({ name }) => name === vm)?.host;
  const target = hosts.find(({ name }) => name !== source)?.name;
  if (source !== undefined && source !== null && target !== undefined) return target;
  throw new TrunklineError("lab.failed", `${vm} runs on no host of the lab`);
}

const vm = "vm1";
const lookMs = 100;
const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
