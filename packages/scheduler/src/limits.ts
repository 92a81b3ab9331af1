/** Upper bounds of this room, and the budgets that hold where the inventory says nothing. */
export const limits = {
  /** Moves that a host receives at a time. oVirt's default: two in, two out (vdsm, config.py.in). */
  movesIn: 2,
  /** Moves that leave a host at a time; see above. */
  movesOut: 2,
  /** Moves on a link whose budget names a rate and no number: what oVirt's "Auto" divides a link among by default. */
  linkMoves: 2,
  /** Moves of one VM that an evacuation tries before it leaves it to a person; also how often it takes on one that came back. */
  attemptsPerVm: 3,
  /**
   * How many times the search for an order of a batch looks at a move: 200 VMs on hosts that are all full take a second or two of a
   * controller that does nothing else meanwhile, and dozens are searched through. For the straight moves, for all ways round
   * by other hosts, and for each of these.
   */
  orderLooks: 500_000,
  detourLooks: 1_000_000,
  detourTryLooks: 50_000,
  /**
   * Single moves that the search for a better balance looks at: 1,000 hosts with 20,000 VMs, far out of balance, use all of
   * them in a dozen seconds; 100 hosts need a fifth of a second.
   */
  balanceLooks: 200_000_000,
  /** Names that one waiting reason lists before it counts the rest. */
  namesInReason: 8,
} as const;

/** The step in which libvirt takes a bandwidth: 1 MiB/s (virDomainMigrate*, VIR_MIGRATE_PARAM_BANDWIDTH). */
export const rateStepBps = 8 * 1024 * 1024;
