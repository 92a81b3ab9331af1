/** Upper bounds and measures of this benchmark. */
export const limits = {
  /** How long copies are watched for progress: the guest writes twenty records a second. */
  watchMs: 1_000,
  /** A copy that got less processor time than this while it was watched did not run its guest: a paused vCPU thread is woken for microseconds by its monitor. */
  idleNs: 2_000_000n,
  /** Waiting for something to come true: a command to speak, a guest to boot, a daemon to answer. */
  patienceMs: 120_000,
  pauseMs: 100,
  commandMs: 180_000,
  commandOutputBytes: 4 * 1024 * 1024,
} as const;
