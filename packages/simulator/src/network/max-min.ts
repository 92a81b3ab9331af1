/**
 * Max-min fair shares by progressive filling (Bertsekas and Gallager, "Data Networks", 2nd edition, section 6.5.2): all
 * flows grow alike; whoever meets a full link or its own cap stops growing.
 */

export interface Flow {
  /** Links that it crosses, as indices of the capacities. */
  readonly path: readonly number[];
  readonly capBps: number;
}

/** @returns the rate of each flow, in the order given. A flow without links and without cap gets infinity. */
export function maxMinRates(flows: readonly Flow[], capacitiesBps: readonly number[]): readonly number[] {
  const rates = flows.map(() => 0);
  const left = [...capacitiesBps];
  const growing = new Set(flows.keys());
  while (growing.size > 0) {
    const crossing = left.map(() => 0);
    for (const at of growing) for (const link of flows[at]?.path ?? []) crossing[link] = (crossing[link] ?? 0) + 1;
    let step = Number.POSITIVE_INFINITY;
    crossing.forEach((count, link) => {
      if (count > 0) step = Math.min(step, (left[link] ?? 0) / count);
    });
    for (const at of growing) step = Math.min(step, (flows[at]?.capBps ?? 0) - (rates[at] ?? 0));
    for (const at of growing) rates[at] = (rates[at] ?? 0) + step;
    if (step === Number.POSITIVE_INFINITY) break;
    crossing.forEach((count, link) => {
      left[link] = Math.max(0, (left[link] ?? 0) - step * count);
    });
    // What is left of a link after a subtraction is not exactly nothing.
    const isFull = (link: number): boolean => (left[link] ?? 0) <= (capacitiesBps[link] ?? 0) * rounding;
    for (const at of growing) {
      const flow = flows[at];
      const isCapped = flow === undefined || (rates[at] ?? 0) >= flow.capBps * (1 - rounding);
      if (isCapped || flow.path.some(isFull)) growing.delete(at);
    }
  }
  return rates;
}

const rounding = 1e-9;
