/**
 * What moves do to a flow: its path before and after, how much longer a round trip takes, what the interconnects carry
 * more, whether its session survives, and how long frames go to the old place.
 */
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { memoTable, placementOf } from "../fabric-index.ts";
import type { Flow } from "../fabric.ts";
import { blackHoleOf } from "./black-hole.ts";
import { sum } from "./compose.ts";
import { latencyOf } from "./figures.ts";
import { flowPath } from "./flow-path.ts";
import type { Break, FlowImpact, FlowPath, Known, PlannedMove, Way } from "./way.ts";

interface LatestImpacts {
  moves: string;
  readonly byFlow: Map<Flow, FlowImpact>;
}

const latestImpacts = memoTable<LatestImpacts>("impacts of the moves that were asked about last");

/** Remembered until other moves are asked about: checks ask first, then whoever shows what they found. */
export function flowImpact(index: FabricIndex, flow: Flow, moves: readonly PlannedMove[]): FlowImpact {
  const latest = index.remember(latestImpacts, "", () => ({ moves: "", byFlow: new Map<Flow, FlowImpact>() }));
  const name = moves.map(({ endpoint, target }) => `${endpoint}\u0000${target}`).join("\u0000");
  if (latest.moves !== name) {
    latest.moves = name;
    latest.byFlow.clear();
  }
  const known = latest.byFlow.get(flow) ?? makeImpact(index, flow, moves);
  latest.byFlow.set(flow, known);
  return known;
}

function makeImpact(index: FabricIndex, flow: Flow, moves: readonly PlannedMove[]): FlowImpact {
  const placement: Placement = placementOf(moves);
  const before = flowPath(index, flow);
  const after = flowPath(index, flow, placement);
  const stateLost = flow.state === "pinned" ? stateLostBy(before, after) : undefined;
  return {
    flow: flow.name,
    before,
    after,
    roundTripDeltaUs: difference(roundTripUs(after), roundTripUs(before)),
    interconnectDeltaBps: {
      forward: flow.rateBps * (after.siteCrossings.forward - before.siteCrossings.forward),
      // A rate that is not said is taken for none: a delta of what is known.
      reverse: (flow.reverseRateBps ?? 0) * (after.siteCrossings.reverse - before.siteCrossings.reverse),
    },
    ...(stateLost === undefined ? {} : { stateLost }),
    blackHole: blackHoleOf(index, flow, placement, after),
  };
}

export function roundTripUs(path: FlowPath): Known<number> {
  return sum(latencyOf(path.forward), latencyOf(path.reverse));
}

function difference(after: Known<number>, before: Known<number>): Known<number> {
  return sum(after, before.known ? { known: true, value: -before.value } : before);
}

/** The first box that drops the session after the moves and let it pass before. */
function stateLostBy(before: FlowPath, after: FlowPath): Break | undefined {
  const lostBefore = new Set([before.forward, before.reverse].flatMap(lossesOf).map(({ service }) => service));
  return [after.forward, after.reverse].flatMap(lossesOf).find(({ service }) => !lostBefore.has(service));
}

type StateLost = Extract<Break, { kind: "state-lost" }>;

function lossesOf(way: Way): readonly StateLost[] {
  if (way.kind === "open") return way.ways.flatMap((branch) => lossesOf(branch.way));
  return way.kind === "broken" && way.why.kind === "state-lost" ? [way.why] : [];
}
