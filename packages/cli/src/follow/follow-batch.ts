/** Begins a batch and tells how it goes on, until it has ended; interrupted, it calls the whole of it off. */
import { randomUUID } from "node:crypto";
import type { Client, InputOf } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { Batch, BatchId } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { countsText } from "../output/batch-text.ts";
import { note } from "../output/print.ts";
import { PhaseTeller } from "./phase-teller.ts";

export type BatchBody = InputOf<"batches.create">["body"];

/** @param cancel aborting it calls the batch off; it ends in its own time. */
export async function followBatch(
  client: Client,
  body: BatchBody,
  { waits, json, cancel }: { readonly waits: boolean; readonly json: boolean; readonly cancel: AbortSignal },
): Promise<Batch> {
  const over = new AbortController();
  const stream = client.followEvents({ signal: over.signal, onLost: (why) => note(why.message) });
  try {
    await stream.next();
    const begun = await requestBatch(client, body);
    if (!waits || begun.state !== "running") return begun;
    const onCancel = (): void => void callOff(client, begun.id);
    cancel.addEventListener("abort", onCancel, { once: true });
    if (cancel.aborted) onCancel();
    const moves = new Set<string>();
    const teller = new PhaseTeller();
    let told = "";
    for await (const message of stream) {
      if (message.kind === "reset") {
        const { state } = await showBatch(client, begun.id);
        if (state !== "running") break;
      }
      if (message.kind !== "event") continue;
      const { event } = message.event;
      if (event.kind === "batch" && event.batch.id === begun.id) {
        for (const { move } of event.batch.steps) if (move !== null) moves.add(move);
        const counts = countsText(event.batch);
        if (!json && counts !== told) note(counts);
        told = counts;
        if (event.batch.state !== "running") break;
      } else if (!json && event.kind === "move" && moves.has(event.move)) teller.tell(event);
    }
    cancel.removeEventListener("abort", onCancel);
    return await showBatch(client, begun.id);
  } finally {
    over.abort();
  }
}

export const showBatch = async (client: Client, id: BatchId): Promise<Batch> =>
  await client.call("batches.show", { params: { id } }, { signal: askSignal() });

async function requestBatch(client: Client, body: BatchBody): Promise<Batch> {
  const asked = { signal: askSignal("long"), idempotencyKey: randomUUID() };
  const answer = await client.call("batches.create", { body: { ...body, dryRun: false } }, asked);
  if ("id" in answer) return answer;
  throw new TypeError("the service answered a request for a batch with a plan");
}

async function callOff(client: Client, id: BatchId): Promise<void> {
  try {
    const asked = { signal: askSignal(), idempotencyKey: randomUUID() };
    await client.call("batches.cancel", { params: { id } }, asked);
  } catch (error) {
    if (!(error instanceof TrunklineError)) throw error;
    note(error.message);
  }
}
