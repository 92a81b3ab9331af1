/**
 * How fast each move under way may send: what the links have for moves, divided among those that share them by weighted
 * max-min fairness, so that no move can be given more without taking from one that has no more than it. Pure.
 */
import { maxMin } from "@trunkline/fabric";
import type { MoveId } from "@trunkline/model";
import { rateStepBps } from "../limits.ts";

export interface SharingMove {
  readonly id: MoveId;
  /** Those of its way that have a bound, each once. */
  readonly links: readonly string[];
  /** What was asked for it, if anything. */
  readonly askedBps?: number;
  /** Default 1. */
  readonly weight?: number;
}

/**
 * @param leftBps what each link has for moves now.
 * @returns whole steps of what libvirt can be told, one at least: a move that is not to stand still has no less. Moves that
 * nothing bounds are left out. The order of the moves has no effect.
 */
export function shareRates(
  moves: readonly SharingMove[],
  leftBps: ReadonlyMap<string, number>,
): ReadonlyMap<MoveId, number> {
  const ordered = moves.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const ids = [...new Set(ordered.flatMap(({ links }) => links))].filter((id) => leftBps.has(id)).toSorted();
  const place = new Map(ids.map((id, at) => [id, at]));
  const { ratesBps } = maxMin(
    ordered.map(({ links, askedBps, weight }) => ({
      path: links.flatMap((id) => place.get(id) ?? []),
      ...(askedBps === undefined ? {} : { capBps: askedBps }),
      ...(weight === undefined ? {} : { weight }),
    })),
    ids.map((id) => leftBps.get(id) ?? 0),
  );
  const bounded = ordered.flatMap((move, at) => {
    const bps = ratesBps[at] ?? Infinity;
    return Number.isFinite(bps) ? [{ move, bps, steps: wholeSteps(bps) }] : [];
  });
  handOutTheRest(bounded, leftBps);
  return new Map(bounded.map(({ move, steps }) => [move.id, steps * rateStepBps]));
}

interface InSteps {
  readonly move: SharingMove;
  readonly bps: number;
  steps: number;
}

const wholeSteps = (bps: number): number => Math.max(1, Math.floor(bps / rateStepBps));

/** Steps that rounding down left on the links, one for each move at most: first to those that lost most by it. */
function handOutTheRest(moves: readonly InSteps[], leftBps: ReadonlyMap<string, number>): void {
  const rest = new Map(leftBps);
  const take = ({ links }: SharingMove, bps: number): void => {
    for (const id of links) rest.set(id, (rest.get(id) ?? Infinity) - bps);
  };
  for (const { move, steps } of moves) take(move, steps * rateStepBps);
  const lost = ({ bps, steps }: InSteps): number => bps - steps * rateStepBps;
  for (const one of moves.toSorted((a, b) => lost(b) - lost(a))) {
    const { move, steps } = one;
    const isWanted = (steps + 1) * rateStepBps <= (move.askedBps ?? Infinity);
    const hasRoom = move.links.every((id) => (rest.get(id) ?? Infinity) >= rateStepBps);
    if (!isWanted || !hasRoom || lost(one) <= 0) continue;
    one.steps += 1;
    take(move, rateStepBps);
  }
}
