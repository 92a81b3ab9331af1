/**
 * What traffic classes get of one uplink of a host (network adapters are shared each for itself): reservations first,
 * then the rest by shares among the classes that want more, up to their limits. What a class does not want goes to the
 * others, so that shares mean something only under contention.
 *
 * Two schedulers are this one model. VMware's Network I/O Control has reservations, shares and limits. Linux' HTB
 * (tc-htb(8)) guarantees each class its `rate` and lends what is left in the order of `prio`, within one priority by
 * quantum, which is the rate divided by r2q; up to `ceil`. Both act on what the host sends: nothing protects what it
 * receives.
 *
 * Invariants: nobody gets more than it wants or than its limit; the link is not left idle while anybody may take more.
 */
import { assert } from "@trunkline/model";
import type { TrafficClass } from "../fabric.ts";
import { maxMin } from "./max-min.ts";

export interface ClassDemand {
  readonly demandBps: number;
  readonly reservationBps?: number;
  /** Weight of what is left over. Default 1. */
  readonly shares?: number;
  readonly limitBps?: number;
  /** What is left over goes to the lowest number first; default 0, all alike. */
  readonly priority?: number;
}

/** @returns what each class sends, in the order given. */
export function shapeClasses(classes: readonly ClassDemand[], capacityBps: number): readonly number[] {
  assert(capacityBps >= 0, "a capacity is not negative");
  const wanted = classes.map(({ demandBps, limitBps }) => Math.min(demandBps, limitBps ?? Infinity));
  const reserved = classes.map(({ reservationBps }, at) => Math.min(reservationBps ?? 0, wanted[at] ?? 0));
  // More was promised than there is: the promises are cut in proportion.
  const granted = fillUp(reserved, reserved, capacityBps);
  for (const priority of new Set(classes.map((one) => one.priority ?? 0).toSorted((left, right) => left - right))) {
    const leftBps = capacityBps - sum(granted);
    if (leftBps <= 0) break;
    const missing = wanted.map((bps, at) => ((classes[at]?.priority ?? 0) === priority ? bps - (granted[at] ?? 0) : 0));
    const more = fillUp(
      missing,
      classes.map(({ shares }) => shares ?? 1),
      leftBps,
    );
    more.forEach((bps, at) => {
      granted[at] = (granted[at] ?? 0) + bps;
    });
  }
  return granted;
}

/** A class of HTB. Rates below the smallest quantum are not modelled: a quantum is a rate in all that matters here. */
export interface HtbClass {
  readonly demandBps: number;
  readonly rateBps: number;
  /** Default: the rate, so that nothing is borrowed (tc-htb(8)). */
  readonly ceilBps?: number;
  /** Default 0, the first to be lent to. */
  readonly prio?: number;
}

/** @returns what each class sends, in the order given. */
export function shapeHtb(classes: readonly HtbClass[], capacityBps: number): readonly number[] {
  return shapeClasses(
    classes.map(({ demandBps, rateBps, ceilBps, prio }) => ({
      demandBps,
      reservationBps: rateBps,
      shares: rateBps,
      limitBps: ceilBps ?? rateBps,
      priority: prio ?? 0,
    })),
    capacityBps,
  );
}

/** How a host shapes traffic of all classes. A class that it does not name has one share, no promise and no limit. */
export function shapeHost(
  shaping: readonly TrafficClass[],
  demandsBps: Readonly<Record<TrafficClass["name"], number>>,
  capacityBps: number,
): Readonly<Record<TrafficClass["name"], number>> {
  const rates = shapeClasses(
    trafficClasses.map((name) => ({ ...shaping.find((one) => one.name === name), demandBps: demandsBps[name] })),
    capacityBps,
  );
  const rateOf = (name: TrafficClass["name"]): number => rates[trafficClasses.indexOf(name)] ?? 0;
  return {
    migration: rateOf("migration"),
    vm: rateOf("vm"),
    storage: rateOf("storage"),
    management: rateOf("management"),
  };
}

export const trafficClasses = ["migration", "vm", "storage", "management"] as const satisfies TrafficClass["name"][];

/** One link among flows with caps. */
function fillUp(capsBps: readonly number[], weights: readonly number[], capacityBps: number): number[] {
  const active = [...capsBps.keys()].filter((at) => (capsBps[at] ?? 0) > 0 && (weights[at] ?? 0) > 0);
  const flows = active.map((at) => ({ path: [0], capBps: capsBps[at] ?? 0, weight: weights[at] ?? 1 }));
  const { ratesBps } = maxMin(flows, [capacityBps]);
  const rates = capsBps.map(() => 0);
  active.forEach((at, place) => {
    rates[at] = ratesBps[place] ?? 0;
  });
  return rates;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
