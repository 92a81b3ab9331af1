/**
 * How long a pre-copy move will take, before it starts.
 *
 * The model: the first round sends the memory in use, every next round what was dirtied meanwhile, until the rest fits
 * into the downtime limit (Clark et al., "Live Migration of Virtual Machines", NSDI 2005, section 3). Rate, fixed cost
 * and dirty rate come from this VM's and these hosts' finished moves when there are any; else they are assumed and the
 * prediction says so.
 */
import type { Prediction } from "@trunkline/model";
import { limits } from "../limits.ts";

export interface FinishedMove {
  readonly bytesSent: number;
  readonly totalMs: number;
  readonly downtimeMs: number;
}

export interface PredictionInput {
  readonly memoryInUseBytes: number | undefined;
  readonly memoryMiB: number;
  /** Finished moves between these hosts, newest first. */
  readonly history: readonly FinishedMove[];
  /** An upper bound that the operator or the inventory sets, bits per second. */
  readonly rateBps: number | undefined;
  readonly maxDowntimeMs: number;
}

export function predict(input: PredictionInput): Prediction {
  const bytes = input.memoryInUseBytes ?? input.memoryMiB * bytesPerMiB;
  if (input.history.length > 0) return fromHistory(input.history, bytes);
  const rateBps = input.rateBps ?? assumed.rateBps;
  const bytesPerMs = rateBps / bitsPerByte / 1000;
  let sent = 0;
  let rest = bytes;
  let rounds = 0;
  while (rest / bytesPerMs > input.maxDowntimeMs && rounds < limits.predictedRounds) {
    sent += rest;
    rest = (rest / bytesPerMs) * (assumed.dirtyBytesPerS / 1000);
    rounds += 1;
  }
  sent += rest;
  return {
    totalMs: Math.round(assumed.fixedMs + sent / bytesPerMs),
    downtimeMs: Math.round(assumed.switchMs + rest / bytesPerMs),
    bytes: Math.round(sent),
    rounds: rounds + 1,
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

function fromHistory(history: readonly FinishedMove[], bytes: number): Prediction {
  const median = (pick: (move: FinishedMove) => number): number => {
    const sorted = history.map(pick).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  };
  return {
    totalMs: Math.round(median((move) => move.totalMs)),
    downtimeMs: Math.round(median((move) => move.downtimeMs)),
    bytes: Math.round(
      Math.min(
        bytes,
        median((move) => move.bytesSent),
      ),
    ),
    rounds: 1,
    basis: `median of the last ${history.length} move(s) of this VM`,
  };
}

const bitsPerByte = 8;
const bytesPerMiB = 1024 * 1024;
const mbit = (bps: number): number => Math.round(bps / 1e6);
