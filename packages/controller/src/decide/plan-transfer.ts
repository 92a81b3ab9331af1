/** What is known of earlier moves, of the guest and of the links, as the input of the prediction. */
import { chooseTransfer, diskCopiesOf, paceOf, predict } from "@trunkline/migration";
import type { FinishedMove, MoveFacts, PredictionInput, TransferChoice } from "@trunkline/migration";
import type { DirtySample, HostName, MoveRequest } from "@trunkline/model";
import type { Journal, JournalMove, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { DirtWatch } from "../observe/dirt-watch.ts";

/** What a move is to be like, from everything that is known of its guest, of its way and of earlier moves. */
export async function planTransfer(
  world: World,
  journal: Journal,
  request: MoveRequest,
  {
    facts,
    rateBps,
    dirt,
    mayWatch,
  }: {
    readonly facts: MoveFacts;
    readonly rateBps: number | undefined;
    readonly dirt: DirtWatch;
    /** Else what is known of its guest already is all. */
    readonly mayWatch: boolean;
  },
  signal: AbortSignal,
): Promise<TransferChoice> {
  const ofVm = await journal.pageMoves({ vm: request.vm, isOver: true, limit: limits.historyRows });
  const ofAny = await journal.pageMoves({ host: request.target, isOver: true, limit: limits.historyRows });
  const disks = diskCopiesOf(facts);
  const declared = world.inventory.hosts.find((host) => host.name === request.target)?.migration?.rateBps;
  const input: PredictionInput = {
    memoryInUseBytes: facts.vm.memoryInUseBytes,
    memoryMiB: facts.vm.memoryMiB,
    history: ofVm.flatMap((move) => finished(move, request.source)).slice(0, limits.historyMoves),
    pace: paceOf(
      ofAny
        .filter((move) => isSameWay(move, request))
        .flatMap((move) => finished(move))
        .slice(0, limits.paceMoves),
    ),
    rateBps: rateBps ?? declared,
    maxDowntimeMs: request.maxDowntimeMs ?? defaultDowntimeMs,
    diskBytes: disks.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0),
  };
  const dirtied = mayWatch ? await dirtOf(input, request, facts, dirt, signal) : dirt.samplesOf(request.vm);
  const { mode = "precopy", deadlineMs, allowPostCopy } = request;
  const choice = chooseTransfer({ mode, deadlineMs, allowPostCopy }, request.vmName, { ...input, dirtied });
  const rest = { ...(disks.length === 0 ? {} : { disks }), ...(rateBps === undefined ? {} : { rateBps }) };
  return { ...choice, plan: { ...choice.plan, ...rest } };
}

/**
 * The guest is watched for a moment; and for longer where its move will take long, because what it dirties in a second says
 * nothing of how much that is in a minute.
 */
async function dirtOf(
  input: PredictionInput,
  { vm, source }: MoveRequest,
  { sourceSighting }: MoveFacts,
  dirt: DirtWatch,
  signal: AbortSignal,
): Promise<readonly DirtySample[]> {
  const fresh = dirt.samplesOf(vm);
  const isIdle =
    sourceSighting.kind === "present" && sourceSighting.power === "running" && sourceSighting.job === "none";
  if (fresh.length > 0 || !isIdle) return fresh;
  const short = await dirt.measure(source, vm, limits.dirtShortMs, signal);
  const { totalMs } = predict({ ...input, dirtied: short });
  const longMs = Math.min(totalMs / 3, limits.dirtLongMs);
  if (short.length === 0 || longMs < 2 * limits.dirtShortMs) return short;
  return await dirt.measure(source, vm, longMs, signal);
}

/** QEMU's default for `downtime-limit`. */
const defaultDowntimeMs = 300;

function isSameWay({ request }: JournalMove, wanted: MoveRequest): boolean {
  const pair = new Set<string>([wanted.source, wanted.target]);
  return pair.has(request.source) && pair.has(request.target);
}

/** @param runsOn where its VM is now, to tell whether it is still the process that this move made. */
function finished({ request, report }: JournalMove, runsOn?: HostName): readonly FinishedMove[] {
  const measured = report?.measured;
  if (report?.outcome !== "completed" || measured?.bytesSent === undefined || measured.downtimeMs === undefined)
    return [];
  const { bytesSent, downtimeMs, moveMs, rounds, phases, copy } = measured;
  return [
    {
      bytesSent,
      downtimeMs,
      totalMs: moveMs,
      rounds: rounds ?? 1,
      phases,
      ...rateBoundOf(request),
      ...(request.plan?.downtimeRises === false ? { maxDowntimeMs: request.plan.maxDowntimeMs } : {}),
      isLatest: request.target === runsOn,
      ...(copy === undefined ? {} : { copy }),
    },
  ];
}

/** With which its copy begins: what the links have for it, else what was asked for. */
export function rateBoundOf({ plan, maxRateBps }: MoveRequest): Pick<FinishedMove, "maxRateBps"> {
  const bps = plan?.rateBps ?? maxRateBps;
  return bps === undefined ? {} : { maxRateBps: bps };
}
