/**
 * Asks for a move and follows it to its report: what it waits for, what was checked, its phases and rounds. The events
 * are followed from before the request, so that nothing of it is missed.
 */
import { randomUUID } from "node:crypto";
import type { Client, InputOf } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { ClusterEvent, MoveId, MoveReport } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import type { MovePrinter } from "../output/progress.ts";

export type MoveWish = InputOf<"moves.create">["body"];

/** A waiting move is asked this often what it waits for. */
const waitAskMs = 2_000;

/** @param cancel aborting it asks for a cancel; the move ends in its own time. */
export async function requestAndFollow(
  client: Client,
  wish: MoveWish,
  printer: MovePrinter,
  cancel: AbortSignal,
): Promise<MoveReport> {
  const over = new AbortController();
  const stream = client.followEvents({ signal: over.signal, onLost: (why) => printer.remark(why.message) });
  try {
    await stream.next();
    const id = await requestMove(client, wish);
    const onCancel = (): void => void cancelMove(client, id, printer);
    cancel.addEventListener("abort", onCancel, { once: true });
    if (cancel.aborted) onCancel();
    void sayWhatItWaitsFor(client, id, printer, over.signal);
    for await (const message of stream) {
      if (message.kind === "progress" && message.move === id) printer.progress(message.progress);
      if (message.kind === "event" && tell(message.event.event, id, printer)) break;
      if (message.kind === "reset" && (await isReported(client, id))) break;
    }
    cancel.removeEventListener("abort", onCancel);
    return await reportOf(client, id);
  } finally {
    over.abort();
  }
}

export async function requestMove(client: Client, wish: MoveWish): Promise<MoveId> {
  const created = await client.call(
    "moves.create",
    { body: wish },
    { signal: askSignal(), idempotencyKey: randomUUID() },
  );
  if (!("request" in created)) throw new TypeError("the service answered a request for a move with a report");
  return created.request.id;
}

/** @returns true when nothing more follows. */
function tell(event: ClusterEvent, id: MoveId, printer: MovePrinter): boolean {
  if (!("move" in event) || event.move !== id) return false;
  switch (event.kind) {
    case "move":
      if (event.phase !== "queued") printer.phase(event.phase, event.why);
      return false;
    case "move-checked":
      printer.checked(event, event.checks, event.predicted);
      return false;
    case "move-remark":
      printer.remark(event.text);
      return false;
    case "move-reported":
      return true;
  }
}

async function cancelMove(client: Client, id: MoveId, printer: MovePrinter): Promise<void> {
  try {
    await client.call("moves.cancel", { params: { id } }, { signal: askSignal(), idempotencyKey: randomUUID() });
  } catch (error) {
    if (!(error instanceof TrunklineError)) throw error;
    printer.remark(
      error.code === "move.too-late" ? "it is switching over and can no longer be cancelled" : error.message,
    );
  }
}

/** Ends with the signal, or as soon as the move no longer waits. */
async function sayWhatItWaitsFor(client: Client, id: MoveId, printer: MovePrinter, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitAskMs);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    if (signal.aborted) return;
    try {
      const { state, waitsFor } = await client.call("moves.show", { params: { id } }, { signal });
      if (state.phase !== "queued") return;
      printer.waits(waitsFor);
    } catch {
      // The stream of events tells of a controller that is gone.
      return;
    }
  }
}

async function isReported(client: Client, id: MoveId): Promise<boolean> {
  return (await client.call("moves.show", { params: { id } }, { signal: askSignal() })).report !== null;
}

async function reportOf(client: Client, id: MoveId): Promise<MoveReport> {
  const { report, request } = await client.call("moves.show", { params: { id } }, { signal: askSignal() });
  if (report !== null) return report;
  throw new TrunklineError("move.unsettled", `the move of ${request.vmName} has no report yet`, {
    hint: `Look again with: trunkline move show ${id}`,
  });
}
