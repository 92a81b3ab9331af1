/** What is known of earlier moves and of the links, as the input of the prediction. */
import { predict } from "@trunkline/migration";
import type { FinishedMove, MoveFacts } from "@trunkline/migration";
import type { MoveRequest, Prediction } from "@trunkline/model";
import type { Journal, JournalMove, World } from "@trunkline/ports";
import { limits } from "../limits.ts";

export async function predictMove(
  world: World,
  journal: Journal,
  request: MoveRequest,
  facts: MoveFacts,
): Promise<Prediction> {
  const moves = await journal.pageMoves({ vm: request.vm, isOver: true, limit: limits.journalRows });
  const declared = world.inventory.hosts.find((host) => host.name === request.target)?.migration?.rateBps;
  return predict({
    memoryInUseBytes: facts.vm.memoryInUseBytes,
    memoryMiB: facts.vm.memoryMiB,
    history: moves.flatMap((move) => finishedAlike(move, request)).slice(0, limits.historyMoves),
    rateBps: request.maxRateBps ?? declared,
    maxDowntimeMs: request.maxDowntimeMs ?? defaultDowntimeMs,
  });
}

/** QEMU's default for `downtime-limit`. */
const defaultDowntimeMs = 300;

/** Completed moves of the same VM over the same way, in either direction, under the same bound. */
function finishedAlike({ request, report }: JournalMove, wanted: MoveRequest): readonly FinishedMove[] {
  const pair = new Set<string>([wanted.source, wanted.target]);
  const isSameWay = pair.has(request.source) && pair.has(request.target) && request.maxRateBps === wanted.maxRateBps;
  const measured = report?.measured;
  if (!isSameWay || report?.outcome !== "completed") return [];
  if (measured?.bytesSent === undefined || measured.downtimeMs === undefined) return [];
  const { bytesSent, downtimeMs, moveMs, rounds } = measured;
  return [{ bytesSent, downtimeMs, totalMs: moveMs, rounds: rounds ?? 1 }];
}
