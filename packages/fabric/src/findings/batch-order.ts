/**
 * Rule batch-order: what the interconnects carry between the first move of a batch and the last. Tiers that talk much and
 * are moved far apart in time meet over the interconnect in between, although before and after they would not.
 *
 * A flow's way depends on where its two ends are, so it has four states at most; a batch of n moves costs four ways for
 * each of its flows, and sums. The better order is looked for step by step: next comes the move after which the fullest
 * interconnect is least full. That is no proof of the best, and is offered only when it is better.
 */
import type { FabricIndex, Placement } from "../fabric-index.ts";
import type { Flow } from "../fabric.ts";
import { limits } from "../limits.ts";
import { flowLoads, flowsOfEndpoints } from "../load/flow-loads.ts";
import { linkTable } from "../load/link-table.ts";
import type { LinkDirection } from "../load/link-table.ts";
import { waysOf } from "../load/ways.ts";
import type { PlannedMove, Way } from "../path/way.ts";
import type { Finding } from "./finding.ts";
import type { MoveSituation } from "./situation.ts";
import { listText, rateText } from "./words.ts";

export interface BatchStep {
  /** The endpoint that has moved last; undefined before the first. */
  readonly endpoint?: string;
  /** Of the interconnect that is fullest then. */
  readonly link: string;
  readonly from: string;
  readonly bps: number;
  readonly capacityBps: number;
}

interface Interconnect {
  readonly at: number;
  readonly direction: LinkDirection;
  readonly capacityBps: number;
  readonly baseBps: number;
}

export function batchOrder(index: FabricIndex, { planned, policy }: MoveSituation): readonly Finding[] {
  if (planned.length < 2) return [];
  const loads = batchLoads(index, planned);
  if (loads === undefined) return [];
  const steps = loads.stepsOf(planned);
  const [first, last] = [steps[0], steps.at(-1)];
  const peak = fullest(steps);
  if (first === undefined || last === undefined || peak === undefined) return [];
  const at = steps.indexOf(peak);
  // What is full before or after is no matter of the order.
  const isBetween = ratio(peak) > ratio(first) && ratio(peak) > ratio(last);
  if (!isBetween || ratio(peak) < policy.utilisationRatio) return [];
  const better = loads.betterOrder();
  const betterPeak = better === undefined ? undefined : fullest(loads.stepsOf(better));
  const isBetter = better !== undefined && betterPeak !== undefined && ratio(betterPeak) < ratio(peak);
  const advice = isBetter
    ? `move in the order ${better.map(({ endpoint }) => endpoint).join(", ")}`
    : "no other order was found that is better: move them at the same time, or when their flows are fewer";
  return [
    {
      rule: "batch-order",
      severity: "warn",
      certainty: loads.isCertain ? "yes" : "unknown",
      subjects: [peak.link, peak.from, ...planned.map(({ endpoint }) => endpoint)],
      message: `after step ${at} of ${planned.length} (${peak.endpoint ?? ""}) ${peak.link} from ${peak.from} is asked for ${rateText(peak.bps)} of ${rateText(peak.capacityBps)}${isBetter ? `; order ${listText(better.map(({ endpoint }) => endpoint))} keeps it at ${rateText(betterPeak.bps)}` : ""}`,
      figures: [
        { name: "fullest interconnect", before: ratio(first), after: ratio(peak), unit: "ratio" },
        ...(isBetter
          ? [{ name: "in the better order", before: ratio(peak), after: ratio(betterPeak), unit: "ratio" as const }]
          : []),
      ],
      evidence: steps.map(
        (step, number) =>
          `step ${number}${step.endpoint === undefined ? "" : ` ${step.endpoint}`}: ${rateText(step.bps)} on ${step.link} from ${step.from}`,
      ),
      advice,
    },
  ];
}

const ratio = ({ bps, capacityBps }: BatchStep): number => bps / capacityBps;

const fullest = (steps: readonly BatchStep[]): BatchStep | undefined =>
  steps.reduce<BatchStep | undefined>(
    (worst, step) => (worst === undefined || ratio(step) > ratio(worst) ? step : worst),
    undefined,
  );

interface BatchLoads {
  /** Before the first move, and after each of them in this order. */
  readonly stepsOf: (order: readonly PlannedMove[]) => readonly BatchStep[];
  /** Undefined where the batch is too large to look for one. */
  readonly betterOrder: () => readonly PlannedMove[] | undefined;
  readonly isCertain: boolean;
}

