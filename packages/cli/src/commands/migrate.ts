/** `trunkline migrate VM --to HOST`: look, predict, move, prove, report. */
import type { Command } from "commander";
import type { Client } from "@trunkline/api";
import { TrunklineError, hostName } from "@trunkline/model";
import type { MoveId, MoveMode, MoveReport, StorageCopy, StreamSecurity } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import { interruptSignal } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { requestAndFollow, requestMove } from "../follow/follow-move.ts";
import type { MoveWish } from "../follow/follow-move.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { progressPrinter } from "../output/progress.ts";
import { checkLines, reportText } from "../output/text.ts";

interface MigrateOptions extends GlobalOptions {
  readonly to: string;
  readonly dryRun?: boolean;
  readonly p2p?: boolean;
  readonly handover?: boolean;
  readonly allowPostcopy?: boolean;
  readonly rate?: string;
  readonly maxDowntime?: string;
  readonly mode?: string;
  readonly deadline?: string;
  readonly tls?: string;
  readonly copyStorage?: string;
  readonly verbose?: boolean;
  readonly wait?: boolean;
  readonly priority?: string;
}

export function addMigrateCommand(program: Command): void {
  program
    .command("migrate")
    .description("move a running VM to another host")
    .argument("<vm>", "name or UUID")
    .requiredOption("--to <host>", "target host, as the inventory names it")
    .option("--dry-run", "check and predict only; touch nothing")
    .option("--wait", "wait for the end (the default)")
    .option("--no-wait", "return when the move is in the running controller's queue")
    .option("--priority <n>", "place in the queue, -100 to 100; higher goes first", "0")
    .option("--p2p", "let the source's libvirt drive (docs/state-machine.md says what that costs)")
    .option(
      "--no-handover",
      "let frames for the paused guest be lost instead of handing them over to its waiting copy (docs/silence.md)",
    )
    .option("--rate <bps>", "at most so many bits per second; 200M and 1G are understood")
    .option("--max-downtime <ms>", "let QEMU stop the guest only when the rest fits into this time")
    .option("--mode <mode>", "auto, precopy, auto-converge or postcopy", "auto")
    .option("--tls <mode>", "encrypt the memory on its way: off, opportunistic or required")
    .option("--deadline <seconds>", "call the move off, and let the VM stay, when its copy has not ended by then")
    .option(
      "--allow-postcopy",
      "let the rest follow the VM where the copy would not end otherwise (docs/prediction.md: what that risks)",
    )
    .option("--copy-storage <what>", "copy the disks that the target does not share: full or incremental")
    .option("-v, --verbose", "show the checks that pass as well")
    .action(async (vm: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<MigrateOptions>();
      const input = inputOf(vm, options);
      const printer = progressPrinter({
        stream: process.stderr,
        showAllChecks: options.verbose === true,
        now: () => performance.now(),
      });
      const interrupt = interruptSignal(() => {
        note("cancelling; interrupt again to leave at once (the next command then settles the move)");
      });
      try {
        const report = await withClient(options, { acts: !input.dryRun }, async ({ client, isEmbedded }) => {
          if (input.dryRun) return await preview(client, input);
          if (options.wait === false) return await startOnly(client, input, isEmbedded);
          return await requestAndFollow(client, input, printer, interrupt.signal);
        });
        printer.end();
        show(report, input, options);
      } finally {
        printer.end();
        interrupt.release();
      }
    });
}

/** Looks and predicts, touches nothing. */
async function preview(client: Client, input: MoveWish): Promise<MoveReport> {
  const answer = await client.call("moves.create", { body: input }, { signal: askSignal() });
  if ("request" in answer) throw new TypeError("the service answered a dry run with a move");
  return answer;
}

async function startOnly(client: Client, input: MoveWish, isEmbedded: boolean): Promise<{ readonly moveId: MoveId }> {
  if (isEmbedded)
    throw new TrunklineError("service.unreachable", "without a running controller nobody would see the move through", {
      hint: "Leave out --no-wait, or start a controller with: trunkline serve",
    });
  return { moveId: await requestMove(client, input) };
}

function show(report: MoveReport | { readonly moveId: MoveId }, input: MoveWish, options: MigrateOptions): void {
  if (!("outcome" in report)) {
    if (options.json === true) printJson({ ...report, outcome: "queued" });
    else printText(`the move is in the queue; see it with: trunkline move show ${report.moveId}`);
    return;
  }
  const isBlocked = report.checks.some((check) => check.severity === "block");
  const outcome = input.dryRun === true && !isBlocked ? "ready" : report.outcome;
  if (options.json === true) printJson({ ...report, outcome });
  else if (input.dryRun === true)
    printText(
      [
        checkLines(report.checks, true),
        outcome === "ready" ? `${report.vm} can move to ${report.target}; nothing was touched` : reportText(report),
      ].join("\n"),
    );
  else printText(reportText(report));
  process.exitCode = outcome === "completed" || outcome === "ready" ? exitCode.success : exitCode.failed;
}

function inputOf(vm: string, options: MigrateOptions): MoveWish {
  const maxRateBps = options.rate === undefined ? undefined : rateOf(options.rate);
  const tls = options.tls === undefined ? undefined : securityOf(options.tls);
  const deadlineMs =
    options.deadline === undefined ? undefined : positiveInteger("--deadline", options.deadline) * 1000;
  const maxDowntimeMs =
    options.maxDowntime === undefined ? undefined : positiveInteger("--max-downtime", options.maxDowntime);
  return {
    vm,
    target: hostName(options.to),
    driver: options.p2p === true ? "peer-to-peer" : "client",
    dryRun: options.dryRun === true,
    mode: modeOf(options.mode ?? "auto"),
    handover: options.handover !== false,
    ...(options.allowPostcopy === true ? { allowPostCopy: true } : {}),
    priority: wholeNumber("--priority", options.priority ?? "0"),
    ...(maxRateBps === undefined ? {} : { maxRateBps }),
    ...(maxDowntimeMs === undefined ? {} : { maxDowntimeMs }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(tls === undefined ? {} : { tls }),
    ...(options.copyStorage === undefined ? {} : { copyStorage: storageCopyOf(options.copyStorage) }),
  };
}

function storageCopyOf(text: string): StorageCopy {
  if (text === "full" || text === "incremental") return text;
  throw new TrunklineError("usage.invalid", `--copy-storage ${text} is neither full nor incremental`);
}

function modeOf(text: string): MoveMode {
  const mode = modes.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new TrunklineError("usage.invalid", `--mode ${text} is not built; ${modes.join(", ")} are`);
}

function securityOf(text: string): StreamSecurity {
  if (text === "off" || text === "opportunistic" || text === "required") return text;
  throw new TrunklineError("usage.invalid", `--tls ${text} is none of off, opportunistic and required`);
}

const modes: readonly MoveMode[] = ["auto", "precopy", "auto-converge", "postcopy"];

function rateOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  const factor = { "": 1, k: 1e3, M: 1e6, G: 1e9 }[match?.[2] ?? ""] ?? 1;
  const rate = Number(match?.[1]) * factor;
  if (!Number.isFinite(rate) || rate <= 0)
    throw new TrunklineError(
      "usage.invalid",
      `--rate ${text} is not a rate; write bits per second, such as 200M or 1G`,
    );
  return rate;
}

function positiveInteger(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new TrunklineError("usage.invalid", `${option} ${text} is not a positive whole number`);
  return Number(text);
}

function wholeNumber(option: string, text: string): number {
  if (!/^-?\d{1,3}$/.test(text)) throw new TrunklineError("usage.invalid", `${option} ${text} is not a whole number`);
  return Number(text);
}
