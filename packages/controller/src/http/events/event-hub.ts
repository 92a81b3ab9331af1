/** All clients of the event stream. Each event is put into bytes once, and handed to everybody who follows. */
import type { Readable } from "node:stream";
import type { ProgressMessage } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { Clock, EventLog } from "@trunkline/ports";
import type { Caller } from "../auth/caller.ts";
import { isExpired } from "../auth/credentials.ts";
import { httpLimits } from "../limits.ts";
import { EventClient } from "./event-client.ts";
import { eventFrame, heartbeatFrame, progressFrame } from "./frames.ts";

/** Calls the listener for each reading of a copy's progress. @returns the function that ends it. */
export type SubscribeProgress = (listener: (message: ProgressMessage) => void) => () => void;

export interface EventHubOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly maxClients: number;
  readonly onFailure: (error: unknown) => void;
  readonly subscribeProgress?: SubscribeProgress | undefined;
}

export class EventHub {
  readonly #options: EventHubOptions;
  readonly #clients = new Set<EventClient>();
  readonly #endings: (() => void)[];
  #newestHeard = 0;
  #isClosed = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    const heartbeat = setInterval(() => {
      this.#beat();
    }, httpLimits.heartbeatMs).unref();
    this.#endings = [
      () => {
        clearInterval(heartbeat);
      },
      options.log.onAppend((event) => {
        this.#newestHeard = event.sequence;
        if (this.#clients.size === 0) return;
        const frame = eventFrame(event);
        for (const client of this.#clients) client.offer(event, frame);
      }),
    ];
    if (options.subscribeProgress !== undefined)
      this.#endings.push(
        options.subscribeProgress((message) => {
          if (this.#clients.size === 0) return;
          const frame = progressFrame(message);
          for (const client of this.#clients) client.offerTransient(frame);
        }),
      );
  }

  get size(): number {
    return this.#clients.size;
  }

  /** @throws request.too-many, service.unavailable. */
  follow(caller: Caller, after: number | undefined): Readable {
    if (this.#isClosed) throw new TrunklineError("service.unavailable", "the service is stopping");
    const { maxClients, log, onFailure } = this.#options;
    if (this.#clients.size >= maxClients)
      throw new TrunklineError("request.too-many", `${maxClients} clients follow the events already`, {
        details: { retryAfterS: httpLimits.eventRetryS },
      });
    const client: EventClient = new EventClient(
      log,
      caller,
      () => this.#newestHeard,
      () => this.#clients.delete(client),
    );
    this.#clients.add(client);
    client.begin(after).catch((error: unknown) => {
      onFailure(error);
      client.stream.destroy();
    });
    return client.stream;
  }

  /** A credential that is no longer good follows nothing any more. */
  endOf(credentialIds: ReadonlySet<string>): void {
    for (const client of this.#clients) if (credentialIds.has(client.caller.id)) client.end();
  }

  close(): void {
    this.#isClosed = true;
    for (const end of this.#endings) end();
    for (const client of this.#clients) client.end();
  }

  #beat(): void {
    for (const client of this.#clients) {
      if (isExpired(client.caller, this.#options.clock)) client.end();
      else client.heartbeat(heartbeatFrame);
    }
  }
}
