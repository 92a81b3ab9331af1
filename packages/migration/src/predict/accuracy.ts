/** How far predictions were off, over moves that are over. Errors are shares of what was measured, but for the downtime. */
import type { Accuracy, ErrorSpread, Prediction } from "@trunkline/model";

export interface Foretold {
  readonly predicted: Pick<Prediction, "totalMs" | "downtimeMs" | "bytes" | "converges" | "ranges" | "verdict">;
  /** Null: its copy did not end, and it was given up. */
  readonly measured: { readonly totalMs: number; readonly downtimeMs: number; readonly bytes: number } | null;
}

export function accuracyOf(moves: readonly Foretold[]): Accuracy {
  const ended = moves.flatMap(({ predicted, measured }) =>
    measured === null || !predicted.converges ? [] : [{ predicted, measured }],
  );
  const shares = (figure: "totalMs" | "bytes"): ErrorSpread | null =>
    spread(ended.map(({ predicted, measured }) => Math.abs(predicted[figure] - measured[figure]) / measured[figure]));
  const ranged = ended.flatMap(({ predicted: { ranges }, measured: { totalMs } }) =>
    ranges === undefined ? [] : [totalMs >= ranges.totalMs.low && totalMs <= ranges.totalMs.high],
  );
  const right = moves.map(({ predicted, measured }) => predicted.converges === (measured !== null));
  return {
    moves: moves.length,
    total: shares("totalMs"),
    bytes: shares("bytes"),
    downtimeMs: spread(ended.map(({ predicted, measured }) => Math.abs(predicted.downtimeMs - measured.downtimeMs))),
    withinRange: shareOf(ranged),
    endForetold: shareOf(right),
    uncertain: shareOf(moves.map(({ predicted }) => predicted.verdict === "uncertain")),
  };
}

const spread = (values: readonly number[]): ErrorSpread | null =>
  values.length === 0 ? null : { median: quantile(values, 0.5), p90: quantile(values, 0.9) };

const shareOf = (answers: readonly boolean[]): number | null =>
  answers.length === 0 ? null : answers.filter(Boolean).length / answers.length;

/** Between two neighbours the value in proportion (type 7 of Hyndman and Fan 1996). */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
