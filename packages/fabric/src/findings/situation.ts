/**
 * A batch of moves as every rule sees it: where each VM is and goes, what is near it, and what becomes of its flows.
 *
 * Moves of endpoints that the fabric does not describe, or to devices that it does not have, are set apart: nothing can be
 * judged of them. Of two moves of one endpoint the later counts; a move to where the endpoint already is, is none.
 */
import type { FabricIndex, Placement } from "../fabric-index.ts";
import type { Endpoint, Flow } from "../fabric.ts";
import { flowsOfEndpoints } from "../load/flow-loads.ts";
import { flowImpact } from "../path/flow-impact.ts";
import type { FlowImpact, PlannedMove } from "../path/way.ts";
import { memberDevices } from "./members.ts";
import type { FindingOptions, FindingPolicy } from "./policy.ts";
import { policyOf } from "./policy.ts";
import { areJoined } from "./segment-parts.ts";

export interface JudgedMove {
  readonly endpoint: Endpoint;
  readonly source: string;
  readonly target: string;
}

export interface MoveSituation {
  /** Sorted by endpoint; the batch's own order is in `planned`. */
  readonly moves: readonly JudgedMove[];
  readonly planned: readonly PlannedMove[];
  readonly unknown: readonly PlannedMove[];
  readonly placement: Placement;
  readonly policy: FindingPolicy;
  readonly flowsOf: (endpoint: string) => readonly Flow[];
  /** Worked out once for each flow of the batch. */
  readonly impactOf: (flow: Flow) => FlowImpact;
}

export function situationOf(index: FabricIndex, moves: readonly PlannedMove[], options: FindingOptions): MoveSituation {
  const last = new Map(moves.map((move) => [move.endpoint, move]));
  const isKnown = ({ endpoint, target }: PlannedMove): boolean =>
    index.endpoint(endpoint) !== undefined && index.device(target) !== undefined;
  const planned = moves.filter(
    (move) =>
      last.get(move.endpoint) === move && isKnown(move) && index.endpoint(move.endpoint)?.device !== move.target,
  );
  const judged = planned.flatMap(({ endpoint: name, target }): readonly JudgedMove[] => {
    const endpoint = index.endpoint(name);
    return endpoint === undefined ? [] : [{ endpoint, source: endpoint.device, target }];
  });
  const impacts = new Map<string, FlowImpact>();
  return {
    moves: judged.toSorted((left, right) => (left.endpoint.name < right.endpoint.name ? -1 : 1)),
    planned,
    unknown: moves.filter((move) => last.get(move.endpoint) === move && !isKnown(move)),
    placement: new Map(planned.map(({ endpoint, target }) => [endpoint, target])),
    policy: policyOf(options),
    flowsOf: (endpoint) => flowsOfEndpoints(index, [endpoint]),
    impactOf: (flow) => {
      const known = impacts.get(flow.name);
      if (known !== undefined) return known;
      const impact = flowImpact(index, flow, planned);
      impacts.set(flow.name, impact);
      return impact;
    },
  };
}

/**
 * The devices that the endpoint must still reach in the segment: its gateways, and where those that it talks to will be.
 * Where nobody is known that it talks to, everybody who is there.
 */
export function peersInSegment(
  index: FabricIndex,
  situation: MoveSituation,
  move: JudgedMove,
  segment: string,
): readonly string[] {
  const members = index.gatewaysIn(segment).flatMap((gateway) => gateway.members.map(({ device }) => device));
  // One of them is enough: a second one is a matter of protection, not of reach.
  const gateways = members.some((device) => areJoined(index, segment, move.target, device)) ? [] : members;
  const spoken = situation.flowsOf(move.endpoint.name).flatMap(({ from, to }) => {
    const other = index.endpoint(from === move.endpoint.name ? to : from);
    if (other === undefined || !other.nics.some((nic) => nic.segment === segment)) return [];
    return [situation.placement.get(other.name) ?? other.device];
  });
  const known = [...members, ...spoken];
  const all = known.length > 0 ? [...gateways, ...spoken] : [...memberDevices(index, segment)];
  return [...new Set(all)].filter((device) => device !== move.target).sort();
}
