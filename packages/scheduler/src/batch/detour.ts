/**
 * VMs that want each other's room can only change places by way of a host that has room for one of them meanwhile. Each VM
 * takes one way round at most, the smallest first: its memory is sent twice. Pure.
 */
import type { HostName } from "@trunkline/model";
import { limits } from "../limits.ts";
import type { HostMemory } from "./host-memory.ts";
import { byName, orderOf } from "./order.ts";
import type { Leg, Ordering } from "./order.ts";

/** @param hostsFor where a VM could wait meanwhile, best first. */
export function orderWithDetours(
  direct: readonly Leg[],
  memory: HostMemory,
  hostsFor: (leg: Leg) => readonly HostName[],
): Ordering {
  let legs = direct;
  let best = orderOf(legs, memory, limits.orderLooks);
  let looksLeft = limits.detourLooks;
  while (best.stuck.length > 0) {
    const before = best;
    for (const [leg, host] of waysRound(best.stuck, hostsFor)) {
      if (looksLeft <= 0) break;
      const tried = legs.flatMap((one) => (one === leg ? byWayOf(leg, host) : [one]));
      const found = orderOf(tried, memory, Math.min(looksLeft, limits.detourTryLooks));
      looksLeft -= found.looks;
      if (vmsIn(found.stuck) >= vmsIn(best.stuck)) continue;
      best = found;
      legs = tried;
      break;
    }
    if (best === before) return best;
  }
  return best;
}

function* waysRound(
  stuck: readonly Leg[],
  hostsFor: (leg: Leg) => readonly HostName[],
): Generator<readonly [Leg, HostName]> {
  const straight = stuck.filter(({ hop, isLast }) => hop === 0 && isLast);
  for (const leg of straight.toSorted((left, right) => left.memoryMiB - right.memoryMiB || byName(left, right)))
    for (const host of hostsFor(leg)) yield [leg, host];
}

/** There it takes what it will free again: all of its memory. */
const byWayOf = (leg: Leg, host: HostName): readonly Leg[] => [
  { ...leg, target: host, isLast: false },
  { ...leg, source: host, hop: 1, after: [], freesMiB: leg.memoryMiB },
];

const vmsIn = (legs: readonly Leg[]): number => new Set(legs.map(({ vm }) => vm)).size;
