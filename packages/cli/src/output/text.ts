/** Values as people read them. Unknown is a dash, never a zero. */
import pc from "picocolors";
import type { Accuracy, CheckResult, MoveReport, NetworkReport, Prediction, Range, Severity } from "@trunkline/model";

export const ms = (value: number | undefined): string => (value === undefined ? "–" : `${Math.round(value)} ms`);

export function mib(bytes: number | undefined): string {
  return bytes === undefined ? "–" : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** How long before `now` something was seen; a dash for what never was. */
export function ago(at: string | number | null | undefined, now: string): string {
  if (typeof at !== "string") return "–";
  const seconds = Math.max(0, Math.round((Date.parse(now) - Date.parse(at)) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

export function mbit(bps: number | undefined): string {
  return bps === undefined ? "–" : `${Math.round(bps / 1e6)} Mbit/s`;
}

const marks: Readonly<Record<Severity, string>> = {
  pass: pc.green("pass   "),
  warn: pc.yellow("warn   "),
  block: pc.red("BLOCK  "),
  unknown: pc.cyan("unknown"),
};

export function predictionText({ totalMs, downtimeMs, bytes, converges, ranges }: Prediction): string {
  if (!converges) return "the copy does not end by itself: memory is dirtied faster than it is sent";
  const between = (range: Range | undefined, text: (value: number) => string): string =>
    range === undefined ? "" : ` (${text(range.low)} to ${text(range.high)})`;
  return [
    `${ms(totalMs)}${between(ranges?.totalMs, ms)} in all`,
    `${ms(downtimeMs)}${between(ranges?.downtimeMs, ms)} of downtime`,
    `${mib(bytes)}${between(ranges?.bytes, mib)}`,
  ].join(", ");
}

/** Everything that is not a plain pass is shown with its fix; passes are one line each when `all` is set. */
export function checkLines(checks: readonly CheckResult[], all: boolean): string {
  const shown = all ? checks : checks.filter((check) => check.severity !== "pass");
  const lines = shown.flatMap((check) => {
    const line = `  ${marks[check.severity]}  ${check.rule.padEnd(18)} ${check.message}`;
    return check.fix === undefined || check.severity === "pass" ? [line] : [line, `${" ".repeat(11)}fix: ${check.fix}`];
  });
  const passed = checks.filter((check) => check.severity === "pass").length;
  return [...lines, ...(all ? [] : [`  ${passed} of ${checks.length} checks pass`])].join("\n");
}

export function reportText(report: MoveReport): string {
  const { measured, predicted } = report;
  const lines = [headline(report)];
  if (report.failure !== null) lines.push(`  ${report.failure.message}`);
  if (measured !== null && report.outcome === "completed") {
    const pair = (label: string, was: string, expected: string | undefined): string =>
      `  ${label.padEnd(18)} ${was.padStart(12)}${expected === undefined ? "" : `   predicted ${expected}`}`;
    lines.push(pair("total", ms(measured.moveMs), predicted === null ? undefined : ms(predicted.totalMs)));
    lines.push(pair("downtime", ms(measured.downtimeMs), predicted === null ? undefined : ms(predicted.downtimeMs)));
    if (measured.clientGapMs !== undefined) lines.push(pair("client's silence", ms(measured.clientGapMs), undefined));
    lines.push(pair("memory sent", mib(measured.bytesSent), predicted === null ? undefined : mib(predicted.bytes)));
    lines.push(pair("rounds", measured.rounds === undefined ? "–" : String(measured.rounds), undefined));
    if (measured.switchLearnedMs !== undefined)
      lines.push(pair("switches learned", ms(measured.switchLearnedMs), undefined));
  }
  if (report.network !== undefined) lines.push(...networkLines(report.network));
  if (report.evidence.length > 0) lines.push("proof:", checkLines(report.evidence, true));
  if (wasRecorded(report)) lines.push(pc.dim(`  record: trunkline move show ${report.moveId}`));
  return lines.join("\n");
}

export function accuracyText({ moves, total, bytes, downtimeMs, withinRange, endForetold }: Accuracy): string {
  if (moves === 0) return "no finished move was predicted yet";
  const share = (value: number | null | undefined): string =>
    value === null || value === undefined ? "–" : `${(value * 100).toFixed(1)} %`;
  const line = (label: string, median: string, p90: string): string =>
    `  ${label.padEnd(18)} ${median.padStart(10)} ${p90.padStart(16)}`;
  return [
    `${moves} finished move(s) that were predicted`,
    line("off by", "median", "90th percentile"),
    line("total", share(total?.median), share(total?.p90)),
    line("memory sent", share(bytes?.median), share(bytes?.p90)),
    line("downtime", ms(downtimeMs?.median), ms(downtimeMs?.p90)),
    `  within the range that was given: ${share(withinRange)}; right about whether it ends: ${share(endForetold)}`,
  ].join("\n");
}

/** Which links the memory takes, and which flows go another way afterwards. */
function networkLines({ links, flows }: NetworkReport): readonly string[] {
  const linkLines = links.map(({ from, to, predictedBytes, measuredBytes }) => {
    const predicted = `predicted ${mib(predictedBytes ?? undefined)}`;
    return `  ${`${from} > ${to}`.padEnd(18)} ${mib(measuredBytes ?? undefined).padStart(12)}   ${predicted}`;
  });
  const flowLines = flows.map(({ flow, before, after, roundTripDeltaUs, siteCrossingsBefore, siteCrossingsAfter }) => {
    const slower = roundTripDeltaUs === null ? "" : `, ${(roundTripDeltaUs / 1000).toFixed(1)} ms more per round trip`;
    const crossings = `${siteCrossingsBefore} -> ${siteCrossingsAfter} crossings between sites`;
    return `  ${flow}: ${crossings}${slower}\n    before ${before}\n    after  ${after}`;
  });
  return [
    ...(linkLines.length === 0 ? [] : ["memory over the links:", ...linkLines]),
    ...(flowLines.length === 0 ? [] : ["flows that take another way:", ...flowLines]),
  ];
}

/** What was refused, or was where it should be already, never began: the journal has no move of that id. */
function wasRecorded(report: MoveReport): boolean {
  return report.outcome !== "refused" && !(report.outcome === "completed" && report.measured === null);
}

function headline(report: MoveReport): string {
  const place = report.runsOn === null ? "where it runs is not known" : `runs on ${report.runsOn}`;
  const name = pc.bold(report.vm);
  switch (report.outcome) {
    case "completed":
      return report.measured === null
        ? `${name} already ${place}; nothing to do`
        : `${name} ${pc.green("moved")} from ${report.source} to ${report.target}`;
    case "refused":
      return `${name} was ${pc.yellow("not moved")}: nothing was touched, it ${place}`;
    case "failed":
      return `the move of ${name} to ${report.target} ${pc.red("failed")}; it ${report.runsOn === null ? "runs on neither host" : place}`;
    case "cancelled":
      return `the move of ${name} was cancelled; it ${place}`;
    case "unsettled":
      return `the move of ${name} is ${pc.red("unsettled")}: ${place}; ${report.source} and ${report.target} must both answer`;
  }
}
