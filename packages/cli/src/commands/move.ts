/** `trunkline move …`: the queue and the journal of moves. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { AnswerOf } from "@trunkline/api";
import { journalHolder } from "@trunkline/controller";
import { isCancellable } from "@trunkline/migration";
import { TrunklineError, hostName, moveId } from "@trunkline/model";
import type { MoveId } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import { journalPath } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { printJson, printText } from "../output/print.ts";
import { table } from "../output/table.ts";
import { accuracyText, reportText } from "../output/text.ts";

type Move = AnswerOf<"moves.show">;

const listedMoves = 50;
const looking = { acts: false, needsInventory: false } as const;

interface AccuracyOptions extends GlobalOptions {
  readonly vm?: string;
  readonly host?: string;
}

interface ListOptions extends GlobalOptions {
  readonly waiting?: boolean;
}

export function addMoveCommands(program: Command): void {
  const move = program.command("move").description("the queue and the journal of moves");
  move
    .command("list")
    .option("--waiting", "only those that are not over")
    .description("the newest moves")
    .action(async (_: unknown, command: Command) => {
      await list(command.optsWithGlobals<ListOptions>());
    });
  move
    .command("show")
    .argument("<id>", "of a move")
    .description("one move: what it waits for, its report and every transition")
    .action(async (id: string, _: unknown, command: Command) => {
      await show(idOf(id), command.optsWithGlobals<GlobalOptions>());
    });
  move
    .command("accuracy")
    .option("--vm <vm>", "of this VM only, by name or UUID")
    .option("--host <host>", "of moves from or to this host only")
    .description("how far the predictions of finished moves were off")
    .action(async (_: unknown, command: Command) => {
      await accuracy(command.optsWithGlobals<AccuracyOptions>());
    });
  move
    .command("cancel")
    .argument("<id>", "of a move")
    .description("call a move off; possible until the switch-over")
    .action(async (id: string, _: unknown, command: Command) => {
      await cancel(idOf(id), command.optsWithGlobals<GlobalOptions>());
    });
  move
    .command("prioritise")
    .argument("<id>", "of a waiting move")
    .argument("<priority>", "-100 to 100; higher goes first, 0 is usual")
    .description("change the place of a waiting move in the queue")
    .action(async (id: string, priority: string, _: unknown, command: Command) => {
      await prioritise(idOf(id), priority, command.optsWithGlobals<GlobalOptions>());
    });
}

/** Anything else is no move of any journal. */
function idOf(text: string): MoveId {
  if (/^[0-9a-f-]{36}$/i.test(text)) return moveId(text.toLowerCase());
  throw new TrunklineError("move.unknown", `the journal holds no move ${text}`);
}

async function list(options: ListOptions): Promise<void> {
  const query = { limit: listedMoves, ...(options.waiting === true ? { isOver: false } : {}) };
  const { items } = await withClient(
    options,
    looking,
    async ({ client }) => await client.call("moves.list", { query }, { signal: askSignal() }),
  );
  if (options.json === true) {
    printJson({ moves: items });
    return;
  }
  printText(
    table(items, [
      { title: "MOVE", value: (row: Move) => row.request.id },
      { title: "VM", value: (row) => row.request.vmName },
      { title: "FROM", value: (row) => row.request.source },
      { title: "TO", value: (row) => row.request.target },
      { title: "STATE", value: (row) => row.state.phase },
      { title: "BY", value: (row) => row.request.asked.by },
      { title: "BEGUN", value: (row) => row.createdAt },
      { title: "TOTAL ms", value: (row) => String(row.report?.measured?.moveMs ?? "–"), isNumber: true },
      { title: "DOWNTIME ms", value: (row) => String(row.report?.measured?.downtimeMs ?? "–"), isNumber: true },
    ]),
  );
  for (const { request, waitsFor } of items.filter((move) => move.waitsFor.length > 0))
    printText(`${request.vmName} to ${request.target} waits: ${waitsFor.map((reason) => reason.message).join("; ")}`);
}

async function accuracy({ vm, host, ...options }: AccuracyOptions): Promise<void> {
  const query = { ...(vm === undefined ? {} : { vm }), ...(host === undefined ? {} : { host: hostName(host) }) };
  const found = await withClient(
    options,
    looking,
    async ({ client }) => await client.call("moves.accuracy", { query }, { signal: askSignal() }),
  );
  if (options.json === true) printJson(found);
  else printText(accuracyText(found));
}

async function show(id: MoveId, options: GlobalOptions): Promise<void> {
  const { move, transitions } = await withClient(options, looking, async ({ client }) => ({
    move: await client.call("moves.show", { params: { id } }, { signal: askSignal() }),
    transitions: (await client.call("moves.transitions", { params: { id } }, { signal: askSignal() })).items,
  }));
  if (options.json === true) {
    printJson({ ...move, transitions });
    return;
  }
  const { request, report, state, waitsFor } = move;
  if (report === null)
    printText(`${request.vmName} from ${request.source} to ${request.target}: ${state.phase}, without a report yet`);
  else printText(reportText(report));
  for (const { message } of waitsFor) printText(`  waits: ${message}`);
  for (const { at, event, state: reached } of transitions) {
    const step = "step" in reached ? `/${reached.step}` : "";
    printText(`  ${at}  ${(event?.kind ?? "requested").padEnd(18)} ${reached.phase}${step}`);
  }
}

async function cancel(id: MoveId, options: GlobalOptions): Promise<void> {
  await withClient(options, looking, async ({ client, isEmbedded }) => {
    if (isEmbedded) {
      interruptHolder(await client.call("moves.show", { params: { id } }, { signal: askSignal() }), options);
      return;
    }
    const asked = { signal: askSignal(), idempotencyKey: randomUUID() };
    const { request, state } = await client.call("moves.cancel", { params: { id } }, asked);
    if (options.json === true) printJson({ moveId: id, cancelRequested: true, state: state.phase });
    else printText(`the move of ${request.vmName} is being called off; see trunkline move show ${id}`);
  });
}

/** No controller takes commands, so a move that is under way belongs to a command: an interrupt calls it off. */
function interruptHolder({ request, state }: Move, options: GlobalOptions): void {
  const { id, vmName } = request;
  if (!isCancellable(state))
    throw new TrunklineError(
      "move.too-late",
      `move ${id} of ${vmName} is ${state.phase} and can no longer be cancelled`,
    );
  const holder = journalHolder(journalPath(options));
  if (holder === undefined)
    throw new TrunklineError("move.unsettled", `nobody drives move ${id} any more; it was left ${state.phase}`, {
      hint: "The next trunkline migrate, or trunkline serve, asks both hosts and settles it.",
    });
  process.kill(holder.pid, "SIGINT");
  if (options.json === true) printJson({ moveId: id, cancelRequested: true, pid: holder.pid });
  else printText(`process ${holder.pid} was asked to cancel the move of ${vmName}; see trunkline move show ${id}`);
}

async function prioritise(id: MoveId, text: string, options: GlobalOptions): Promise<void> {
  if (!/^-?\d{1,3}$/.test(text)) throw new TrunklineError("usage.invalid", `${text} is not a whole number`);
  const input = { params: { id }, body: { priority: Number(text) } };
  const { request, waitsFor } = await withClient(
    options,
    { acts: true, needsService: true },
    async ({ client }) =>
      await client.call("moves.prioritise", input, { signal: askSignal(), idempotencyKey: randomUUID() }),
  );
  if (options.json === true) printJson({ moveId: id, priority: request.asked.priority, waitsFor });
  else printText(`the move of ${request.vmName} has priority ${request.asked.priority}`);
}
