/**
 * How long to wait before the next attempt: doubling up to a limit, half of it fixed and half of it drawn, so that a
 * thousand hosts that came back together are not called together.
 */
export interface BackoffOptions {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** @param failures attempts that failed in a row, at least 1. @param draw from 0 to 1. */
export function backoffDelayMs(failures: number, draw: number, { firstDelayMs, maxDelayMs }: BackoffOptions): number {
  const wholeMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (failures - 1));
  return wholeMs / 2 + (wholeMs / 2) * draw;
}
