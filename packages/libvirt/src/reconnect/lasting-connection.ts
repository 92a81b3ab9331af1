/**
 * One libvirt, connected again whenever the connection ends. A layer on top: calls in flight are lost with their
 * connection, and this layer repeats none, because it cannot know which of them were carried out.
 *
 * Duties:
 * 1. At most one connection at a time, and one attempt at a time.
 * 2. The owner hears "resync-needed" for each new connection, the first included, after its events are registered:
 *    whatever is read from then on is followed by events without a gap. Before it, everything known may be outdated.
 * 3. Between "lost" and the next "resync-needed" there is no connection and there are no events.
 * 4. Attempts go on until `stop`, the signal, or an error that time cannot mend (a URI that cannot be used).
 */
import { connect } from "../connect.ts";
import type { ConnectOptions } from "../connect.ts";
import type { Connection } from "../connection.ts";
import { LibvirtError, reasonOf } from "../errors.ts";
import type { LibvirtEvent } from "../events/event.ts";
import { RECONNECT_FIRST_DELAY_MS, RECONNECT_MAX_DELAY_MS, RECONNECT_STABLE_AFTER_MS } from "../limits.ts";
import type { EventKind } from "../protocol/events.ts";
import { backoffDelayMs } from "./backoff.ts";
import type { BackoffOptions } from "./backoff.ts";

export type ReconnectNotice =
  | { readonly kind: "resync-needed"; readonly connection: Connection }
  | { readonly kind: "event"; readonly event: LibvirtEvent }
  | { readonly kind: "lost"; readonly reason: LibvirtError }
  | { readonly kind: "attempt-failed"; readonly reason: LibvirtError; readonly retryInMs: number }
  /** The last notice: nothing more is tried. */
  | { readonly kind: "gave-up"; readonly reason: LibvirtError };

/** `waitMs` fulfils after that time, or rejects when the signal aborts. */
export interface ReconnectClock {
  now(): number;
  waitMs(durationMs: number, signal: AbortSignal): Promise<void>;
}

export interface ReconnectOptions extends ConnectOptions {
  readonly events: readonly EventKind[];
  readonly clock: ReconnectClock;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Must not throw. */
  readonly onNotice: (notice: ReconnectNotice) => void;
  readonly backoff?: BackoffOptions;
}

export interface LastingConnection {
  /** undefined while there is none. */
  readonly current: Connection | undefined;
  /** Closes the connection and ends the attempts. */
  stop(): Promise<void>;
}

export function keepConnected(uri: string, options: ReconnectOptions): LastingConnection {
  const stopping = new AbortController();
  const onAbort = (): void => stopping.abort();
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted === true) onAbort();
  const state: LoopState = { current: undefined };
  const done = run(uri, options, stopping.signal, state).finally(() => {
    options.signal?.removeEventListener("abort", onAbort);
  });
  return {
    get current() {
      return state.current;
    },
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

interface LoopState {
  current: Connection | undefined;
}

async function run(uri: string, options: ReconnectOptions, signal: AbortSignal, state: LoopState): Promise<void> {
  const { clock, onNotice } = options;
  const backoff = options.backoff ?? { firstDelayMs: RECONNECT_FIRST_DELAY_MS, maxDelayMs: RECONNECT_MAX_DELAY_MS };
  let failures = 0;
  while (!signal.aborted) {
    const outcome = await attempt(uri, options, signal);
    if (signal.aborted) {
      if (outcome.kind === "connected") await outcome.connection.close();
      return;
    }
    if (outcome.kind === "connected") {
      const sinceMs = clock.now();
      const reason = await hold(outcome.connection, options, signal, state);
      if (signal.aborted) return;
      onNotice({ kind: "lost", reason });
      if (clock.now() - sinceMs >= RECONNECT_STABLE_AFTER_MS) failures = 0;
      failures++;
    } else {
      failures++;
      if (outcome.reason.code === "libvirt.uri") return onNotice({ kind: "gave-up", reason: outcome.reason });
    }
    const retryInMs = backoffDelayMs(failures, options.random(), backoff);
    if (outcome.kind === "failed") onNotice({ kind: "attempt-failed", reason: outcome.reason, retryInMs });
    await clock.waitMs(retryInMs, signal).catch(() => {});
  }
}

type AttemptOutcome =
  | { readonly kind: "connected"; readonly connection: Connection }
  | { readonly kind: "failed"; readonly reason: LibvirtError };

async function attempt(uri: string, options: ReconnectOptions, signal: AbortSignal): Promise<AttemptOutcome> {
  try {
    const connection = await connect(uri, { ...options, signal });
    try {
      await connection.registerEvents(options.events, { signal });
      return { kind: "connected", connection };
    } catch (error) {
      await connection.close();
      throw error;
    }
  } catch (error) {
    const reason =
      error instanceof LibvirtError
        ? error
        : new LibvirtError("libvirt.transport", `${uri} cannot be connected: ${reasonOf(error)}.`, { cause: error });
    return { kind: "failed", reason };
  }
}

/** Lends the connection to the owner until it ends or is to be stopped. */
async function hold(
  connection: Connection,
  { onNotice }: ReconnectOptions,
  signal: AbortSignal,
  state: LoopState,
): Promise<LibvirtError> {
  const onAbort = (): void => void connection.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    state.current = connection;
    // Events before this moment are part of what the owner is about to read.
    connection.onEvent((event) => onNotice({ kind: "event", event }));
    onNotice({ kind: "resync-needed", connection });
    return await connection.closed;
  } finally {
    state.current = undefined;
    signal.removeEventListener("abort", onAbort);
  }
}
