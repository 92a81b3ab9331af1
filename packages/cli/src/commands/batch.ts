/** `trunkline batch …`: several VMs moved as one request. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { Client } from "@trunkline/api";
import { TrunklineError, batchId } from "@trunkline/model";
import type { Batch, BatchId, BatchPlan } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import { interruptSignal } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { followBatch, showBatch } from "../follow/follow-batch.ts";
import type { BatchBody } from "../follow/follow-batch.ts";
import { batchPlanText, batchText, countsText } from "../output/batch-text.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { table } from "../output/table.ts";
import { batchBody } from "./batch-body.ts";
import type { BatchOptionTexts } from "./batch-body.ts";
import { addMoveOptions } from "./move-options.ts";

interface RunOptions extends GlobalOptions, BatchOptionTexts {
  readonly dryRun?: boolean;
  readonly wait?: boolean;
}

const listedBatches = 20;
const looking = { acts: false, needsInventory: false } as const;

export function addBatchCommands(program: Command): void {
  const batch = program.command("batch").description("several VMs moved as one request");
  const run = batch.command("run").description("plan the order, and move the VMs");
  addMoveOptions(run)
    .argument("[vm=host...]", "which VM goes where; a VM alone goes where there is most room")
    .option("--file <file>", "the moves, and onFailure, as YAML or JSON (docs/cli.md shows one)")
    .option("--after <vm:vm>", "the first goes after the second has been moved; may be given again", collected, [])
    .option("--on-failure <what>", "stop: call off what has not started; continue: only what needs it (default: stop)")
    .option("--dry-run", "show the order, the waves and how long all of it takes; touch nothing")
    .option("--no-wait", "return at once; the controller goes on")
    .action(async (moves: readonly string[], _: unknown, command: Command) => {
      await runBatch(moves, command.optsWithGlobals<RunOptions>());
    });
  batch
    .command("list")
    .description("the newest batches")
    .action(async (_: unknown, command: Command) => {
      await list(command.optsWithGlobals<GlobalOptions>());
    });
  batch
    .command("show")
    .argument("<id>", "of a batch")
    .description("how far each of its moves is")
    .action(async (id: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      show(await withClient(options, looking, async ({ client }) => await showBatch(client, idOf(id))), options);
    });
  batch
    .command("cancel")
    .argument("<id>", "of a batch")
    .description("call it off: what has not begun does not begin, what is under way ends where it still can")
    .action(async (id: string, _: unknown, command: Command) => {
      await cancel(idOf(id), command.optsWithGlobals<GlobalOptions>());
    });
}

const collected = (text: string, before: readonly string[]): readonly string[] => [...before, text];

function idOf(text: string): BatchId {
  if (/^[0-9a-f-]{36}$/i.test(text)) return batchId(text.toLowerCase());
  throw new TrunklineError("batch.unknown", `the store holds no batch ${text}`);
}

async function runBatch(moves: readonly string[], options: RunOptions): Promise<void> {
  const body = batchBody(moves, options);
  const isJson = options.json === true;
  if (options.dryRun === true) {
    const plan = await withClient(options, { acts: false }, async ({ client }) => await preview(client, body));
    if (isJson) printJson({ plan });
    else printText(batchPlanText(plan));
    process.exitCode = plan.blocked.length === 0 ? exitCode.success : exitCode.failed;
    return;
  }
  const interrupt = interruptSignal(() => {
    note("calling the batch off; interrupt again to leave at once");
  });
  try {
    const batch = await withClient(options, { acts: true }, async ({ client, isEmbedded }) => {
      const waits = options.wait !== false;
      if (!waits && isEmbedded)
        throw new TrunklineError("service.unreachable", "without a running controller nobody would go on with it", {
          hint: "Leave out --no-wait, or start a controller with: trunkline serve",
        });
      return await followBatch(client, body, { waits, json: isJson, cancel: interrupt.signal });
    });
    show(batch, options);
    if (batch.state !== "completed" && batch.state !== "running") process.exitCode = exitCode.failed;
  } finally {
    interrupt.release();
  }
}

async function preview(client: Client, body: BatchBody): Promise<BatchPlan> {
  const asked = { signal: askSignal("long") };
  const answer = await client.call("batches.create", { body: { ...body, dryRun: true } }, asked);
  if ("waves" in answer) return answer;
  throw new TypeError("the service answered a dry run with a batch");
}

function show(batch: Batch, options: GlobalOptions): void {
  if (options.json === true) printJson({ batch });
  else printText(batchText(batch));
}

async function list(options: GlobalOptions): Promise<void> {
  const { items } = await withClient(
    options,
    looking,
    async ({ client }) =>
      await client.call("batches.list", { query: { limit: listedBatches } }, { signal: askSignal() }),
  );
  if (options.json === true) printJson({ batches: items });
  else
    printText(
      table(items, [
        { title: "BATCH", value: (row: Batch) => row.id },
        { title: "STATE", value: (row) => row.state },
        { title: "MOVES", value: (row) => countsText(row).trim() },
        { title: "BY", value: (row) => row.requestedBy },
        { title: "BEGUN", value: (row) => row.requestedAt },
      ]),
    );
}

async function cancel(id: BatchId, options: GlobalOptions): Promise<void> {
  const asked = { signal: askSignal(), idempotencyKey: randomUUID() };
  const batch = await withClient(
    options,
    { acts: true, needsService: true, needsInventory: false },
    async ({ client }) => await client.call("batches.cancel", { params: { id } }, asked),
  );
  if (options.json === true) printJson({ batch });
  else printText(`the batch is being called off; see trunkline batch show ${id}`);
}
