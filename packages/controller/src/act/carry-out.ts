/** A judged move from its first call to its report: with a witness around it, and a hand-over of frames if it was wanted. */
import type { MoveReport, MoveRequest, TransferFigures } from "@trunkline/model";
import type { MoveState } from "@trunkline/migration";
import type { FrameHandover, Journal, World } from "@trunkline/ports";
import type { JudgedMove } from "../decide/judge-move.ts";
import { limits } from "../limits.ts";
import { reportOf } from "../record/report.ts";
import { startMeter } from "../verify/link-meter.ts";
import { callWitness } from "../verify/witness.ts";
import { runMove } from "./run-move.ts";
import type { MoveObserver } from "./run-move.ts";
import { tidyDisks } from "./tidy-disks.ts";

/** The move stands in the journal as queued, with this very request. @returns its report, which is in the journal too. */
export async function carryOut(
  world: World,
  journal: Journal,
  { request, facts, checks, predicted, network }: JudgedMove,
  observer: MoveObserver,
  cancel: AbortSignal,
): Promise<MoveReport> {
  const never = new AbortController().signal;
  const opened = request.handover ? openHandover(world, request, facts.vm, observer) : undefined;
  const handover = typeof opened === "string" ? undefined : opened;
  const witness = await callWitness(world, facts.fabric, facts.vm, request.target, never);
  const meter = await startMeter(world, network.links, world.clock.deadline(limits.meterMs));
  try {
    const run = await runMove({ world, journal, request, witness, handover, observer, cancel });
    const handedOver = typeof opened === "string" ? opened : await opened?.remove();
    const figures = run.figures ?? (await figuresFromTarget(world, request, run.state));
    const links = await meter(world.clock.deadline(limits.meterMs));
    const copy =
      run.copy === undefined ? undefined : { ...run.copy, ...(await arrivedWith(world, request, run.state)) };
    const measured = { ...network, links };
    const told = { ...run, figures, copy };
    const disks = await tidyDisks(world, request, run.state);
    const report = reportOf({ request, checks, predicted, network: measured, run: told, handedOver, disks });
    await journal.addReport(request.id, report);
    return report;
  } finally {
    await Promise.all([witness.stop(), handover?.remove()]);
  }
}

/** Goes on from where a dead process, or silent hosts, left a move: both hosts are asked, and their words settle it. */
export async function settleLeft(
  world: World,
  journal: Journal,
  { request, state, predicted }: { request: MoveRequest; state: MoveState; predicted: JudgedMove["predicted"] | null },
  observer: MoveObserver,
  cancel: AbortSignal,
): Promise<MoveReport> {
  // Frames must not go to the target any longer while the source may be let go on.
  await world.clearHandover(request.source, request.target, request.id);
  const none = { witness: undefined, handover: undefined };
  const run = await runMove({ world, journal, request, ...none, observer, cancel, leftAt: state });
  // How long the settling took is no figure of the move, which began in another process or was broken off.
  const disks = await tidyDisks(world, request, run.state);
  const report = { ...reportOf({ request, checks: [], predicted, run, disks }), measured: null };
  await journal.addReport(request.id, report);
  return report;
}

function openHandover(
  world: World,
  request: MoveRequest,
  vm: JudgedMove["facts"]["vm"],
  observer: MoveObserver,
): FrameHandover | string {
  const handover = world.openHandover(request.source, request.target, vm, request.id);
  if (typeof handover === "string") observer.remark(`frames are not handed over at the switch-over: ${handover}`);
  return handover;
}

async function figuresFromTarget(
  world: World,
  request: MoveRequest,
  state: MoveState,
): Promise<TransferFigures | undefined> {
  if (state.phase !== "completed") return undefined;
  const signal = world.clock.deadline(limits.questionMs);
  return await world
    .hypervisor(request.target)
    .lastTransfer(request.vm, signal)
    .catch(() => undefined);
}

/** What the VM's process holds on the target: the next prediction counts from there. */
async function arrivedWith(
  world: World,
  { vm, target }: MoveRequest,
  state: MoveState,
): Promise<{ readonly memoryInUseBytes?: number }> {
  if (state.phase !== "completed") return {};
  try {
    const described = await world.hypervisor(target).describeVm(vm, world.clock.deadline(limits.questionMs));
    return described?.memoryInUseBytes === undefined ? {} : { memoryInUseBytes: described.memoryInUseBytes };
  } catch {
    return {};
  }
}
