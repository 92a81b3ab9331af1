/** One case: the guest is loaded, the move is asked for, predicted by the service, made, and compared. */
import { setTimeout as pause } from "node:timers/promises";
import type { Service } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import { hostName } from "@trunkline/model";
import type { MoveReport, Prediction } from "@trunkline/model";
import type { EventLog } from "@trunkline/ports";
import type { GridCase } from "./grid.ts";

export interface Figures {
  readonly totalMs: number;
  readonly downtimeMs: number;
  readonly bytes: number;
}

export interface CaseResult {
  readonly of: GridCase;
  readonly predicted: Prediction;
  /** Null: it had not ended when it was given up. */
  readonly measured: Figures | null;
  readonly memoryErrors: number;
  readonly recordsLost: number;
}

export interface Bench {
  readonly lab: Lab;
  readonly service: Service;
  readonly events: EventLog;
  readonly signal: AbortSignal;
}

export const vm = "vm1";

export async function tryCase({ lab, service, events, signal }: Bench, of: GridCase): Promise<CaseResult> {
  const { bufferMiB, workingSetMiB, dirtyMiBps } = of;
  const loaded = await lab.loadGuest(vm, { bufferMiB, workingSetMiB, rateMiBps: dirtyMiBps });
  if (loaded === undefined) throw new TypeError(`${vm} does not take its load`);
  // The walk is under way, and what an earlier case measured is stale.
  await pause(settleMs, undefined, { signal });
  const snapshot = await service.refresh(signal);
  const here = snapshot.vms.find(({ name, power }) => name === vm && power === "running")?.host;
  const there = snapshot.hosts.find(({ name }) => name !== here)?.name;
  if (here === undefined || there === undefined) throw new TypeError(`${vm} runs nowhere`);
  const report = await moved({ lab, service, events, signal }, of, there);
  if (report.predicted === null) throw new TypeError(`the move was not judged: ${report.failure?.message ?? ""}`);
  const { predicted, measured, outcome } = report;
  const isOver = outcome === "completed" && measured?.downtimeMs !== undefined && measured.bytesSent !== undefined;
  if (!isOver && outcome !== "cancelled")
    throw new TypeError(`the move ended ${outcome}: ${report.failure?.message ?? ""}`);
  const status = await lab.guestStatus(vm, { verify: true });
  if (status === undefined) throw new TypeError(`${vm} does not answer after its move`);
  return {
    of,
    predicted,
    measured: isOver
      ? { totalMs: measured.moveMs, downtimeMs: measured.downtimeMs ?? 0, bytes: measured.bytesSent ?? 0 }
      : null,
    memoryErrors: status.memoryErrors,
    recordsLost: status.diskVerifyErrors + status.writeErrors,
  };
}

/** A move that does not end is given up after several times what its memory alone takes. */
async function moved({ service, events, signal }: Bench, of: GridCase, target: string): Promise<MoveReport> {
  let told: () => void = () => undefined;
  const reported = new Promise<void>((resolve) => {
    told = resolve;
  });
  const { rateMiBps, maxDowntimeMs, mode } = of;
  const wish = {
    vm,
    target: hostName(target),
    driver: "client",
    mode,
    maxRateBps: rateMiBps * 1024 * 1024 * 8,
    maxDowntimeMs,
    handover: false,
    priority: 0,
  } as const;
  const { request } = await service.requestMove(wish, "bench");
  const stop = events.onAppend(({ event }) => {
    if (event.kind === "move-reported" && event.move === request.id) told();
  });
  const patience = new AbortController();
  const patienceMs = basePatienceMs + (patienceRounds * memoryMiBMax * 1000) / rateMiBps;
  const givenUp = pause(patienceMs, undefined, { signal: AbortSignal.any([patience.signal, signal]) }).then(
    async () => await service.cancelMove(request.id).catch(() => undefined),
    () => undefined,
  );
  try {
    const { report: early } = await service.findMove(request.id);
    if (early === null) await reported;
    const { report } = await service.findMove(request.id);
    if (report === null) throw new TypeError("a reported move has no report");
    return report;
  } finally {
    patience.abort();
    stop();
    await givenUp;
  }
}

const settleMs = 1_500;
const basePatienceMs = 15_000;
/** How often the largest memory of the grid could have been sent. */
const patienceRounds = 4;
const memoryMiBMax = 190;
