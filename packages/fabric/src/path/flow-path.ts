/**
 * The path of a flow: both directions, each worked out from its own sender.
 *
 * A pinned flow is a session that began where the document places its ends; a placement says where they are by now. Its
 * stateful boxes stay those that its first packet passed. For a new flow they are those of the forward direction as it is
 * now, so that a reverse direction by other boxes is a loss as well.
 */
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Flow } from "../fabric.ts";
import { direction } from "./direction.ts";
import { asymmetryOf, siteCrossingsOf } from "./figures.ts";
import type { FlowEnds, Situation } from "./flow-ends.ts";
import { flowEnds } from "./flow-ends.ts";
import { sessionBoxes, throughKnownBoxes } from "./inline-services.ts";
import type { Owners, Stage } from "./services.ts";
import { ownersOn, stagesOf } from "./services.ts";
import type { FlowPath, Way } from "./way.ts";

/** What the first packet of a session leaves behind. */
interface Session {
  readonly owners: Owners;
  readonly forward: Way;
}

const sessions = memoTable<Session>("sessions of pinned flows");
const noOwners: Owners = new Map();

export function flowPath(index: FabricIndex, flow: Flow, placement?: Placement): FlowPath {
  return flowPathIn(index, flow, placement === undefined ? {} : { placement });
}

export function flowPathIn(index: FabricIndex, flow: Flow, situation: Situation): FlowPath {
  const { forward, reverse } = flowWays(index, flow, situation);
  return {
    flow: flow.name,
    forward,
    reverse,
    isAsymmetric: asymmetryOf(forward, reverse),
    siteCrossings: { forward: siteCrossingsOf(forward), reverse: siteCrossingsOf(reverse) },
  };
}

/** The two directions alone, for whoever asks about a hundred thousand flows. */
export function flowWays(index: FabricIndex, flow: Flow, situation: Situation): Pick<FlowPath, "forward" | "reverse"> {
  const ends = flowEnds(index, flow, situation);
  const stages = stagesOf(index, flow);
  if (ends.kind === "unknown") return { forward: ends, reverse: ends };
  if ("why" in stages) {
    const unknown: Way = { kind: "unknown", ...stages };
    return { forward: unknown, reverse: unknown };
  }
  const isMoved = situation.placement !== undefined;
  const pinned = flow.state === "pinned" && isMoved ? pinnedSession(index, flow, stages) : undefined;
  const forward = direction(index, ends.from, ends.to, stages, pinned?.owners ?? noOwners);
  const session = pinned ?? { owners: ownersOn(forward, stages), forward };
  const reverse = direction(index, ends.to, ends.from, stages.toReversed(), session.owners);
  const boxes = sessionBoxes(index, session.forward, stages);
  return {
    forward: throughKnownBoxes(index, forward, boxes),
    reverse: throughKnownBoxes(index, reverse, boxes),
  };
}

/** How the session began: by the first packet's way, with everything where the document places it. */
function pinnedSession(index: FabricIndex, flow: Flow, stages: readonly Stage[]): Session {
  return index.remember(sessions, flow.name, () => {
    const ends: FlowEnds = flowEnds(index, flow, {});
    const forward: Way = ends.kind === "unknown" ? ends : direction(index, ends.from, ends.to, stages, noOwners);
    return { owners: ownersOn(forward, stages), forward };
  });
}
