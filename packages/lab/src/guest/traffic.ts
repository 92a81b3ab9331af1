/**
 * Counted traffic from inside a guest or from a client: both run the same program (guest/traffic.h), which sends at a fixed
 * pace whether it is answered or not.
 */
import { join } from "node:path";
import { z } from "zod";
import { LabError } from "../lab-error.ts";
import { TRAFFIC_SPARE_MS } from "../limits.ts";
import { run } from "../process/run.ts";
import type { LabPlan, VmPlan } from "../topology/lab-plan.ts";
import { askingClientCommand, clientCommandOf } from "./guests.ts";
import { requestOfGuest } from "./status.ts";

/** At most 60 000 packets in at most two minutes. */
export type Traffic =
  | { readonly kind: "ping"; readonly to: string; readonly count: number; readonly intervalMs?: number }
  | {
      readonly kind: "udp";
      readonly to: string;
      /** Guests send back what comes to port 7, and only count what comes to port 9. */
      readonly port: number;
      readonly count: number;
      /** 8 to 1472, without headers. */
      readonly bytes: number;
      readonly intervalMs?: number;
    };

export type TrafficCount = {
  readonly sent: number;
  /** Packets that were answered. */
  readonly received: number;
  /** Further answers to packets that had been answered. */
  readonly duplicates: number;
};

const DEFAULT_INTERVAL_MS = 10;

const answerSchema = z.union([
  z.object({ sent: z.number(), received: z.number(), duplicates: z.number() }),
  z.object({ error: z.string() }),
]);

/** Undefined when the guest cannot be asked; `from` is the client that asks it. */
export async function sendFromVm(
  plan: LabPlan,
  vm: VmPlan,
  traffic: Traffic,
  options: { readonly from?: string; readonly signal?: AbortSignal | undefined },
): Promise<TrafficCount | undefined> {
  const client = askingClientCommand(plan, vm, options.from);
  const durationMs = durationOf(traffic);
  const request = { line: wordsOf(traffic).join(" "), silenceS: Math.ceil(durationMs / 1000), timeoutMs: durationMs };
  const answer = await requestOfGuest(client, vm, request, options.signal);
  return answer.trim() === "" ? undefined : read(answer, vm.name);
}

export async function sendFromClient(
  plan: LabPlan,
  client: string | undefined,
  traffic: Traffic,
  signal: AbortSignal | undefined,
): Promise<TrafficCount> {
  const program = [join(plan.folder, "image/guest"), "traffic", ...wordsOf(traffic)];
  const answer = await run([...clientCommandOf(plan, client), ...program], { signal, timeoutMs: durationOf(traffic) });
  return read(answer, client ?? "the client");
}

function wordsOf(traffic: Traffic): readonly string[] {
  const { to, count, intervalMs = DEFAULT_INTERVAL_MS } = traffic;
  switch (traffic.kind) {
    case "ping":
      return ["ping", to, String(count), String(intervalMs)];
    case "udp":
      return ["udp", to, String(traffic.port), String(count), String(traffic.bytes), String(intervalMs)];
  }
}

/** With the time in which the last replies may come, and with what an emulated guest may lag behind. */
function durationOf({ count, intervalMs = DEFAULT_INTERVAL_MS }: Traffic): number {
  return count * intervalMs + TRAFFIC_SPARE_MS;
}

function read(text: string, sender: string): TrafficCount {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const answer = answerSchema.safeParse(value);
  if (answer.success && "sent" in answer.data) return answer.data;
  const why = answer.success && "error" in answer.data ? answer.data.error : text.slice(0, 200);
  throw new LabError("lab.guest", `${sender} sent nothing: ${why}`, {
    hint: "Traffic is bounded: docs/lab.md, the guest, names the limits.",
  });
}
