/** `trunkline migrate VM --to HOST`: look, predict, move, prove, report. */
import type { Command } from "commander";
import type { Client } from "@trunkline/api";
import { TrunklineError, hostName } from "@trunkline/model";
import type { MoveId, MoveReport } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import { interruptSignal } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { requestAndFollow, requestMove } from "../follow/follow-move.ts";
import type { MoveWish } from "../follow/follow-move.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { progressPrinter } from "../output/progress.ts";
import { checkLines, reportText } from "../output/text.ts";
import { addMoveOptions, moveOptionsOf } from "./move-options.ts";
import type { MoveOptionTexts } from "./move-options.ts";

interface MigrateOptions extends GlobalOptions, MoveOptionTexts {
  readonly to: string;
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
  readonly wait?: boolean;
}

export function addMigrateCommand(program: Command): void {
  const migrate = program.command("migrate").description("move a running VM to another host");
  addMoveOptions(migrate)
    .argument("<vm>", "name or UUID")
    .requiredOption("--to <host>", "target host, as the inventory names it")
    .option("--dry-run", "check and predict only; touch nothing")
    .option("--wait", "wait for the end (the default)")
    .option("--no-wait", "return when the move is in the running controller's queue")
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
  return { vm, target: hostName(options.to), dryRun: options.dryRun === true, ...moveOptionsOf(options) };
}
