/** Upper bounds of the benchmarks. Each says what it protects. */
export const limits = {
  listenersOfSignal: 1_000,
  /** A program that is asked for its version. */
  versionMs: 5_000,
  /** One command, a move included: a move takes seconds, and on a busy machine tens of them. */
  commandMs: 120_000,
  /** The service, until it has settled what was left; a host that was away may take its time. */
  serviceReadyMs: 180_000,
  /** Ganeti's balancer: minutes a move on a large cluster. */
  hbalMs: 3_600_000,
  commandOutputBytes: 4 * 1024 * 1024,
  /** What is told of a command that failed. */
  excerptChars: 4_000,
  /** How long the client may wait for its first echo after a move, before the run is given up. */
  echoMs: 30_000,
  /** A capture that does not say that it listens. */
  captureStartMs: 10_000,
  /** Packets kept of one capture: an hour of one echo session at 200 messages a second. */
  capturePackets: 2_000_000,
  /** The client under load: all of its calls, on a busy machine. */
  loadMs: 300_000,
  /** Pairs and milliseconds that a run may be asked for. */
  argument: 10_000,
  /** Packets that a run may be asked for: hours of them. */
  packets: 1_000_000_000,
} as const;
