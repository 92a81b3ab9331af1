/** The figures of migration-overhead for people. */
import type { Pair, Spread } from "../paired.ts";
import { quantile } from "../paired.ts";
import { tableOf } from "../table.ts";
import type { MeasuredMove } from "./measured-move.ts";

export interface PageFigures {
  readonly totalRatio: Spread;
  readonly silenceRatio: Spread;
  readonly ownShare: Readonly<Record<"performToFinishMs" | "finishToConfirmMs" | "journalAppendMs", Spread>>;
  readonly commands: readonly { readonly wallMs: number; readonly moveMs: number }[];
  readonly pairs: readonly Pair<MeasuredMove>[];
}

export function pageOf({ totalRatio, silenceRatio, ownShare, commands, pairs }: PageFigures): string {
  const a = pairs.map((pair) => pair.a);
  const b = pairs.map((pair) => pair.b);
  const parts = rows.map(([title, figure]) => [title, median(a, figure), median(b, figure)]);
  const lines = [
    tableOf([["medians", "virsh", "ours"], ...parts]),
    "",
    tableOf([
      ["ours to virsh", "min", "median", "max"],
      spreadRow("time taken", totalRatio),
      spreadRow("silence", silenceRatio),
    ]),
    "",
    tableOf([
      ["our own share, ms", "min", "median", "max"],
      spreadRow("Perform answered to Finish sent (the guest waits)", ownShare.performToFinishMs),
      spreadRow("Finish answered to Confirm sent", ownShare.finishToConfirmMs),
      spreadRow("one record of the journal, flushed", ownShare.journalAppendMs),
    ]),
  ];
  for (const { wallMs, moveMs } of commands)
    lines.push("", `the whole command, for information: ${Math.round(wallMs)} ms, of which the move ${moveMs} ms`);
  return lines.join("\n");
}

const rows: readonly (readonly [string, (move: MeasuredMove) => number])[] = [
  ["time taken, ms", (move) => move.totalMs],
  ["client's longest silence, ms", (move) => move.silenceMs],
  ["QEMU's downtime, ms", (move) => move.downtimeMs],
  ["client's silence at the switch-over, ms", (move) => move.switchSilenceMs],
  ["  last echo to source stopped, ms", (move) => move.beforeStopMs],
  ["  source stopped to target resumed, ms", (move) => move.stoppedMs],
  ["  target resumed to first echo, ms", (move) => move.afterResumeMs],
  ["packets the client sent meanwhile", (move) => move.packetsSent],
  ["  of these, sent again", (move) => move.packetsResent],
  ["frames handed over", (move) => move.framesHandedOver ?? 0],
];

const median = (moves: readonly MeasuredMove[], figure: (move: MeasuredMove) => number): string =>
  quantile(moves.map(figure), 0.5).toFixed(0);

const spreadRow = (title: string, { min, median: middle, max }: Spread): readonly string[] => [
  title,
  ...[min, middle, max].map((value) => value.toFixed(2)),
];
