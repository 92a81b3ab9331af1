/** The report of one move as observations. What nobody measured is not observed: absent is not zero. */
import type { MoveReport } from "@trunkline/model";
import type { Instruments } from "./instruments.ts";

export function measureMove(instruments: Instruments, report: MoveReport): void {
  const { outcome, measured, predicted } = report;
  instruments.moves.inc({ outcome });
  if (measured === null) return;
  instruments.moveDuration.observe({ outcome }, measured.moveMs / msPerSecond);
  const observeMs = (histogram: { observe(value: number): void }, ms: number | undefined): void => {
    if (ms !== undefined) histogram.observe(ms / msPerSecond);
  };
  observeMs(instruments.moveDowntime, measured.downtimeMs);
  observeMs(instruments.clientSilence, measured.clientGapMs);
  observeMs(instruments.switchLearned, measured.switchLearnedMs);
  if (measured.bytesSent !== undefined) instruments.moveBytes.observe(measured.bytesSent);
  if (predicted === null || outcome !== "completed") return;
  for (const [figure, foretold, real] of [
    ["total", predicted.totalMs, measured.totalMs],
    ["downtime", predicted.downtimeMs, measured.downtimeMs],
    ["bytes", predicted.bytes, measured.bytesSent],
  ] as const)
    if (real !== undefined && real > 0) instruments.prediction.observe({ figure }, foretold / real);
}

const msPerSecond = 1_000;
