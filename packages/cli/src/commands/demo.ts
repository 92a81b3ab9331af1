/**
 * The demonstration: vm1 moves to and fro while a client talks to it over one TCP session and it writes numbered,
 * checksummed records to the SAN. Every figure is asked of somebody who was there: the client, the guest, the SAN's
 * backing file, the switches, both hypervisors.
 */
import { openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import { TrunklineError, hostName } from "@trunkline/model";
import type { MoveReport, Outcome } from "@trunkline/model";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { requestAndFollow } from "../follow/follow-move.ts";
import { note, printText } from "../output/print.ts";
import { progressPrinter } from "../output/progress.ts";
import { checkLines, reportText } from "../output/text.ts";

export interface DemoMove {
  readonly vm: string;
  readonly source: string;
  readonly target: string;
  readonly outcome: Outcome;
  readonly totalMs: number | null;
  readonly downtimeMs: number | null;
  readonly clientGapMs: number | null;
  readonly bytesSent: number | null;
  readonly rounds: number | null;
  readonly tcpSessionSurvived: boolean;
  readonly tcpBytesLost: number | null;
  readonly diskWritesLost: number;
  readonly sanSessionSurvived: boolean;
  readonly announceFrames: number;
  readonly switchLearnedMs: number | null;
  readonly memoryErrors: number;
  readonly predicted: { readonly totalMs: number; readonly downtimeMs: number } | null;
}

const vmName = "vm1";

export async function runDemo(
  options: GlobalOptions & { lab: string },
  count: number,
): Promise<{ moves: readonly DemoMove[]; holds: boolean }> {
  const lab = openLab(options.lab);
  const moves: DemoMove[] = [];
  for (let number = 1; number <= count; number += 1) {
    const move = await moveOnce(lab, options, `move ${number} of ${count}`);
    moves.push(move);
    if (move.outcome !== "completed") break;
  }
  return { moves, holds: moves.length === count && moves.every(holds) };
}

const holds = (move: DemoMove): boolean =>
  move.outcome === "completed" &&
  move.tcpSessionSurvived &&
  move.tcpBytesLost === 0 &&
  move.diskWritesLost === 0 &&
  move.sanSessionSurvived &&
  move.announceFrames >= 1 &&
  move.memoryErrors === 0;

async function moveOnce(lab: Lab, options: GlobalOptions, title: string): Promise<DemoMove> {
  const { vms, hosts } = await lab.status();
  const source = vms.find((vm) => vm.name === vmName)?.host;
  const target = hosts.find((host) => host.name !== source)?.name;
  if (source === undefined || source === null || target === undefined)
    throw new TrunklineError("lab.failed", `${vmName} runs on no host of the lab`, {
      hint: "Mend the lab with: trunkline lab up",
    });
  note(`\n${title}: ${vmName} from ${source} to ${target}`);
  const before = await guestStatus(lab);

  const printer = progressPrinter({ stream: process.stderr, showAllChecks: false, now: () => performance.now() });
  const wish = { vm: vmName, target: hostName(target) };
  const never = new AbortController().signal;
  const report = await withClient(
    options,
    { acts: true },
    async ({ client }) => await requestAndFollow(client, wish, printer, never),
  );
  printer.end();

  const after = await guestStatus(lab, true);
  const disk = lab.readDiskRecords(vmName);
  const sessions = await lab.sanSessions(vmName);
  const diskWritesLost = Math.max(0, after.recordsWritten - disk.valid) + disk.corrupt + after.diskVerifyErrors;
  const move = demoMove(report, {
    diskWritesLost,
    memoryErrors: after.memoryErrors,
    sanSessionSurvived: after.writeErrors === 0 && after.recordsWritten > before.recordsWritten && sessions.length > 0,
  });
  if (options.json !== true) printStory(report, move, after.recordsWritten, after.memoryPagesChecked);
  return move;
}

async function guestStatus(lab: Lab, verify = false): Promise<NonNullable<Awaited<ReturnType<Lab["guestStatus"]>>>> {
  const status = await lab.guestStatus(vmName, { verify });
  if (status === undefined)
    throw new TrunklineError("lab.failed", `the guest ${vmName} does not answer its status port`, {
      hint: "Look at its console in the lab's folder.",
    });
  return status;
}

function demoMove(
  report: MoveReport,
  proven: Pick<DemoMove, "diskWritesLost" | "memoryErrors" | "sanSessionSurvived">,
): DemoMove {
  const { measured, predicted } = report;
  return {
    vm: report.vm,
    source: report.source,
    target: report.target,
    outcome: report.outcome,
    totalMs: measured?.moveMs ?? null,
    downtimeMs: measured?.downtimeMs ?? null,
    clientGapMs: measured?.clientGapMs ?? null,
    bytesSent: measured?.bytesSent ?? null,
    rounds: measured?.rounds ?? null,
    tcpSessionSurvived: measured?.tcpSessionSurvived ?? false,
    tcpBytesLost: measured?.tcpBytesLost ?? null,
    announceFrames: measured?.announceFrames ?? 0,
    switchLearnedMs: measured?.switchLearnedMs ?? null,
    predicted: predicted === null ? null : { totalMs: predicted.totalMs, downtimeMs: predicted.downtimeMs },
    ...proven,
  };
}

function printStory(report: MoveReport, move: DemoMove, records: number, pages: number): void {
  printText(reportText(report));
  const told = [
    {
      rule: "disk-records",
      severity: move.diskWritesLost === 0 ? "pass" : "block",
      subject: move.vm,
      message: `${records} records synced by the guest, ${move.diskWritesLost} missing or damaged on the SAN`,
    },
    {
      rule: "san-session",
      severity: move.sanSessionSurvived ? "pass" : "block",
      subject: move.vm,
      message: move.sanSessionSurvived
        ? "no write failed, and the guest went on writing"
        : "a write failed, or writing stopped",
    },
    {
      rule: "guest-memory",
      severity: move.memoryErrors === 0 ? "pass" : "block",
      subject: move.vm,
      message: `${pages} pages verified inside the guest, ${move.memoryErrors} wrong`,
    },
  ] as const;
  printText(checkLines(told, true));
}
