/**
 * Time as an argument. Duties: `nowMs` never runs backwards; `sleep` rejects with the signal's reason when aborted; a
 * `deadline` keeps no process alive.
 */
export interface Clock {
  /** Milliseconds on a monotonic scale, with fractions. */
  nowMs(): number;
  /** Wall-clock time, ISO 8601 in UTC. */
  timestamp(): string;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** A signal that aborts after so long. */
  deadline(ms: number): AbortSignal;
}
