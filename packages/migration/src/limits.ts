/** Upper bounds of one move. Each says what it protects. */
export const limits = {
  /** How often both hosts are asked before a broken move is left unsettled: with the pause below, half a minute. */
  reconcileAttempts: 60,
  /** Pause between two such questions, in milliseconds. libvirt clears up after a dead client within 250 ms. */
  reconcilePauseMs: 500,
  /** How often a migration that somebody else drives is watched: a day, with the pause above. */
  adoptAttempts: 172_800,
  /** Questions that libvirt gets to remove an incoming copy by itself before we do (docs/state-machine.md, row 30: 250 ms). */
  reconcilePatience: 6,
  /** Questions that a post-copy without its control channel gets to end by itself: ten seconds. */
  postCopyPatience: 20,
  /** Rounds after which the pre-copy model stops counting. */
  predictedRounds: 10_000,
  /** Looks at a copy that are kept to learn from: four hours, four a second. */
  tracedLooks: 57_600,
} as const;
