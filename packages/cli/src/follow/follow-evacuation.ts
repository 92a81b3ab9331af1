/** Begins the evacuation of a host and tells how it goes on, until it has ended. */
import { randomUUID } from "node:crypto";
import type { Client } from "@trunkline/api";
import { TrunklineError, hostName } from "@trunkline/model";
import type { Evacuation } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { note } from "../output/print.ts";
import { PhaseTeller } from "./phase-teller.ts";

export async function followEvacuation(
  client: Client,
  name: string,
  { waits, json }: { readonly waits: boolean; readonly json: boolean },
): Promise<Evacuation> {
  const over = new AbortController();
  const stream = client.followEvents({ signal: over.signal, onLost: (why) => note(why.message) });
  try {
    await stream.next();
    const input = { params: { name: hostName(name) }, body: { action: "enter" as const } };
    const answer = await client.call("maintenance.change", input, {
      signal: askSignal(),
      idempotencyKey: randomUUID(),
    });
    if (answer.action !== "enter") throw new TypeError("the service answered another question");
    if (!waits || answer.evacuation.state !== "running") return answer.evacuation;
    const teller = new PhaseTeller();
    for await (const message of stream) {
      if (message.kind !== "event") continue;
      const { event } = message.event;
      if (!json) teller.tell(event);
      if (event.kind === "maintenance" && event.host === name && event.maintenance === "no")
        throw new TrunklineError("move.cancelled", `the evacuation of ${name} was called off`);
      if (event.kind === "evacuation" && event.evacuation.host === name && event.evacuation.state !== "running")
        return event.evacuation;
    }
    throw new TrunklineError("service.unreachable", "the event stream ended before the evacuation");
  } finally {
    over.abort();
  }
}
