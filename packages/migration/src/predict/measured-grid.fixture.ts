/**
 * Moves of a guest with 768 MiB of memory, 512 MiB of it filled, that writes to a working set at a fixed rate: QEMU 7.2 under
 * KVM, both ends on one machine. Measured by us; some 15 % of the times are noise of that machine.
 */
export interface MeasuredMove {
  readonly workingSetMB: number;
  readonly dirtyMBps: number;
  readonly boundMBps: number;
  readonly maxDowntimeMs: number;
  /** Null: it had not ended after half a minute. */
  readonly totalMs: number | null;
  readonly sentMiB: number;
  readonly rounds: number;
}

export const measuredGrid: readonly MeasuredMove[] = (
  [
    [32, 0, 100, 300, 5421, 514, 3],
    [128, 0, 100, 300, 6072, 514, 3],
    [32, 10, 100, 300, 5279, 546.1, 4],
    [128, 10, 100, 300, 5435, 568.2, 4],
    [32, 30, 100, 300, 5492, 546.1, 4],
    [128, 30, 100, 300, 6655, 687, 6],
    [32, 60, 100, 300, 5227, 546.1, 4],
    [128, 60, 100, 300, 7138, 738.5, 8],
    [32, 80, 100, 300, 5237, 546.1, 4],
    [128, 80, 100, 300, 8003, 812.3, 12],
    [32, 95, 100, 300, 6927, 546.1, 4],
    [64, 30, 200, 300, 2925, 578.1, 4],
    [256, 30, 200, 300, 3353, 613.9, 5],
    [64, 100, 200, 300, 2643, 578.1, 4],
    [256, 100, 200, 300, 4641, 975.3, 8],
    [64, 150, 200, 300, 2631, 578.1, 4],
    [256, 150, 200, 300, 5634, 1177, 13],
    [64, 10, 50, 300, 11523, 587.5, 5],
    [64, 40, 50, 300, 13724, 699.4, 15],
    [128, 60, 100, 50, 8133, 820.2, 10],
    [128, 60, 100, 1000, 5572, 642.3, 4],
    [128, 60, 100, 300, 6736, 698.4, 7],
    [128, 80, 100, 300, 7229, 748.6, 9],
    [128, 95, 100, 300, 21953, 2220.5, 60],
    [128, 150, 100, 300, null, 3001.2, 26],
    [256, 180, 200, 300, 11273, 2300.2, 30],
    [256, 180, 200, 1000, 3169, 770.5, 4],
    [128, 60, 100, 300, 7139, 739.1, 8],
  ] as const
).map(([workingSetMB, dirtyMBps, boundMBps, maxDowntimeMs, totalMs, sentMiB, rounds]) => ({
  workingSetMB,
  dirtyMBps,
  boundMBps,
  maxDowntimeMs,
  totalMs,
  sentMiB,
  rounds,
}));
