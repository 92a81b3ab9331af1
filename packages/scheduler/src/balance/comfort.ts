/**
 * How VMs fare on a host, in points lost of 100, by how much of it is asked for. Two terms: contention, the demand that cannot
 * be met, and headroom, the little that is left for what comes next. The worst resource counts, never an average of them: a
 * VM that waits for a processor is not consoled by free memory. Pure.
 *
 * INVARIANT: for each resource, x · loss(x) is convex, which `boundOf` rests on: spread evenly, the demand loses least.
 */
import type { BalanceTerm } from "@trunkline/model";

export interface Loss {
  readonly contention: number;
  readonly headroom: number;
}

interface Comfort {
  /** Up to here nothing is lost. */
  readonly knee: number;
  /** Lost when the resource is used up exactly. */
  readonly full: number;
}

/**
 * Processor time is asked for in bursts, so a host is at ease up to half of its threads only. Memory that is assigned does not burst: only the last part is kept for guests that start or come.
 */
const comforts = { cpu: { knee: 0.5, full: 20 }, memory: { knee: 0.85, full: 5 } } as const;

/** @param cpuRatio demand over what there is; above 1, less than is asked for is had. */
export function lossOf(cpuRatio: number, memoryRatio: number): Loss {
  const [cpu, memory] = [lossBy(comforts.cpu, cpuRatio), lossBy(comforts.memory, memoryRatio)];
  return pointsOf(cpu) >= pointsOf(memory) ? cpu : memory;
}

/** The same without its parts, for the search. */
export function pointsLost(cpuRatio: number, memoryRatio: number): number {
  return Math.max(pointsBy(comforts.cpu, cpuRatio), pointsBy(comforts.memory, memoryRatio));
}

/** Every VM counts by its parts of the demand for both; so no placement loses less than each demand spread evenly. */
export function boundOf(cpuRatio: number, memoryRatio: number): number {
  return (pointsBy(comforts.cpu, cpuRatio) + pointsBy(comforts.memory, memoryRatio)) / 2;
}

const pointsOf = (loss: Readonly<Record<BalanceTerm, number>>): number => loss.contention + loss.headroom;

function lossBy(comfort: Comfort, ratio: number): Loss {
  const points = pointsBy(comfort, ratio);
  const headroom = Math.min(points, comfort.full);
  return { contention: points - headroom, headroom };
}

function pointsBy({ knee, full }: Comfort, ratio: number): number {
  if (ratio <= knee) return 0;
  if (ratio <= 1) return full * ((ratio - knee) / (1 - knee)) ** 2;
  // Of what is asked for, 1 - 1/x is not had: that part of the points which are left.
  return full + (100 - full) * (1 - 1 / ratio);
}
