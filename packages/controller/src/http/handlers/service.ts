/** The service itself, and the stream of what happens. */
import { TrunklineError } from "@trunkline/model";
import type { HandlersOf, Rooms } from "../call.ts";

export function serviceHandlers({ readiness, metrics, document, hub }: Rooms): HandlersOf<"service" | "events"> {
  return {
    "service.health": async () => ({ status: 200, body: { status: "ok" } }),
    "service.ready": async () => {
      const { isReady, why } = readiness();
      if (!isReady) throw new TrunklineError("service.unavailable", `the service is not ready: ${why}`);
      return { status: 200, body: { status: "ready" } };
    },
    "service.metrics": async ({ reply }) => {
      const body = await metrics.text({ eventClients: hub.size });
      void reply.type(metrics.contentType);
      return { status: 200, body };
    },
    "service.document": async () => ({ status: 200, body: document() }),
    "events.follow": async ({ query, caller, lastEventId, reply }) => {
      const after = lastEventId === undefined || lastEventId === "" ? query.after : sequenceOf(lastEventId);
      const body = hub.follow(caller, after);
      // Proxies that collect an answer before they pass it on would hold the events back.
      void reply.headers({
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
      });
      return { status: 200, body };
    },
  };
}

function sequenceOf(lastEventId: string): number {
  const sequence = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : Number.NaN;
  if (Number.isSafeInteger(sequence)) return sequence;
  throw new TrunklineError("request.invalid", "the header Last-Event-ID is no number of an event");
}
