/**
 * One move looked at before it starts: the facts of both hosts and of the network, the checks made of them, and what is
 * expected. Nothing is touched.
 */
import { setMaxListeners } from "node:events";
import { checkMove, networkImpact } from "@trunkline/migration";
import type { MoveFacts } from "@trunkline/migration";
import type { CheckResult, MoveRequest, NetworkReport, Prediction, Snapshot, VmSummary } from "@trunkline/model";
import type { Journal, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import { placementsOf } from "../observe/fabric-now.ts";
import { gatherFacts } from "../observe/gather-facts.ts";
import { planTransfer } from "./plan-transfer.ts";

export interface JudgedMove {
  /** As it was asked for, with what the VM's host said just now, and how its memory is to be copied. */
  readonly request: MoveRequest;
  readonly facts: MoveFacts;
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction;
  /** What it would do to the network; nothing of it is measured yet. */
  readonly network: NetworkReport;
}

/**
 * @param vm where it is; the request's source follows it.
 * @param around where the other VMs run, and the moves that have their place already.
 * @throws vm.unknown when it left meanwhile.
 */
export async function judgeMove(
  world: World,
  journal: Journal,
  asked: MoveRequest,
  vm: VmSummary,
  around: { readonly snapshot: Snapshot; readonly alongside: readonly MoveRequest[]; readonly dirt: DirtWatch },
  signal: AbortSignal,
): Promise<JudgedMove> {
  setMaxListeners(limits.concurrentQuestions, signal);
  const placements = placementsOf(around.snapshot);
  const question = { vm, target: asked.target, driver: asked.driver, alongside: around.alongside, placements };
  const facts = await gatherFacts(world, question, signal);
  const request: MoveRequest = {
    ...asked,
    source: vm.host,
    sourceUri: world.hypervisor(vm.host).uri,
    memoryMiB: facts.vm.memoryMiB,
    isPersistent: vm.persistent,
  };
  const { plan, predicted, check } = await planTransfer(world, journal, request, facts, around.dirt, signal);
  const { checks, network } = networkImpact(facts, predicted);
  return { request: { ...request, plan }, facts, checks: checkMove(facts, [check, ...checks]), predicted, network };
}
