/** One move, one fault in one of its phases, and then everybody is asked what became of it. */
import { setTimeout as pause } from "node:timers/promises";
import type { Lab } from "@trunkline/lab";
import type { Move, ServiceProcess } from "../service-process.ts";
import { until } from "../split-brain/command.ts";
import { runningCopies } from "../split-brain/copies.ts";
import { strike } from "./strikes.ts";
import type { Fault, Phase, Scene } from "./strikes.ts";

export interface Cell {
  readonly fault: Fault;
  readonly phase: Phase;
  /** How often the move had left the phase before the fault came. */
  readonly missed: number;
  readonly outcome: string;
  /** The record's word. */
  readonly runsOn: string | null;
  /** Hosts on which a guest made progress when all was over. */
  readonly copies: readonly string[];
  /** Processes that are left besides. */
  readonly leftOver: number;
  readonly mayBeLost: boolean;
  /** Records on stable storage when the fault came, that are missing or damaged afterwards; pages of memory that are wrong. */
  readonly recordsLost: number;
  readonly pagesWrong: number;
  /**
   * From the moment when all that can come back was back until the record was true: it says how the move ended, or that it is
   * under way while its bytes go on.
   */
  readonly trueAfterMs: number;
  readonly message: string;
}

export interface Stage {
  readonly lab: Lab;
  readonly vm: string;
  service: ServiceProcess;
  readonly restartService: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** @returns undefined when the phase was over too soon as often as is tried. */
export async function oneCell(stage: Stage, fault: Fault, phase: Phase): Promise<Cell | undefined> {
  for (let missed = 0; missed < attempts; missed += 1) {
    const struck = await attempt(stage, fault, phase);
    if (struck !== undefined) return { ...(await afterwards(stage, struck)), fault, phase, missed };
  }
  return undefined;
}

interface Struck {
  readonly id: Parameters<ServiceProcess["move"]>[0];
  readonly source: string;
  readonly target: string;
  readonly recordsBefore: number;
  readonly backAtMs: number;
  readonly mayBeLost: boolean;
}

async function attempt(stage: Stage, fault: Fault, phase: Phase): Promise<Struck | undefined> {
  const { lab, vm, service, signal } = stage;
  const { source, target } = await whereTo(stage);
  await lab.loadGuest(vm, phase === "post-copy" ? loads.postCopy : loads.usual);
  const recordsBefore = (await lab.guestStatus(vm))?.recordsWritten ?? Number.NaN;
  const id = await service.request(vm, target, wishes[phase]);
  if (!(await service.reaches(id, phase))) return await missed(stage, id);
  await pause(into[phase], undefined, { signal });
  if (service.phaseOf(id) !== phase) return await missed(stage, id);
  const mend = await strike(fault, sceneOf(stage, source, target));
  await mend();
  const mayBeLost = fault === "source QEMU" || (fault === "target QEMU" && phase === "post-copy");
  return { id, source, target, recordsBefore, backAtMs: performance.now(), mayBeLost };
}

async function missed({ service, signal }: Stage, id: Struck["id"]): Promise<undefined> {
  await until(async () => (await service.move(id)).report !== null, "the move has ended", signal);
  return undefined;
}

const sceneOf = (stage: Stage, source: string, target: string): Scene => ({ ...stage, source, target });

async function afterwards(
  stage: Stage,
  { id, recordsBefore, backAtMs, mayBeLost }: Struck,
): Promise<Omit<Cell, "fault" | "phase" | "missed">> {
  const { lab, vm, signal } = stage;
  const trueAtMs = await isTrue(stage, id);
  const trueAfterMs = Math.max(0, trueAtMs - backAtMs);
  const { outcome, runsOn, failure } = await settled(stage, id);
  const running = await runningCopies(lab, vm, signal);
  const copies = running.map(({ host }) => host);
  const hosts = lab.plan.hosts.map(({ node }) => node.name);
  const processes = (await Promise.all(hosts.map(async (host) => await lab.qemuPids(host, vm)))).flat().length;
  const status = copies.length === 1 ? await lab.guestStatus(vm, { verify: true }) : undefined;
  const disk = lab.readDiskRecords(vm);
  const expected = status?.recordsWritten ?? recordsBefore;
  const damaged = disk.corrupt + (status === undefined ? 0 : status.diskVerifyErrors + status.writeErrors);
  return {
    outcome,
    runsOn,
    copies,
    leftOver: processes - copies.length,
    mayBeLost,
    recordsLost: Math.max(0, expected - disk.valid) + damaged,
    pagesWrong: status?.memoryErrors ?? 0,
    trueAfterMs,
    message: failure?.message ?? "",
  };
}

/** @returns when. */
async function isTrue({ service, signal }: Stage, id: Struck["id"]): Promise<number> {
  const sentBytes = async (): Promise<number | undefined> => {
    const { report, progress } = await service.move(id);
    if (report !== null && report.outcome !== "unsettled") return undefined;
    return progress?.memorySentBytes ?? 0;
  };
  const atFirst = await sentBytes();
  if (atFirst !== undefined)
    await until(
      async () => {
        const now = await sentBytes();
        return now === undefined || now > atFirst;
      },
      "the record says how the move ended, or shows that it goes on",
      signal,
    );
  return performance.now();
}

async function settled(stage: Stage, id: Struck["id"]): Promise<NonNullable<Move["report"]>> {
  let report: Move["report"] = null;
  await until(
    async () => {
      ({ report } = await stage.service.move(id));
      return report !== null && report.outcome !== "unsettled";
    },
    "the record says how the move ended",
    stage.signal,
  );
  if (report === null) throw new TypeError("a move without a report");
  return report;
}

/** From where it is to where it is not, by virsh's word. */
async function whereTo({ lab, vm }: Stage): Promise<{ readonly source: string; readonly target: string }> {
  const { vms, hosts } = await lab.status();
  const source = vms.find(({ name, state }) => name === vm && state === "running")?.host;
  const target = hosts.find(({ name }) => name !== source)?.name;
  if (source === undefined || source === null || target === undefined) throw new TypeError(`${vm} runs nowhere`);
  return { source, target };
}

const attempts = 3;
/** The guest writes faster than its memory is sent in post-copy, so that there is something left to follow. */
const loads = {
  usual: { bufferMiB: 32, workingSetMiB: 8, rateMiBps: 1 },
  postCopy: { bufferMiB: 96, workingSetMiB: 64, rateMiBps: 16 },
} as const;
/** Slow enough that the phase lasts longer than it takes to strike. */
const wishes = {
  preparing: {},
  copying: { maxRateBps: 20_000_000 },
  "post-copy": { mode: "postcopy", maxRateBps: 60_000_000 },
  switching: {},
} as const;
/** How far into the phase. */
const into = { preparing: 0, copying: 1_500, "post-copy": 500, switching: 0 } as const;
