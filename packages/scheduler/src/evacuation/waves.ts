/** Which of the planned moves run side by side, and how long it all takes: what admission would do, played through. */
import { moveId } from "@trunkline/model";
import type { HostName, Inventory, PlannedMove, Prediction } from "@trunkline/model";
import { admit } from "../admission/admit.ts";
import type { MoveWaiting } from "../admission/admit.ts";

export interface Waves {
  readonly waves: readonly (readonly PlannedMove[])[];
  /** No budget lets them begin at all. */
  readonly never: readonly { readonly move: PlannedMove; readonly why: string }[];
  readonly predictedMs: number;
}

/** @param moves in the order in which they are to be asked for. */
export function wavesOf(moves: readonly PlannedMove[], source: HostName, inventory: Inventory): Waves {
  const waves: PlannedMove[][] = [];
  const planned = new Map<string, PlannedMove>();
  let waiting = moves.map((move, sequence): MoveWaiting => {
    const id = moveId(`${sequence}`);
    planned.set(id, move);
    const { vm, name: vmName, target } = move;
    return {
      request: { id, vm, vmName, source, target, asked: { origin: "operator", priority: 0 } },
      askedAt: "",
      sequence,
    };
  });
  // Every wave starts at least one move or ends the loop, so there are at most as many waves as moves.
  while (waiting.length > 0) {
    const { start, waiting: left } = admit({ waiting, inFlight: [], inventory, automation: { paused: false } });
    if (start.length === 0) {
      const never = left.flatMap(({ id, waitsFor }) => {
        const move = planned.get(id);
        return move === undefined ? [] : [{ move, why: waitsFor.map((reason) => reason.message).join("; ") }];
      });
      return { waves, never, predictedMs: durationOf(waves) };
    }
    waves.push(start.flatMap(({ id, rateBps }) => slowed(planned.get(id), rateBps)));
    const started = new Set<string>(start.map((move) => move.id));
    waiting = waiting.filter((move) => !started.has(move.request.id));
  }
  return { waves, never: [], predictedMs: durationOf(waves) };
}

/** The caller predicts a move by itself; beside others it has its fixed share of the links only. */
function slowed(move: PlannedMove | undefined, rateBps: number | undefined): readonly PlannedMove[] {
  if (move === undefined) return [];
  const predicted = rateBps === undefined ? move.predicted : stretched(move.predicted, rateBps);
  return [{ ...move, predicted }];
}

function stretched(predicted: Prediction, rateBps: number): Prediction {
  const slowestMs = Math.round((predicted.bytes * 8 * 1000) / rateBps);
  if (slowestMs <= predicted.totalMs) return predicted;
  const share = `stretched to ${Math.round(rateBps / 1e6)} Mbit/s, its share of the links`;
  return { ...predicted, totalMs: slowestMs, basis: `${predicted.basis}, ${share}` };
}

const durationOf = (waves: readonly (readonly PlannedMove[])[]): number =>
  waves.reduce((sum, wave) => sum + Math.max(0, ...wave.map((move) => move.predicted.totalMs)), 0);
