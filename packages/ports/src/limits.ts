/** Upper bounds of the contract suite. */
export const limits = {
  /** What must become true is looked at this often, with this pause: thirty seconds, for a machine under load. */
  contractLooks: 300,
  contractPauseMs: 100,
  /** Slow enough for a copy of a small guest to be still under way when it is looked at. */
  contractSlowRateBps: 40_000_000,
  /** So slow that a copy at this rate would take minutes, and so fast that the rate is no bound. */
  contractCrawlRateBps: 8_400_000,
  contractFastRateBps: 10_000_000_000,
} as const;
