/** What was found, as a page: how far off by figure, and the moves that were off most. */
import type { Accuracy, ErrorSpread } from "@trunkline/model";
import { tableOf } from "../table.ts";
import type { CaseResult } from "./one-case.ts";

export function pageOf(results: readonly CaseResult[], accuracy: Accuracy): string {
  const learned = results.filter(({ of }) => of.isForLearning).length;
  const spread = (errors: ErrorSpread | null, text: (value: number) => string): readonly [string, string] =>
    errors === null ? ["–", "–"] : [text(errors.median), text(errors.p90)];
  const rows = [
    ["predicted against measured", "median", "90th percentile"],
    ["duration", ...spread(accuracy.total, percent)],
    ["bytes", ...spread(accuracy.bytes, percent)],
    ["downtime, ms", ...spread(accuracy.downtimeMs, (ms) => ms.toFixed(0))],
  ];
  const missed = results
    .filter(({ of, predicted, measured }) => !of.isForLearning && predicted.converges !== (measured !== null))
    .map(
      ({ of, predicted, measured }) =>
        `  ${loadOf(of)}: predicted ${endOf(predicted.converges)}, ${endOf(measured !== null)}`,
    );
  const worst = results
    .flatMap(({ of, predicted, measured }) =>
      of.isForLearning || measured === null || !predicted.converges
        ? []
        : [{ of, ratio: predicted.totalMs / measured.totalMs, predicted, measured }],
    )
    .toSorted((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))
    .slice(0, shownWorst)
    .map(
      ({ of, ratio, predicted, measured }) =>
        `  ${loadOf(of)}: ${predicted.totalMs} ms predicted, ${measured.totalMs} ms measured (${ratio.toFixed(2)})`,
    );
  return [
    `${learned} moves to learn from, ${accuracy.moves} that count`,
    "",
    tableOf(rows),
    "",
    `duration within the predicted range: ${percent(accuracy.withinRange)}`,
    `right about whether it ends: ${percent(accuracy.endForetold)}, called uncertain: ${percent(accuracy.uncertain)}`,
    ...(missed.length === 0 ? [] : ["", "wrong about the end:", ...missed]),
    ...(worst.length === 0 ? [] : ["", "durations that were off most:", ...worst]),
  ].join("\n");
}

function loadOf({ bufferMiB, workingSetMiB, dirtyMiBps, rateMiBps, mode, maxDowntimeMs }: CaseResult["of"]): string {
  const writes = `${dirtyMiBps} MiB/s over ${workingSetMiB} MiB`;
  return `${bufferMiB} MiB, ${writes}, at ${rateMiBps} MiB/s, limit ${maxDowntimeMs} ms, ${mode}`;
}

const endOf = (ends: boolean): string => (ends ? "ends" : "does not end");
const percent = (share: number | null): string => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);
const shownWorst = 5;
