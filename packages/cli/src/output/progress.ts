/**
 * What a move does while it does it, on standard error: one line that is redrawn on a terminal, plain lines elsewhere.
 * Rounds are shown, since a percentage of memory alone lies in pre-copy: it jumps back when a round begins.
 */
import type { CheckResult, MoveReport, Prediction, WaitReason } from "@trunkline/model";
import type { ProgressMessage } from "@trunkline/api";
import { checkLines, mbit, mib, predictionText, reportText } from "./text.ts";

export interface ProgressOptions {
  /** Where lines go, and whether they can be redrawn. */
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly showAllChecks: boolean;
  readonly now: () => number;
}

export interface MovePrinter {
  /** @param why what keeps it from being settled, if anything. */
  phase(phase: string, why: string | null): void;
  progress(progress: ProgressMessage["progress"]): void;
  remark(text: string): void;
  waits(reasons: readonly WaitReason[]): void;
  settled(report: MoveReport): void;
  checked(vm: CheckedVm, checks: readonly CheckResult[], predicted: Prediction): void;
  /** Leaves the terminal with no line open. */
  end(): void;
}

export interface CheckedVm {
  readonly vmName: string;
  readonly source: string;
  readonly memoryMiB: number;
}

/** Plain lines come at most this often: a log is read afterwards. */
const plainPauseMs = 2_000;

export function progressPrinter({ stream, showAllChecks, now }: ProgressOptions): MovePrinter {
  let isLineOpen = false;
  let lastPlainAt = Number.NEGATIVE_INFINITY;
  let shown = "queued";
  const startedAt = now();

  const clear = (): void => {
    if (isLineOpen) stream.write("\r\u001B[2K");
    isLineOpen = false;
  };
  const line = (text: string): void => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    phase: (next, why) => {
      const text = why === null ? next : `${next}: ${why}`;
      // Both hosts are asked twice a second; a reason that has not changed is no news.
      if (text === shown) return;
      shown = text;
      line(`  ${`${((now() - startedAt) / 1000).toFixed(1)} s`.padStart(8)}  ${text}`);
    },
    progress: (progress) => {
      if (!stream.isTTY && now() - lastPlainAt < plainPauseMs) return;
      lastPlainAt = now();
      const text = `            ${progressText(progress)}`;
      if (!stream.isTTY) {
        stream.write(`${text}\n`);
        return;
      }
      clear();
      stream.write(text);
      isLineOpen = true;
    },
    remark: (text) => {
      line(`            ${text}`);
    },
    waits: (reasons) => {
      const text = `waits: ${reasons.map((reason) => reason.message).join("; ")}`;
      if (reasons.length === 0 || text === shown) return;
      shown = text;
      line(`            ${text}`);
    },
    settled: (report) => {
      line(`settled a move that was left: ${reportText(report)}`);
    },
    checked: (vm, checks, predicted) => {
      line(`${vm.vmName} on ${vm.source}: ${vm.memoryMiB} MiB`);
      line(checkLines(checks, showAllChecks));
      line(`  predicted: ${predictionText(predicted)} (${predicted.basis})`);
    },
    end: clear,
  };
}

function progressText(progress: ProgressMessage["progress"]): string {
  const { memoryRemainingBytes, memoryTotalBytes, round, rateBps, dirtyRateBps } = progress;
  const dirty = dirtyRateBps === undefined || dirtyRateBps === 0 ? "" : `, dirtied at ${mbit(dirtyRateBps)}`;
  const { disks } = progress;
  if (disks !== undefined && disks.remainingBytes > 0 && round <= 1)
    return `disks: ${mib(disks.remainingBytes)} of ${mib(disks.totalBytes)} remain`;
  return `round ${round}: ${mib(memoryRemainingBytes)} of ${mib(memoryTotalBytes)} remain, sent at ${mbit(rateBps)}${dirty}`;
}