/** @returns undefined where no interconnect with a known capacity is there. */
function batchLoads(index: FabricIndex, moves: readonly PlannedMove[]): BatchLoads | undefined {
  const ways = waysOf(index);
  const base = flowLoads(index, ways, undefined, undefined);
  const interconnects = linkTable(index).directions.flatMap((direction, at): readonly Interconnect[] => {
    const { capacityBps, link, from } = direction;
    if (capacityBps === undefined || index.linkFrom(link, from)?.isBetweenSites !== true) return [];
    return [{ at, direction, capacityBps, baseBps: base.bps[at] ?? 0 }];
  });
  if (interconnects.length === 0) return undefined;
  const places = new Map(interconnects.map(({ direction: { link, from } }, at) => [`${link}\u0000${from}`, at]));
  const targets: Placement = new Map(moves.map(({ endpoint, target }) => [endpoint, target]));
  const flows = flowsByEndpoint(index, targets);
  const states = new Map<string, readonly number[]>();
  let isCertain = true;

  function loadOf(flow: Flow, moved: ReadonlySet<string>): readonly number[] {
    const placed = [flow.from, flow.to].filter((end) => moved.has(end));
    const key = `${flow.name}\u0000${placed.join("\u0000")}`;
    const known = states.get(key);
    if (known !== undefined) return known;
    const path = ways.flowWays(flow, new Map(placed.map((end) => [end, targets.get(end) ?? ""])));
    const own = interconnects.map(() => 0);
    for (const [way, bps] of [
      [path.forward, flow.rateBps],
      [path.reverse, flow.reverseRateBps ?? 0],
    ] as const)
      if (bps > 0 && !addWay(own, places, way, bps)) isCertain = false;
    states.set(key, own);
    return own;
  }

  /** The loads once `endpoint` has moved too. */
  function after(loads: readonly number[], moved: ReadonlySet<string>, endpoint: string): readonly number[] {
    const next = new Set([...moved, endpoint]);
    const sums = [...loads];
    for (const flow of flows.get(endpoint) ?? []) {
      const [was, is] = [loadOf(flow, moved), loadOf(flow, next)];
      sums.forEach((sum, at) => {
        sums[at] = sum - (was[at] ?? 0) + (is[at] ?? 0);
      });
    }
    return sums;
  }

  const start = interconnects.map(({ baseBps }) => baseBps);
  const step = (loads: readonly number[], endpoint?: string): BatchStep => worstOf(interconnects, loads, endpoint);
  return {
    stepsOf: (order) => {
      const steps = [step(start)];
      let loads: readonly number[] = start;
      const moved = new Set<string>();
      for (const { endpoint } of order) {
        loads = after(loads, moved, endpoint);
        moved.add(endpoint);
        steps.push(step(loads, endpoint));
      }
      return steps;
    },
    betterOrder: () => {
      if (moves.length > limits.movesOrdered) return undefined;
      const order: PlannedMove[] = [];
      let left = moves.toSorted((one, other) => (one.endpoint < other.endpoint ? -1 : 1));
      let loads: readonly number[] = start;
      const moved = new Set<string>();
      while (left.length > 0) {
        const options = left.map((move) => {
          const loadsThen = after(loads, moved, move.endpoint);
          return { move, loadsThen, full: ratio(step(loadsThen)) };
        });
        const [best] = options.toSorted((one, other) => one.full - other.full);
        if (best === undefined) break;
        order.push(best.move);
        moved.add(best.move.endpoint);
        loads = best.loadsThen;
        left = left.filter((move) => move !== best.move);
      }
      return order;
    },
    get isCertain() {
      return isCertain;
    },
  };
}

/** @returns false where the way is not certain, so that the sum is not either. */
function addWay(sums: number[], places: ReadonlyMap<string, number>, way: Way, bps: number): boolean {
  switch (way.kind) {
    case "known":
      for (const { link, from, share, isBetweenSites } of way.legs.flatMap(({ crossings }) => crossings)) {
        const at = isBetweenSites ? places.get(`${link}\u0000${from}`) : undefined;
        if (at !== undefined) sums[at] = (sums[at] ?? 0) + bps * share;
      }
      return (way.doubts ?? []).length === 0;
    case "open":
      for (const branch of way.ways) addWay(sums, places, branch.way, bps * branch.probability);
      return false;
    case "broken":
      return true;
    case "unknown":
      return false;
  }
}

function worstOf(
  interconnects: readonly Interconnect[],
  loads: readonly number[],
  endpoint: string | undefined,
): BatchStep {
  const steps = interconnects.map(({ direction: { link, from }, capacityBps }, at): BatchStep => ({
    link,
    from,
    capacityBps,
    bps: loads[at] ?? 0,
    ...(endpoint === undefined ? {} : { endpoint }),
  }));
  return fullest(steps) ?? { link: "", from: "", bps: 0, capacityBps: 1 };
}

function flowsByEndpoint(index: FabricIndex, moved: Placement): ReadonlyMap<string, readonly Flow[]> {
  return new Map([...moved.keys()].map((endpoint) => [endpoint, flowsOfEndpoints(index, [endpoint])]));
}
