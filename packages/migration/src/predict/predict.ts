/**
 * How long a pre-copy move will take, before it starts.
 *
 * The model: the first round sends the memory in use, every next round what was dirtied meanwhile, until the rest fits
 * into the downtime limit (Clark et al., "Live Migration of Virtual Machines", NSDI 2005, section 3). A round never sends
 * more than the memory itself. When this VM has finished moves between these hosts, their medians are the prediction;
 * else rate, fixed cost and dirty rate are assumed and the prediction says so.
 */
import type { Prediction } from "@trunkline/model";
import { assert } from "@trunkline/model";
import { limits } from "../limits.ts";

export interface FinishedMove {
  readonly bytesSent: number;
  readonly totalMs: number;
  readonly downtimeMs: number;
  readonly rounds: number;
}

export interface PredictionInput {
  readonly memoryInUseBytes: number | undefined;
  readonly memoryMiB: number;
  /** Finished moves of this VM between these hosts, newest first. */
  readonly history: readonly FinishedMove[];
  /** An upper bound that the operator or the inventory sets, bits per second. */
  readonly rateBps: number | undefined;
  readonly maxDowntimeMs: number;
}

export function predict(input: PredictionInput): Prediction {
  const bytes = input.memoryInUseBytes ?? input.memoryMiB * bytesPerMiB;
  const rateBps = input.rateBps ?? assumed.rateBps;
  assert(rateBps > 0, "a transfer has a rate above zero");
  if (input.history.length > 0) return fromHistory(input.history, input.rateBps);
  const bytesPerMs = rateBps / bitsPerByte / 1000;
  let sent = 0;
  let rest = bytes;
  let rounds = 0;
  while (rest / bytesPerMs > input.maxDowntimeMs && rounds < limits.predictedRounds) {
    sent += rest;
    rest = Math.min(bytes, (rest / bytesPerMs) * (assumed.dirtyBytesPerS / 1000));
    rounds += 1;
  }
  sent += rest;
  return {
    totalMs: Math.round(assumed.fixedMs + sent / bytesPerMs),
    downtimeMs: Math.round(assumed.switchMs + rest / bytesPerMs),
    bytes: Math.round(sent),
    rounds: rounds + 1,
    converges: rest / bytesPerMs <= input.maxDowntimeMs,
    basis:
      `no finished move to learn from: ${mbit(rateBps)} Mbit/s ` +
      `${input.rateBps === undefined ? "assumed" : "as given"}, ${assumed.dirtyBytesPerS / bytesPerMiB} MiB/s dirtied assumed`,
  };
}

/** What is taken for granted about a cluster that has not moved anything yet. */
const assumed = {
  rateBps: 1e9,
  dirtyBytesPerS: 8 * 1024 * 1024,
  /** Starting the target's QEMU and ending the source's, measured on libvirt 9.0: 0.3 to 1.5 s. */
  fixedMs: 1000,
  /** Stopping, the device state and starting again, measured on QEMU 7.2. */
  switchMs: 50,
} as const;

function fromHistory(history: readonly FinishedMove[], rateBps: number | undefined): Prediction {
  const median = (pick: (move: FinishedMove) => number): number => {
    const sorted = history.map(pick).toSorted((a, b) => a - b);
    return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
  };
  const bytes = median((move) => move.bytesSent);
  const totalMs = median((move) => move.totalMs);
  // The past may have been faster than what is allowed now.
  const slowestMs = rateBps === undefined ? 0 : Math.round(bytes / (rateBps / bitsPerByte / 1000));
  return {
    totalMs: Math.max(totalMs, slowestMs),
    downtimeMs: median((move) => move.downtimeMs),
    bytes,
    rounds: median((move) => move.rounds),
    converges: true,
    basis:
      `median of the last ${history.length} move(s) of this VM between these hosts` +
      (slowestMs > totalMs ? `, stretched to ${mbit(rateBps ?? 0)} Mbit/s as given` : ""),
  };
}

const bitsPerByte = 8;
const bytesPerMiB = 1024 * 1024;
const mbit = (bps: number): number => Math.round(bps / 1e6);
