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
  /** States that the search for an order of a batch looks at: enough for dozens of VMs that depend on each other for room. */
  orderStates: 5_000,
  /** Ways round by another host that are tried for a batch whose VMs want each other's room. */
  detourTries: 300,
  /** Names that one waiting reason lists before it counts the rest. */
  namesInReason: 8,
} as const;

/** The step in which libvirt takes a bandwidth: 1 MiB/s (virDomainMigrate*, VIR_MIGRATE_PARAM_BANDWIDTH). */
export const rateStepBps = 8 * 1024 * 1024;
