/**
 * A client of the VM, played from a point in the network.
 *
 * Duties: talk only to the address it was given; bound every wait; `stop` always resolves with what was seen, also when
 * the session broke. Bytes are lost when they were sent and not echoed, in order and unchanged, before `stop` gave up.
 */
export interface Probe {
  readonly point: string;
  /** Opens a TCP session to an echo service, keeps it busy, and counts announcements of `macs`. Resolves once the first echo came. */
  watch(target: ProbeTarget, signal: AbortSignal): Promise<ProbeWatch>;
}

export interface ProbeTarget {
  readonly address: string;
  readonly echoPort: number;
  readonly macs: readonly string[];
}

export interface ProbeWatch {
  /** Forget the silence seen so far; the session and its byte counts go on. */
  resetGap(): void;
  /** Resolves when an echo came that was sent after this call, or rejects at the deadline. */
  nextEcho(timeoutMs: number): Promise<void>;
  figures(): ProbeFigures;
  /** Ends the session after the last bytes came back or a bound passed. */
  stop(): Promise<ProbeFigures>;
}

export interface ProbeFigures {
  readonly longestGapMs: number;
  readonly sessionSurvived: boolean;
  readonly bytesSent: number;
  readonly bytesEchoed: number;
  readonly bytesWrong: number;
  readonly announceFrames: number;
}
