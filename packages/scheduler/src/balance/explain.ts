/** What a balance plan says about itself: the score and its parts, each host's pressure, why a move, and why no more. Pure. */
import type {
  BalancePlan,
  BalanceTerm,
  BalanceThreshold,
  HeldMove,
  HostName,
  HostPressure,
  Pressure,
} from "@trunkline/model";
import type { BalanceCluster } from "./cluster.ts";
import { boundOf, lossOf, pointsLost } from "./comfort.ts";
import type { PressureTable } from "./pressure-table.ts";

export function scoresOf(
  { vmCount, cpuRatio, memoryRatio }: BalanceCluster,
  before: PressureTable,
  after: PressureTable,
): BalancePlan["score"] {
  const scoreOf = (points: number): number => (vmCount === 0 ? fullScore : fullScore - points / vmCount);
  const bound = vmCount === 0 ? fullScore : fullScore - boundOf(cpuRatio, memoryRatio);
  return { before: scoreOf(before.score()), after: scoreOf(after.score()), bound };
}

export function termsOf(
  { vmCount }: BalanceCluster,
  before: PressureTable,
  after: PressureTable,
): BalancePlan["terms"] {
  const lost = (table: PressureTable, name: BalanceTerm): number => {
    let points = 0;
    for (let host = 0; host < table.hostCount; host += 1)
      points += table.weightOf(host) * lossOf(table.cpuRatioOf(host), table.memoryRatioOf(host))[name];
    return points / Math.max(1, vmCount);
  };
  return terms.map((name) => ({ name, before: lost(before, name), after: lost(after, name) }));
}

export function hostPressures(
  { hosts }: BalanceCluster,
  before: PressureTable,
  after: PressureTable,
): readonly HostPressure[] {
  return hosts.map(({ name, closed }, host) => ({
    host: name,
    closed,
    before: pressureOf(before, host),
    after: pressureOf(after, host),
  }));
}

function pressureOf(table: PressureTable, host: number): Pressure {
  const [cpuRatio, memoryRatio] = [table.cpuRatioOf(host), table.memoryRatioOf(host)];
  return { cpuRatio, memoryRatio, score: fullScore - pointsLost(cpuRatio, memoryRatio) };
}

/** @param cpuRatios when it is done. */
export function reasonText(
  source: HostName,
  pressed: { readonly cpuRatio: number; readonly memoryRatio: number },
  target: HostName,
  cpuRatios: { readonly source: number; readonly target: number },
): string {
  const isMemory = pointsLost(0, pressed.memoryRatio) > pointsLost(pressed.cpuRatio, 0);
  const what = isMemory
    ? `${percent(pressed.memoryRatio)} of the memory of ${source} is assigned`
    : `${percent(pressed.cpuRatio)} of the threads of ${source} are asked for`;
  return `${what}; afterwards CPU ${percent(cpuRatios.source)} there and ${percent(cpuRatios.target)} on ${target}`;
}

/** Hosts on which VMs still lose something that is worth a word, worst first. */
export function heldHosts(
  cluster: BalanceCluster,
  table: PressureTable,
  minGain: number,
  threshold: BalanceThreshold,
): readonly HeldMove[] {
  return cluster.hosts
    .map(({ name }, host) => ({ name, host, lost: fullScore - pressureOf(table, host).score }))
    .filter(({ lost, host }) => lost >= wordWorthy && table.weightOf(host) > 0)
    .toSorted((one, other) => other.lost - one.lost)
    .map(({ name, host }) => heldHost(cluster, table, { name, host }, minGain, threshold));
}

function heldHost(
  cluster: BalanceCluster,
  table: PressureTable,
  { name, host }: { readonly name: HostName; readonly host: number },
  minGain: number,
  threshold: BalanceThreshold,
): HeldMove {
  const movable = cluster.vms.map((_, vm) => vm).filter((vm) => table.hostOf(vm) === host);
  if (movable.length === 0) return { host: name, move: null, why: nothingMovable(cluster, name) };
  let best: { vm: number; target: number; score: number } | undefined;
  for (const vm of movable)
    for (let target = 0; target < table.hostCount; target += 1) {
      if (target === host) continue;
      const score = table.scoreAfter(vm, target);
      if (score < (best?.score ?? Infinity)) best = { vm, target, score };
    }
  const [vm, target] = [cluster.vms[best?.vm ?? -1]?.vm, cluster.hosts[best?.target ?? -1]?.name];
  if (best === undefined || vm === undefined || target === undefined)
    return {
      host: name,
      move: null,
      why: `no other host can take any of the ${movable.length} VM(s) that could leave it`,
    };
  const gain = table.score() - best.score;
  if (gain <= 0)
    return { host: name, move: null, why: "no move helps: what it would gain here, it would cost elsewhere" };
  const move = { vm: vm.id, name: vm.name, target, gain };
  const what = `the best move that is left, ${vm.name} to ${target}, gains ${gain.toFixed(1)} points`;
  if (minGain === Infinity) return { host: name, move, why: `${what}; level 1 moves nothing for balance` };
  if (gain < minGain) return { host: name, move, why: `${what}; level ${threshold} asks for ${minGain}` };
  return { host: name, move, why: `${what}; no more moves were to be planned` };
}

function nothingMovable({ left }: BalanceCluster, name: HostName): string {
  const [first, ...others] = left.filter(({ vm }) => vm.host === name);
  if (first === undefined) return "no VM asks for it: the host is busy with something else";
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return `none of its VMs can be moved now: ${first.vm.name}, because ${first.why}${more}`;
}

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

const fullScore = 100;
const terms = ["contention", "headroom"] as const satisfies readonly BalanceTerm[];
/** Points lost on a host that are worth saying why nothing is done about them. */
const wordWorthy = 5;
