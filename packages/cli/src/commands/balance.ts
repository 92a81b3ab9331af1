/** `trunkline balance`: what would be moved to spread the load, and with --apply, that. */
import type { Command } from "commander";
import type { Client } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { BalancePlan, BalanceThreshold, Batch } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import { interruptSignal } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { followBatch } from "../follow/follow-batch.ts";
import type { BatchBody } from "../follow/follow-batch.ts";
import { balanceText } from "../output/balance-text.ts";
import { batchText } from "../output/batch-text.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { balanceOfSnapshot } from "../plan/balance-of-snapshot.ts";
import { readSnapshot } from "../plan/read-snapshot.ts";

interface BalanceOptions extends GlobalOptions {
  readonly threshold: string;
  readonly maxMoves?: string;
  readonly from?: string;
  readonly apply?: boolean;
}

interface Balanced {
  readonly plan: BalancePlan;
  readonly batch?: Batch;
}

export function addBalanceCommand(program: Command): void {
  program
    .command("balance")
    .description("the moves that spread the load, what each gains, and why no more")
    .option("--threshold <level>", "1: move nothing for balance, to 5: whatever helps a little", "3")
    .option("--max-moves <count>", "VMs that are moved at most")
    .option("--from <file>", "plan from a saved snapshot instead of asking the hosts")
    .option("--apply", "carry the moves out, as a batch")
    .action(async (_: unknown, command: Command) => {
      await balance(command.optsWithGlobals<BalanceOptions>());
    });
}

async function balance(options: BalanceOptions): Promise<void> {
  const threshold = thresholdOf(options.threshold);
  const maxMoves = options.maxMoves === undefined ? undefined : countOf(options.maxMoves);
  if (options.from !== undefined) {
    if (options.apply === true)
      throw new TrunklineError("usage.invalid", "what a snapshot says is old: --apply plans from the hosts", {
        hint: "Leave out --from, or --apply.",
      });
    show({ plan: balanceOfSnapshot(readSnapshot(options.from), threshold, maxMoves) }, options);
    return;
  }
  const interrupt = interruptSignal(() => {
    note("calling the moves off; interrupt again to leave at once");
  });
  try {
    const acting = { acts: options.apply === true };
    const balanced = await withClient(options, acting, async ({ client }): Promise<Balanced> => {
      const plan = await planOf(client, threshold, maxMoves);
      if (options.apply !== true || plan.moves.length === 0) return { plan };
      if (options.json !== true) note(balanceText(plan));
      const moves = plan.moves.map(({ vm, target }) => ({ vm, target }));
      const body: BatchBody = { moves, mode: "auto", onFailure: "continue" };
      const waits = { waits: true, json: options.json === true, cancel: interrupt.signal };
      return { plan, batch: await followBatch(client, body, waits) };
    });
    show(balanced, options);
  } finally {
    interrupt.release();
  }
}

function show({ plan, batch }: Balanced, options: BalanceOptions): void {
  if (options.json === true) printJson({ plan, batch: batch ?? null });
  else printText(batch === undefined ? balanceText(plan) : batchText(batch));
  if (batch !== undefined && batch.state !== "completed") process.exitCode = exitCode.failed;
}

async function planOf(client: Client, threshold: BalanceThreshold, maxMoves: number | undefined): Promise<BalancePlan> {
  const query = { threshold, ...(maxMoves === undefined ? {} : { maxMoves }) };
  return await client.call("balance.show", { query }, { signal: askSignal("long") });
}

function thresholdOf(text: string): BalanceThreshold {
  const level = ([1, 2, 3, 4, 5] as const).find((known) => String(known) === text);
  if (level !== undefined) return level;
  throw new TrunklineError("usage.invalid", `--threshold ${text} is no level from 1 to 5`);
}

function countOf(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new TrunklineError("usage.invalid", `--max-moves ${text} is no number of moves`);
}
