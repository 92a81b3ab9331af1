/**
 * Follows the events across lost connections: each new one resumes after the last event that was seen, so the caller gets
 * every event once, in order, or a `reset` when the service no longer keeps what was missed.
 *
 * It gives up when the service refuses it for a reason that time does not mend, or has not answered for a bounded
 * number of attempts.
 */
import { TrunklineError, assert } from "@trunkline/model";
import type { ErrorCode, LoggedEvent } from "@trunkline/model";
import { loggedEventSchema, progressMessage, streamPosition } from "../events.ts";
import type { ProgressMessage } from "../events.ts";
import { limits } from "../limits.ts";
import { readMessages } from "./event-reader.ts";
import type { RawMessage } from "./event-reader.ts";
import { parsed, refusal, unreachable } from "./refusal.ts";
import type { Transport } from "./transport.ts";

export type StreamMessage =
  /** The stream goes on from here: whatever is read of the cluster after this, no later event will be missed. */
  | { readonly kind: "ready"; readonly sequence: number }
  | { readonly kind: "event"; readonly event: LoggedEvent }
  /** Events were missed that nobody keeps: read everything anew. */
  | { readonly kind: "reset"; readonly sequence: number }
  | ({ readonly kind: "progress" } & ProgressMessage);

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** The sequence of the last event that was seen; without it the stream begins now. */
  readonly lastEventId?: number;
  /** Told of each lost connection, before the next attempt. */
  readonly onLost?: (why: TrunklineError) => void;
}

export interface FollowInput extends FollowOptions {
  readonly transport: Transport;
  readonly headers: Readonly<Record<string, string>>;
}

export async function* followEvents(input: FollowInput): AsyncGenerator<StreamMessage, void, void> {
  const { signal, onLost } = input;
  let last = input.lastEventId;
  let attempts = 0;
  while (!signal.aborted) {
    try {
      for await (const message of oneConnection(input, last)) {
        attempts = 0;
        if (message.kind === "event") last = message.event.sequence;
        else if (message.kind !== "progress") last = message.sequence;
        yield message;
      }
      throw new TrunklineError("service.unreachable", `${input.transport.name} ended the event stream`);
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof TrunklineError ? error : unreachable(input.transport, error);
      attempts += 1;
      if (!mends.has(why.code) || attempts >= limits.reconnectAttempts) throw why;
      onLost?.(why);
      await pause(attempts, signal);
    }
  }
}

const mends: ReadonlySet<ErrorCode> = new Set(["service.unreachable", "service.unavailable", "request.too-many"]);

async function* oneConnection(
  { transport, headers, signal }: FollowInput,
  last: number | undefined,
): AsyncGenerator<StreamMessage, void, void> {
  const connection = new AbortController();
  const either = AbortSignal.any([signal, connection.signal]);
  const watch = (): ReturnType<typeof setTimeout> =>
    setTimeout(() => {
      connection.abort(new TrunklineError("service.unreachable", `${transport.name} fell silent`));
    }, limits.streamSilenceMs);
  let watchdog = watch();
  try {
    const answer = await transport.send({
      method: "GET",
      path: "/api/v1/events",
      headers: {
        ...headers,
        accept: "text/event-stream",
        ...(last === undefined ? {} : { "last-event-id": String(last) }),
      },
      signal: either,
    });
    if (answer.status !== 200 || answer.header("content-type")?.startsWith("text/event-stream") !== true) {
      const text = await answer.text();
      throw refusal(transport, answer.status, parsed(text), text);
    }
    const heard = async function* (): AsyncGenerator<Uint8Array, void, void> {
      for await (const chunk of answer.chunks()) {
        clearTimeout(watchdog);
        watchdog = watch();
        yield chunk;
      }
    };
    for await (const raw of readMessages(heard())) {
      const message = messageOf(raw);
      if (message !== undefined) yield message;
    }
  } catch (error) {
    throw connection.signal.aborted && !signal.aborted ? connection.signal.reason : error;
  } finally {
    clearTimeout(watchdog);
    connection.abort();
  }
}

/** Names that a later version may add are skipped. */
function messageOf({ name, data }: RawMessage): StreamMessage | undefined {
  const value = parsed(data);
  switch (name) {
    case "message":
      return { kind: "event", event: loggedEventSchema.parse(value) };
    case "ready":
    case "reset":
      return { kind: name, sequence: streamPosition.parse(value).sequence };
    case "progress":
      return { kind: "progress", ...progressMessage.parse(value) };
    default:
      return undefined;
  }
}

/** Doubling, with up to a half taken off by chance, so that a restarted service is not met by all at once. */
async function pause(attempt: number, signal: AbortSignal): Promise<void> {
  assert(attempt >= 1, "the first attempt waits for nothing");
  const fullMs = Math.min(limits.reconnectLastMs, limits.reconnectFirstMs * 2 ** (attempt - 1));
  const ms = fullMs * (1 - Math.random() / 2);
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
