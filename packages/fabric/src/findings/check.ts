/**
 * The rules, asked all at once: of a fabric as it is, and of moves in it.
 *
 * What a rule cannot know it does not claim: a finding that rests on something unread or undescribed has the certainty
 * "unknown", and never blocks. Of moves only what they change or what hinders them is told: what was wrong before and
 * does not get worse is left to the state of the fabric.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { PlannedMove } from "../path/way.ts";
import { announceMoves, announceState } from "./announce.ts";
import { batchOrder } from "./batch-order.ts";
import { chattyPeers } from "./chatty-peers.ts";
import { duplicates } from "./duplicate.ts";
import { fhrpElection } from "./fhrp-election.ts";
import { fhrpHalfFiltered } from "./fhrp-half-filtered.ts";
import type { Finding } from "./finding.ts";
import { gatewayAtTargetMoves, gatewayAtTargetState } from "./gateway-at-target.ts";
import { interconnectLoss } from "./interconnect-loss.ts";
import { moveBandwidth } from "./move-bandwidth.ts";
import { moveLimits } from "./move-limits.ts";
import { moveNetworkMoves, moveNetworkState } from "./move-network.ts";
import { mtuPathMoves, mtuPathState } from "./mtu-path.ts";
import { inOrder } from "./order.ts";
import type { FindingOptions } from "./policy.ts";
import { portGroupMoves, portGroupState } from "./port-group.ts";
import { singlePointMoves, singlePointState } from "./single-point.ts";
import type { MoveSituation } from "./situation.ts";
import { situationOf } from "./situation.ts";
import { statefulAsymmetryMoves, statefulAsymmetryState } from "./stateful-asymmetry.ts";
import { tromboneState } from "./trombone-state.ts";
import { tromboneMoves } from "./trombone.ts";
import { trunkSymmetry } from "./trunk-symmetry.ts";
import { vlanPathMoves, vlanPathState } from "./vlan-path.ts";
import { vlanSprawl } from "./vlan-sprawl.ts";

type StateRule = (index: FabricIndex) => readonly Finding[];
type MoveRule = (index: FabricIndex, situation: MoveSituation) => readonly Finding[];

/** In the order of their numbers. */
const stateRules: readonly StateRule[] = [
  vlanPathState,
  portGroupState,
  tromboneState,
  statefulAsymmetryState,
  mtuPathState,
  gatewayAtTargetState,
  trunkSymmetry,
  fhrpHalfFiltered,
  fhrpElection,
  moveNetworkState,
  announceState,
  vlanSprawl,
  singlePointState,
  interconnectLoss,
  duplicates,
];

const moveRules: readonly MoveRule[] = [
  unknownMoves,
  vlanPathMoves,
  portGroupMoves,
  tromboneMoves,
  moveBandwidth,
  statefulAsymmetryMoves,
  mtuPathMoves,
  gatewayAtTargetMoves,
  moveLimits,
  moveNetworkMoves,
  chattyPeers,
  batchOrder,
  announceMoves,
  singlePointMoves,
];

const checks = memoTable<readonly Finding[]>("findings about the fabric");

/** What is wrong with the fabric as it is. Sorted by severity, rule and subjects. */
export function checkFabric(index: FabricIndex): readonly Finding[] {
  return index.remember(checks, "", () => inOrder(stateRules.flatMap((rule) => rule(index))));
}

/** What the moves would change for the worse, and what hinders them: of one move, or of a batch in its order. */
export function checkMoves(
  index: FabricIndex,
  moves: readonly PlannedMove[],
  options: FindingOptions = {},
): readonly Finding[] {
  const situation = situationOf(index, moves, options);
  return inOrder(moveRules.flatMap((rule) => rule(index, situation)));
}

/** Silence about a move that nobody can judge would read like consent. */
function unknownMoves(index: FabricIndex, { unknown }: MoveSituation): readonly Finding[] {
  return unknown.map(({ endpoint, target }): Finding => {
    const stranger = index.endpoint(endpoint) === undefined ? endpoint : target;
    return {
      rule: "vlan-path",
      severity: "warn",
      certainty: "unknown",
      subjects: [stranger, endpoint, target],
      message: `nothing can be said of moving ${endpoint} to ${target}: ${stranger} is not described`,
      evidence: [`the fabric has no ${stranger === endpoint ? "endpoint" : "device"} ${stranger}`],
      advice: `describe ${stranger}`,
    };
  });
}
