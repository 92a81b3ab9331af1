/**
 * The balance of a cluster: the few moves that help most, what each gains, and what stands in the way of more. Pure: whoever
 * can ask the hosts supplies what the checks and the prediction say. As with evacuations, `balanceQuestions` names the moves
 * about which nothing is known yet, and is called again with the answers until it names none.
 */
import { isBlocked } from "@trunkline/model";
import type { BalancePlan, BalanceThreshold, Recommendation } from "@trunkline/model";
import type { PlacementQuestion, VerdictOf } from "../evacuation/placement.ts";
import { limits } from "../limits.ts";
import { planMoves } from "../search/plan-moves.ts";
import type { Step } from "../search/sequence.ts";
import { clusterOf } from "./cluster.ts";
import type { BalanceCluster, ClusterInput } from "./cluster.ts";
import { heldHosts, hostPressures, reasonText, scoresOf, termsOf } from "./explain.ts";
import { PressureTable } from "./pressure-table.ts";

export interface BalanceInput extends ClusterInput {
  readonly threshold: BalanceThreshold;
  /** VMs that are moved at most. */
  readonly maxMoves?: number;
  /** What is known of the move of this VM to that host; undefined: not asked yet. */
  readonly verdictOf: VerdictOf;
}

/**
 * What a move has to gain, in points of VMs' scores: at 3, as much as one VM that fares a quarter of what it could better. The
 * first level moves nothing for balance, as the original's does since its seventh version.
 */
const gainOfThreshold: Readonly<Record<BalanceThreshold, number>> = { 1: Infinity, 2: 60, 3: 25, 4: 10, 5: 3 };

const thresholds = [1, 2, 3, 4, 5] as const;

/** Ask all questions first: a move about which nothing is known is not recommended. */
export function planBalance(input: BalanceInput): BalancePlan {
  const cluster = clusterOf(input);
  const [before, after] = [tableOf(cluster, input), tableOf(cluster, input)];
  const steps = stepsOf(cluster, tableOf(cluster, input), input);
  const moves = recommendationsOf(cluster, steps, after, input);
  const counts = thresholds.map((threshold) =>
    threshold === input.threshold
      ? steps.length
      : stepsOf(cluster, tableOf(cluster, input), { ...input, threshold }).length,
  );
  return {
    threshold: input.threshold,
    score: scoresOf(cluster, before, after),
    terms: termsOf(cluster, before, after),
    hosts: hostPressures(cluster, before, after),
    moves,
    held: heldHosts(cluster, after, gainOfThreshold[input.threshold], input.threshold),
    movesByThreshold: counts,
  };
}

/** @returns an empty list when everything is known that the plan depends on. */
export function balanceQuestions(input: BalanceInput): readonly PlacementQuestion[] {
  const cluster = clusterOf(input);
  return stepsOf(cluster, tableOf(cluster, input), input).flatMap(({ vm, target }) => {
    const [known, host] = [cluster.vms[vm]?.vm, cluster.hosts[target]?.name];
    if (known === undefined || host === undefined || input.verdictOf(known.id, host) !== undefined) return [];
    return [{ vm: known, target: host }];
  });
}

function tableOf({ hosts, vms, ...rest }: BalanceCluster, { verdictOf }: BalanceInput): PressureTable {
  return new PressureTable({ hosts, vms, ...rest }, (vm, host) => {
    const [known, target] = [vms[vm]?.vm, hosts[host]?.name];
    return known !== undefined && target !== undefined && isBlocked(verdictOf(known.id, target)?.checks ?? []);
  });
}

/** Leaves the table as it is after them. A VM that would only pass through a host is not worth it for balance. */
function stepsOf(
  { vms }: BalanceCluster,
  table: PressureTable,
  { threshold, maxMoves }: BalanceInput,
): readonly Step[] {
  const minGain = gainOfThreshold[threshold];
  if (vms.length === 0 || minGain === Infinity) return [];
  const bounds = { looks: limits.balanceLooks, minGain, ...(maxMoves === undefined ? {} : { maxMoves }) };
  const { steps } = planMoves(table, bounds);
  const end = steps.findIndex(({ isTemporary }) => isTemporary);
  if (end < 0) return steps;
  for (const { vm, source } of steps.slice(end).toReversed()) table.place(vm, source);
  return steps.slice(0, end);
}

/**
 * As far as everything is known: what comes after may rest on room that is not made.
 * @param table as it is before the first step; left as it is after the last recommended one.
 */
function recommendationsOf(
  { hosts, vms }: BalanceCluster,
  steps: readonly Step[],
  table: PressureTable,
  { verdictOf }: BalanceInput,
): readonly Recommendation[] {
  const moves: Recommendation[] = [];
  for (const { vm, source, target } of steps) {
    const [moved, from, to] = [vms[vm]?.vm, hosts[source], hosts[target]];
    const scoreBefore = table.score();
    const pressed = { cpuRatio: table.cpuRatioOf(source), memoryRatio: table.memoryRatioOf(source) };
    const verdict = moved === undefined || to === undefined ? undefined : verdictOf(moved.id, to.name);
    if (moved === undefined || from === undefined || to === undefined || verdict === undefined) break;
    table.place(vm, target);
    const gain = scoreBefore - table.score();
    const reason = reasonText(from.name, pressed, to.name, {
      source: table.cpuRatioOf(source),
      target: table.cpuRatioOf(target),
    });
    const course = { vm: moved.id, name: moved.name, source: from.name, target: to.name };
    moves.push({ ...course, gain, level: levelOf(gain), predicted: verdict.predicted, reason });
  }
  return moves;
}

const levelOf = (gain: number): BalanceThreshold => thresholds.find((level) => gain >= gainOfThreshold[level]) ?? 5;
