/** Upper bounds of the benchmarks. Each says what it protects. */
export const limits = {
  /** A program that is asked for its version. */
  versionMs: 5_000,
  /** One virsh command, a move included: a move takes seconds, and on a busy machine tens of them. */
  commandMs: 120_000,
  commandOutputBytes: 4 * 1024 * 1024,
} as const;
